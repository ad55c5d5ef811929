//! Finds the task that a command means, and reads the text about it. Every command of `qd task` uses this.

use crate::client::Client;
use crate::place::TASK_VARIABLE;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use std::io::Read;

/// The name that means the task on which the asking run works.
pub(super) const MINE: &str = "mine";

/// How much of standard input is read for a prompt, in bytes. Beyond it, the prompt is refused; the supervisor's own
/// limit is smaller.
pub(super) const STDIN_BYTES_MAX: u64 = 1 << 20;

/// Returns the named task, or the task that this run works on.
pub(super) fn named_or_own(named: Option<String>, client: &Client) -> Result<String, Failure> {
    let within_a_run = client.own_agent().is_some();
    let own = || std::env::var(TASK_VARIABLE).ok().filter(|task| !task.is_empty() && within_a_run);
    let mine = || within_a_run.then(|| MINE.to_owned());
    named.or_else(own).or_else(mine).ok_or_else(|| {
        Failure::new(Exit::Usage, "this process belongs to no agent's run, so it has no task").hint("name the task")
    })
}

/// Returns the given text, or standard input for `-`.
pub(super) fn text_or_stdin(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut text = String::new();
    let read = std::io::stdin().take(STDIN_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| Failure::new(Exit::Failed, "cannot read standard input").because(error))?;
    Ok(text.trim_end_matches('\n').to_owned())
}
