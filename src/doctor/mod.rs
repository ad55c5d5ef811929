//! `qd doctor`: what a fleet needs from this machine, each really tried, a line each with the way to mend it.
//!
//! [`probe`] looks, [`render`] draws; neither does the other's work.

mod fleet;
mod git;
mod limits;
mod places;
mod processes;

use crate::config::FleetConfig;
use std::fmt::Write;
use std::path::Path;

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it; nothing when it passed.
    pub fix: Option<String>,
}

/// How a check went, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Works, with a loss.
    Warn,
    /// A fleet can't run, or not in this way.
    Fail,
}

/// Whether [`render`] uses colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// For a terminal.
    On,
    /// For a file, a pipe, or `NO_COLOR`.
    Off,
}

impl Check {
    fn pass(name: &'static str, found: impl Into<String>) -> Check {
        Check { name, verdict: Verdict::Pass, found: found.into(), fix: None }
    }

    fn warn(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { name, verdict: Verdict::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    fn fail(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { name, verdict: Verdict::Fail, found: found.into(), fix: Some(fix.into()) }
    }
}

/// Runs every check for a fleet in `directory`; those of its configuration where there is a valid one.
pub fn probe(directory: &Path, fleet: Option<&FleetConfig>) -> Vec<Check> {
    let of_the_machine =
        [git::checks(directory), limits::checks(), places::checks(directory), processes::checks()].concat();
    let of_the_fleet = fleet.map(probe_fleet).into_iter().flatten();
    of_the_machine.into_iter().chain(of_the_fleet).chain([fleet::journals(directory)]).collect()
}

/// Whether the agents of a configuration can start: their programs are there, and git can make their branches.
pub fn probe_fleet(fleet: &FleetConfig) -> Vec<Check> {
    fleet::checks(fleet)
}

/// The worst verdict; `Pass` for no checks.
pub fn worst(checks: &[Check]) -> Verdict {
    checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass)
}

/// The checks for people: a line each, the fix below those that did not pass.
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
        // Writing into a String can't fail.
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
