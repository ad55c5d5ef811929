//! `qd doctor`: checks by real attempts what a fleet needs from this machine, and prints one line for each check, with
//! the fix.
//!
//! [`probe`] runs the checks, [`render`] prints them; neither does the work of the other.

mod check;
mod fleet;
mod git;
mod limits;
mod places;
mod processes;

pub use check::{Check, Verdict};

use crate::config::FleetConfig;
use std::fmt::Write;
use std::path::Path;

/// Whether [`render`] uses colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Colours are used, for a terminal.
    On,
    /// No colours are used, for a file, a pipe, or `NO_COLOR`.
    Off,
}

/// Runs every check for a fleet in `directory`; the checks of its configuration only if there is a valid one.
pub fn probe(directory: &Path, fleet: Option<&FleetConfig>) -> Vec<Check> {
    let of_the_machine =
        [git::checks(directory), limits::checks(), places::checks(directory), processes::checks()].concat();
    let of_the_fleet = fleet.map(probe_fleet).into_iter().flatten();
    of_the_machine.into_iter().chain(of_the_fleet).chain([fleet::journals(directory)]).collect()
}

/// Checks that the agents of a configuration can start: their programs exist, and git can make their branches.
pub fn probe_fleet(fleet: &FleetConfig) -> Vec<Check> {
    fleet::checks(fleet)
}

/// Returns the worst verdict; `Pass` if there are no checks.
pub fn worst(checks: &[Check]) -> Verdict {
    checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass)
}

/// Returns the checks as text for people: a line for each, with the fix below those that did not pass.
pub fn render(checks: &[Check], colours: Colours) -> String {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in checks {
        let (mark, colour) = match check.verdict {
            Verdict::Pass => ("✓", "32"),
            Verdict::Warn => ("!", "33"),
            Verdict::Fail => ("✗", "31"),
        };
        let mark = if colours == Colours::On { format!("\u{1b}[{colour}m{mark}\u{1b}[0m") } else { mark.to_owned() };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{mark} {:width$}  {}", check.name, check.found);
        if let Some(fix) = &check.fix {
            let _ = writeln!(text, "  {:width$}  hint: {fix}", "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_each_with_the_fix_below() {
        let checks = [
            Check::pass("git", "2.47"),
            Check::warn("inotify", "64 instances", "raise it"),
            Check::fail("pty", "none left", "close some"),
        ];
        insta::assert_snapshot!(render(&checks, Colours::Off));
        assert_eq!(worst(&checks), Verdict::Fail);
        assert!(render(&checks, Colours::On).contains("\u{1b}[31m✗\u{1b}[0m"));
    }

    #[test]
    fn every_check_is_run_and_whatever_did_not_pass_has_a_fix() {
        let directory = tempfile::tempdir().expect("a directory");
        let checks = probe(directory.path(), None);
        for check in &checks {
            assert!(!check.found.is_empty(), "{check:?}");
            assert_eq!(check.verdict == Verdict::Pass, check.fix.is_none(), "{check:?}");
        }
        assert!(
            checks.iter().any(|check| check.name == "repository" && check.verdict != Verdict::Pass),
            "there is no repository"
        );
    }
}
