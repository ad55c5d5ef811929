//! The rules that the arbiter keeps, by name, so that a test can break one and see that it is noticed.
//!
//! What is built for use keeps them all: nothing is stored, and every question is answered at compile time. Only in
//! the crate's own unit tests (`tests/mutations`) does [`Rules`] hold the one that is broken.

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A lease that conflicts with what is wanted is in the way.
    HoldersAreInTheWay,
    /// A request that was asked earlier and wants something that conflicts is in the way.
    NobodyIsOvertaken,
    /// Units that are taken are counted.
    UnitsAreCounted,
    /// All that is wanted is granted at once.
    AllOrNothing,
    /// Each lease has a token of its own.
    TokensGrow,
    /// Whatever becomes free is given to those that wait for it.
    ReleaseWakes,
    /// What a run held ends with it.
    TheDeadHoldNothing,
    /// What a run waited for ends with it.
    TheDeadWaitForNothing,
    /// A request that waited as long as it may leaves the line.
    TimeoutLeavesTheLine,
    /// A lease that was not renewed in time ends.
    LeasesExpire,
    /// A paused holder's time stands still.
    PauseStandsStill,
    /// Nobody waits in a circle.
    NoCycles,
    /// A request whose client is gone leaves the line.
    NobodyWaitsForTheGone,
}

/// Which rules are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules {
    #[cfg(test)]
    broken: Option<Rule>,
}

impl Rules {
    /// Whether this one is kept.
    #[cfg(not(test))]
    pub(crate) const fn keep(self, _rule: Rule) -> bool {
        true
    }

    /// Whether this one is kept.
    #[cfg(test)]
    pub(crate) fn keep(self, rule: Rule) -> bool {
        self.broken != Some(rule)
    }

    /// Whether all are kept.
    #[cfg(not(test))]
    pub(crate) const fn all_kept(self) -> bool {
        true
    }

    /// Whether all are kept.
    #[cfg(test)]
    pub(crate) fn all_kept(self) -> bool {
        self.broken.is_none()
    }

    /// All but this one.
    #[cfg(test)]
    pub fn without(rule: Rule) -> Rules {
        Rules { broken: Some(rule) }
    }
}
