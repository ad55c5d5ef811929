//! `qd doctor`: checks what a fleet needs from this machine, and prints one line for each check, with the fix.

use super::Context;
use crate::config;
use crate::doctor::{self, Check, Verdict};
use crate::report::color::Colors;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use serde::Serialize;

/// The command-line arguments of `qd doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// Print an array of objects with name, verdict, found and fix
    #[arg(long)]
    json: bool,
}

/// The result of a check in the form that programs read.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    verdict: &'a str,
    found: &'a str,
    fix: Option<&'a str>,
}

impl Doctor {
    /// Runs `qd doctor` and returns its exit code.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let place = context.place().ok();
        let fleet = place.as_ref().and_then(|place| config::load(&place.config_path).ok());
        let directory = place.map_or_else(super::context::here, |place| Ok(place.root))?;
        let checks = doctor::probe(&directory, fleet.as_ref());
        match self.json {
            true => context.out.json(&checks.iter().map(row).collect::<Vec<Row<'_>>>())?,
            false => {
                let colours = match context.out.colors() {
                    Colors::Plain => doctor::Colours::Off,
                    _ => doctor::Colours::On,
                };
                context.out.line(doctor::render(&checks, colours).trim_end())?;
            }
        }
        Ok(if doctor::worst(&checks) == Verdict::Fail { Exit::Failed } else { Exit::Ok })
    }
}

fn row(check: &Check) -> Row<'_> {
    let verdict = match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
    };
    Row { name: check.name, verdict, found: &check.found, fix: check.fix.as_deref() }
}
