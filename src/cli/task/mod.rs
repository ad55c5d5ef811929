//! `qd task`: tasks and the agents that do them. There is one file for each subcommand; [`show`] prints tasks.

pub mod add;
pub mod cancel;
pub mod claim;
pub mod list;
mod meant;
pub mod progress;
pub mod report;
pub mod retry;
pub mod show;
pub mod split;
pub mod watch;

use super::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};

/// The command-line arguments of `qd task`.
#[derive(Args, Debug)]
pub struct Task {
    #[command(subcommand)]
    verb: Verb,
}

/// The subcommands of `qd task`.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Add a task; it is assigned as soon as an agent is available for it
    ///
    /// For example: qd task add 'Fix the lexer.' --lock src/lexer --verify 'cargo test lexer'
    Add(Box<add::Add>),
    /// List the tasks of the fleet
    List(list::List),
    /// Show one task with its prompt, its result, and why it is in its state
    Show(show::Show),
    /// Ask for a task to work on, within an agent's run
    ///
    /// Prints the task; the agent works on it from then on, and reports its end with `qd task done` or `qd task fail`.
    /// Ends with 124 when there was no task in time. A shell that works through the queue:
    ///
    /// while t=$(qd task claim --wait --json); do …; qd task done; done
    Claim(claim::Claim),
    /// Report that a task is done; by default the one that this run works on
    Done(report::Done),
    /// Report that a task cannot be done; by default the one that this run works on. It is tried again while attempts
    /// remain
    Fail(report::Fail),
    /// Report the progress of a task; by default the one that this run works on
    Progress(progress::Progress),
    /// Divide a task into parts with files of their own, which several agents can work on at the same time
    ///
    /// Writes TASK-SUBn.md into the drop folder, and says why it divided the task in this way. A task that is better
    /// not divided stays whole. A task file is Markdown; it may have a header between two lines of ---, with these
    /// keys: id, priority, agent, prefer, needs, capabilities, files, locks, verify, outputs, workspace, timeout,
    /// attempts, estimate.
    Split(split::Split),
    /// Cancel tasks; their agents are stopped or told
    Cancel(cancel::Cancel),
    /// Try tasks again that failed or were cancelled, with the tasks that were skipped because of them
    Retry(retry::Retry),
    /// Print the events of tasks as they happen; of one task until its end
    ///
    /// Ends with 0 when that task is done, and with 6 when it ended in another way.
    Watch(watch::Watch),
}

impl Task {
    /// Runs `qd task` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Add(verb) => verb.run(context).await,
            Verb::List(verb) => verb.run(context).await,
            Verb::Show(verb) => verb.run(context).await,
            Verb::Claim(verb) => verb.run(context).await,
            Verb::Done(verb) => verb.run(context).await,
            Verb::Fail(verb) => verb.run(context).await,
            Verb::Progress(verb) => verb.run(context).await,
            Verb::Split(verb) => verb.run(context).await,
            Verb::Cancel(verb) => verb.run(context).await,
            Verb::Retry(verb) => verb.run(context).await,
            Verb::Watch(verb) => verb.run(context).await,
        }
    }
}
