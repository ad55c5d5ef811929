//! `qd state`: small values by owner and key, which all agents see. There is one file for each subcommand; `owner::Owner`
//! names the owner of the values.

pub mod clear;
pub mod get;
pub mod list;
mod owner;
pub mod set;

use super::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};

/// The command-line arguments of `qd state`.
#[derive(Args, Debug)]
pub struct State {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd state`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Set a value: within an agent's run the agent's own, else the fleet's
    ///
    /// With --version, the value is set only if that version is current. Otherwise the conflict is recorded, and
    /// refused with 4. The value progress, a number from 0 to 100, is shown as a percentage.
    Set(set::Set),
    /// Print the value of a key
    Get(get::Get),
    /// List the values of one owner, or of all
    List(list::List),
    /// Remove a value, or all values of an owner
    Clear(clear::Clear),
}

impl State {
    /// Runs `qd state` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Set(verb) => verb.run(context).await,
            Verb::Get(verb) => verb.run(context).await,
            Verb::List(verb) => verb.run(context).await,
            Verb::Clear(verb) => verb.run(context).await,
        }
    }
}
