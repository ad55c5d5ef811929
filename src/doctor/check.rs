//! One check: how it went, what was found, and what to do about it.

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Name of what was checked.
    pub name: &'static str,
    /// The result, from `Pass` to `Fail`.
    pub verdict: Verdict,
    /// What the check found, in words.
    pub found: String,
    /// What to do about the problem; none when the check passed.
    pub fix: Option<String>,
}

impl Check {
    pub(super) fn pass(name: &'static str, found: impl Into<String>) -> Check {
        Check { name, verdict: Verdict::Pass, found: found.into(), fix: None }
    }

    pub(super) fn warn(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { name, verdict: Verdict::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    pub(super) fn fail(name: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { name, verdict: Verdict::Fail, found: found.into(), fix: Some(fix.into()) }
    }
}

/// The results of a check, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything is as it should be.
    Pass,
    /// A fleet works, but with a loss.
    Warn,
    /// A fleet cannot run, or not in this way.
    Fail,
}
