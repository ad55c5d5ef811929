//! `qd run --headless`: the fleet to its end, without a screen.

use super::Context;
use crate::headless::{self, Format, Options, Presence};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::time::Duration;

/// What `qd run` takes.
#[derive(Args, Debug)]
pub struct Run {
    /// Required, so that nobody is surprised: `qd` alone opens the dashboard
    #[arg(long, required = true)]
    headless: bool,
    /// Stop everything after this long (10m, 2h) and end with 124
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    timeout: Option<Duration>,
    /// Print lines of JSON: a fact each, {"v":1,"seq":…}, and {"v":1,"type":"result",…} at the end
    #[arg(long)]
    json: bool,
    /// If the fleet runs already, follow it to its end and leave its supervisor running
    #[arg(long)]
    join: bool,
}

impl Run {
    /// What `qd` means when nobody looks at its output.
    pub fn headless_by_default() -> Run {
        Run { headless: true, timeout: None, json: false, join: false }
    }

    /// Does it.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let options = Options {
            timeout: self.timeout,
            format: if self.json { Format::JsonLines } else { Format::People },
            running: if self.join { Presence::Joined } else { Presence::Refused },
            verbosity: context.verbosity,
        };
        headless::run(&context.place()?, options, &mut context.out).await
    }
}
