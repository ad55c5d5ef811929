//! `qd task`: what is to be done, and by whom. One file per verb, and [`show`]: how tasks are told.

pub mod add;
pub mod cancel;
pub mod claim;
pub mod list;
pub mod progress;
pub mod report;
pub mod retry;
pub mod show;
pub mod split;
pub mod watch;

use super::Context;
use crate::client::Client;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Subcommand};
use std::io::Read;

/// The variable that names the task of a run that was begun for it.
const TASK_VARIABLE: &str = "QD_TASK";
/// The task that the asking run works on.
const MINE: &str = "mine";
/// As much of standard input is read for a prompt, bytes. Beyond it, and before it, the supervisor refuses the prompt.
const STDIN_BYTES_MAX: u64 = 1 << 20;

/// The command-line arguments of `qd task`.
#[derive(Args, Debug)]
pub struct Task {
    #[command(subcommand)]
    verb: Verb,
}

/// What can be done with tasks.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Add a task; it goes to an agent as soon as one is there for it
    ///
    /// For example: qd task add 'Fix the lexer.' --lock src/lexer --verify 'cargo test lexer'
    Add(Box<add::Add>),
    /// List tasks
    List(list::List),
    /// Show one task with its prompt, what came of it, and why it is where it is
    Show(show::Show),
    /// Ask for a task to work on, within an agent's run
    ///
    /// Prints it; the agent works on it from then on, and says at the end `qd task done` or `qd task fail`. Ends with
    /// 124 when there was none in time. A shell that works off the queue:
    ///
    /// while t=$(qd task claim --wait --json); do …; qd task done; done
    Claim(claim::Claim),
    /// Say that a task is done: one's own within an agent's run
    Done(report::Done),
    /// Say that a task can't be done: one's own within an agent's run; it is tried again while attempts are left
    Fail(report::Fail),
    /// Say how far a task is: one's own within an agent's run
    Progress(progress::Progress),
    /// Divide a task into parts with files of their own, which several agents can work on at the same time
    ///
    /// Writes TASK-SUBn.md into the drop folder, and says why it did so; what is better left whole is. A task file is
    /// Markdown, with a header between two lines of --- if it has something to say: id, priority, agent, prefer, needs,
    /// capabilities, files, locks, verify, outputs, workspace, timeout, attempts, estimate.
    Split(split::Split),
    /// Cancel tasks; what works on them is stopped, or told
    Cancel(cancel::Cancel),
    /// Do tasks once more that failed or were cancelled, with what was skipped because of them
    Retry(retry::Retry),
    /// Print what happens to tasks as it happens; of one task until its end
    ///
    /// Ends with 0 when that task is done, and with 6 when it is not.
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

/// The task that is named, or one's own within an agent's run.
fn named_or_own(named: Option<String>, client: &Client) -> Result<String, Failure> {
    let within_a_run = client.own_agent().is_some();
    let own = || std::env::var(TASK_VARIABLE).ok().filter(|task| !task.is_empty() && within_a_run);
    let mine = || within_a_run.then(|| MINE.to_owned());
    named.or_else(own).or_else(mine).ok_or_else(|| {
        Failure::new(Exit::Usage, "this is no agent's run, so it has no task of its own").hint("say which task")
    })
}

/// A text that is given, or standard input for `-`.
fn text_or_stdin(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut text = String::new();
    let read = std::io::stdin().take(STDIN_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| Failure::new(Exit::Failed, "cannot read standard input").because(error))?;
    Ok(text.trim_end_matches('\n').to_owned())
}
