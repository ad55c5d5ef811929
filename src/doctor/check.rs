//! One check: how it went, what was found, and what to do about it.

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
