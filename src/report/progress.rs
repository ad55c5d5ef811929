//! A progress bar for an action on many agents: on a terminal it disappears when all are done, in a pipe nothing is
//! drawn.

use super::output::Output;
use crate::amounts;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

/// The width of the bar in columns.
const BAR_COLUMNS: usize = 20;

/// The smallest number of agents for which a bar is drawn.
const BAR_FROM: usize = 3;

/// The escape sequence that goes to the line's start and clears the line.
const CLEARED_LINE: &str = "\r\x1b[2K";

/// The progress of an action on many agents.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    total: usize,
    done: BTreeSet<String>,
}

impl Progress {
    /// Begins the progress of an action on `total` agents. `what` names the action: `stopping`.
    pub fn of(what: &'static str, total: usize) -> Progress {
        Progress { what, total, done: BTreeSet::new() }
    }

    /// Counts the action as done for this agent.
    pub fn done(&mut self, name: String) {
        self.done.insert(name);
    }

    /// Draws the bar on a terminal, with the current progress.
    ///
    /// # Errors
    /// An error of the writer is returned.
    pub fn draw(&self, out: &mut Output) -> io::Result<()> {
        match self.is_drawn(out) {
            true => out.write_all(format!("{CLEARED_LINE}{}", self.bar()).as_bytes()).and_then(|()| out.flush()),
            false => Ok(()),
        }
    }

    /// Clears the bar from the terminal.
    ///
    /// # Errors
    /// Errors are the same as those of [`Progress::draw`].
    pub fn clear(&self, out: &mut Output) -> io::Result<()> {
        match self.is_drawn(out) {
            true => out.write_all(CLEARED_LINE.as_bytes()).and_then(|()| out.flush()),
            false => Ok(()),
        }
    }

    /// Prints a line above the bar.
    ///
    /// # Errors
    /// Errors are the same as those of [`Progress::draw`].
    pub fn line(&self, out: &mut Output, line: &str) -> io::Result<()> {
        self.clear(out)?;
        out.line(line)
    }

    /// Returns the summary: `82 of 83 done, 0.4 s`. None if there were only a few agents.
    pub fn sum(&self, well: usize, took: Duration) -> Option<String> {
        (self.total >= BAR_FROM).then(|| format!("{well} of {} done, {}", self.total, amounts::took(took)))
    }

    fn is_drawn(&self, out: &Output) -> bool {
        self.total >= BAR_FROM && out.is_drawable()
    }

    /// Returns the bar as text: `stopping 83 ━━━━━━━─── 61/83`.
    fn bar(&self) -> String {
        let done = self.done.len().min(self.total);
        let full = done * BAR_COLUMNS / self.total.max(1);
        let bar = "━".repeat(full) + &"─".repeat(BAR_COLUMNS - full);
        format!("{} {} {bar} {done}/{}", self.what, self.total, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_and_counts_each_once() {
        let mut progress = Progress::of("stopping", 4);
        assert_eq!(progress.bar(), "stopping 4 ──────────────────── 0/4");
        for name in ["a", "b", "a"] {
            progress.done(name.to_owned());
        }
        assert_eq!(progress.bar(), "stopping 4 ━━━━━━━━━━────────── 2/4");
        assert_eq!(progress.sum(3, Duration::from_millis(412)).as_deref(), Some("3 of 4 done, 0.4 s"));
        assert_eq!(Progress::of("stopping", 2).sum(2, Duration::ZERO), None);
        assert_eq!(Progress::of("stopping", 0).bar(), "stopping 0 ──────────────────── 0/0");
    }
}
