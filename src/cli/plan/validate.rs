//! `qd plan validate`: prints every mistake of a plan file.

use super::super::Context;
use crate::cli::complete;
use crate::config::{self, ConfigErrors, FleetConfig};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use quarterdeck_core::plan::{PlanSpec, graph};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The command-line arguments of `qd plan validate`.
#[derive(Args, Debug)]
pub struct Validate {
    /// The plan's file [default: that of `[plan]` in agents.toml]
    #[arg(add = complete::plan_files())]
    file: Option<PathBuf>,
    /// Print the mistakes as JSON
    #[arg(long)]
    json: bool,
}

impl Validate {
    /// Runs `qd plan validate` and returns its exit code.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let fleet = fleet(context)?;
        let read = read(self.file.as_deref(), &fleet)?;
        if self.json {
            context.out.json(&found(&read, &fleet))?;
            return Ok(if read.is_ok() { Exit::Ok } else { Exit::Usage });
        }
        match read {
            Ok(spec) => {
                context.out.line(sentence(&spec, &fleet))?;
                Ok(Exit::Ok)
            }
            Err(errors) => Ok(context.complain(Failure::configuration(&errors.to_string()))),
        }
    }
}

/// Reads and returns the fleet's configuration.
pub(super) fn fleet(context: &Context) -> Result<FleetConfig, Failure> {
    let place = context.place()?;
    config::load(&place.config_path).map_err(|errors| Failure::configuration(&errors.to_string()))
}

/// Reads the plan of a file, or the plan in agents.toml.
pub(super) fn read(file: Option<&Path>, fleet: &FleetConfig) -> Result<Result<PlanSpec, ConfigErrors>, Failure> {
    match file {
        Some(file) => Ok(config::plan::load(file, fleet)),
        None => match &fleet.plan {
            Some(plan) => Ok(Ok(plan.clone())),
            None => Err(Failure::new(Exit::Usage, format!("{} has no [plan]", fleet.path.display()))
                .hint("name a plan file: `qd plan validate plan.toml`")),
        },
    }
}

fn sentence(spec: &PlanSpec, fleet: &FleetConfig) -> String {
    let shape = graph::check(spec, &fleet.plans);
    let (tasks, edges, layers) = shape
        .map_or((0, 0, 0), |shape| (shape.tasks, shape.edges, shape.layers.iter().max().map_or(0, |last| last + 1)));
    let many = |count: u32, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let version = spec.version.get(..12).unwrap_or(&spec.version);
    let shape = format!("{}, {}, {}", many(tasks, "task"), many(edges, "need"), many(layers, "layer"));
    format!("plan {} is valid: {shape}, version {version}", spec.name)
}

fn found(read: &Result<PlanSpec, ConfigErrors>, fleet: &FleetConfig) -> serde_json::Value {
    match read {
        Ok(spec) => {
            let shape = graph::check(spec, &fleet.plans);
            let (tasks, edges) = shape.map_or((0, 0), |shape| (shape.tasks, shape.edges));
            let version = &spec.version;
            json!({"valid": true, "name": spec.name, "version": version, "tasks": tasks, "edges": edges, "mistakes": []})
        }
        Err(errors) => {
            let mistakes = errors.problems.iter().map(|problem| {
                let place = errors.place(problem);
                json!({
                    "file": errors.path,
                    "line": place.map(|place| place.line),
                    "column": place.map(|place| place.column),
                    "what": problem.what,
                    "hint": problem.hint,
                })
            });
            json!({"valid": false, "mistakes": mistakes.collect::<Vec<_>>()})
        }
    }
}
