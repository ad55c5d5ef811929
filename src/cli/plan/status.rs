//! `qd plan status`: prints all plans, or one plan with its tasks.

use super::super::Context;
use super::meant::{OfPlan, sentence};
use crate::api;
use crate::api::plans::{Plan, PlanDetail, PlanNode};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone};
use clap::Args;

/// The command-line arguments of `qd plan status`.
#[derive(Args, Debug)]
pub struct Status {
    #[command(flatten)]
    of: OfPlan,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Runs `qd plan status` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        match &self.of.plan {
            None => {
                let plans = client.call(&api::plans::LIST_PLANS, &[], &()).await?;
                match self.json {
                    true => context.out.json(&plans)?,
                    false if plans.is_empty() => {
                        context.out.line("there is no plan; `qd plan start FILE` starts one")?
                    }
                    false => context.out.table(&rows(&plans))?,
                }
            }
            Some(plan) => {
                let detail = client.call(&api::plans::GET_PLAN, &[plan], &()).await?;
                match self.json {
                    true => context.out.json(&detail)?,
                    false => {
                        context.out.line(sentence(&detail.plan))?;
                        context.out.table(&task_rows(&detail))?;
                    }
                }
            }
        }
        Ok(Exit::Ok)
    }
}

fn heading(names: &[&str]) -> Vec<Cell> {
    names.iter().map(|name| Cell::new(Tone::Faint, name)).collect()
}

fn rows(plans: &[Plan]) -> Vec<Vec<Cell>> {
    let row = |plan: &Plan| {
        let version = plan.version.get(..12).unwrap_or(&plan.version);
        let name = Cell::new(Tone::Notable, &plan.name);
        vec![Cell::plain(&plan.id), name, Cell::plain(version), Cell::new(plan.state.look(), &plan.summary)]
    };
    std::iter::once(heading(&["ID", "PLAN", "VERSION", "STATE"])).chain(plans.iter().map(row)).collect()
}

fn task_rows(detail: &PlanDetail) -> Vec<Vec<Cell>> {
    let over = detail.plan.state.has_ended();
    let row = |node: &PlanNode| {
        let layer = Cell::plain(node.layer.to_string());
        let name = Cell::new(Tone::Notable, &node.name);
        match &node.task {
            Some(task) => {
                let agent = Cell::plain(task.agent.as_deref().unwrap_or("-"));
                vec![layer, name, agent, Cell::new(task.state.look(), &task.summary)]
            }
            None => {
                let word = if over { "never made" } else { "not made yet" };
                vec![layer, name, Cell::plain("-"), Cell::new(Tone::Faint, word)]
            }
        }
    };
    std::iter::once(heading(&["LAYER", "TASK", "AGENT", "STATE"])).chain(detail.nodes.iter().map(row)).collect()
}
