//! The rules that the arbiter keeps, by name, so that a test can break one and verify that this is noticed.
//!
//! A normal build keeps all rules: nothing is stored, and every question is answered at compile time. Only in the
//! crate's own unit tests (`tests/mutations`) does [`Rules`] hold the rule that is broken.

/// A rule that the arbiter keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A lease that conflicts with a wanted scope blocks the request.
    HoldersAreInTheWay,
    /// An earlier request that wants a conflicting scope blocks the request.
    NobodyIsOvertaken,
    /// The units of a resource that are taken are counted.
    UnitsAreCounted,
    /// Everything that a request wants is granted at once, or nothing is.
    AllOrNothing,
    /// Each lease has its own token, larger than every earlier one.
    TokensGrow,
    /// A scope that becomes free is granted to the requests that wait for it.
    ReleaseWakes,
    /// The leases of a run end with the run.
    TheDeadHoldNothing,
    /// The waiting requests of a run end with the run.
    TheDeadWaitForNothing,
    /// A request that waited as long as it may leaves the line.
    TimeoutLeavesTheLine,
    /// A lease that was not renewed in time ends.
    LeasesExpire,
    /// The deadlines of a paused holder are suspended.
    PauseStandsStill,
    /// No requests wait for each other in a cycle.
    NoCycles,
    /// A request whose client is gone leaves the line.
    NobodyWaitsForTheGone,
}

/// The set of rules that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules {
    #[cfg(test)]
    broken: Option<Rule>,
}

impl Rules {
    /// Whether this rule is kept.
    #[cfg(not(test))]
    pub(crate) const fn keep(self, _rule: Rule) -> bool {
        true
    }

    /// Whether this rule is kept.
    #[cfg(test)]
    pub(crate) fn keep(self, rule: Rule) -> bool {
        self.broken != Some(rule)
    }

    /// Whether all rules are kept.
    #[cfg(not(test))]
    pub(crate) const fn all_kept(self) -> bool {
        true
    }

    /// Whether all rules are kept.
    #[cfg(test)]
    pub(crate) fn all_kept(self) -> bool {
        self.broken.is_none()
    }

    /// Returns all rules except this one.
    #[cfg(test)]
    pub fn without(rule: Rule) -> Rules {
        Rules { broken: Some(rule) }
    }
}
