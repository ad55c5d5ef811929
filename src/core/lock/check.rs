//! Checks whether a token allows touching a scope. A check changes nothing.

use super::lease::{EndedLease, Lease};
use super::table::LockTable;
use crate::ids::{LeaseId, Token};
use crate::party::Party;
use crate::scope::{BadScope, RepositoryPath, Scope};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// The answer to whether a token allows touching a scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// A current lease with this token covers the scope.
    Valid {
        /// The lease that has the token.
        lease: LeaseId,
    },
    /// The lease with this token is current, but does not cover the scope.
    ElsewhereOnly {
        /// The lease that has the token.
        lease: LeaseId,
    },
    /// The lease with this token has ended.
    Ended {
        /// The ended lease, with how and when it ended.
        ended: EndedLease,
        /// The lease that covers the scope now, if there is one.
        held_now: Option<LeaseId>,
    },
    /// The lease with this token ended so long ago that only the end itself is known.
    Forgotten {
        /// The lease that covers the scope now, if there is one.
        held_now: Option<LeaseId>,
    },
    /// No lease ever had this token.
    NeverGranted {
        /// The lease that covers the scope now, if there is one.
        held_now: Option<LeaseId>,
    },
}

impl LockTable {
    /// Checks whether `token` allows touching the scope that `text` names, at the time `now`. A lease whose time
    /// has passed allows nothing, even before its end is recorded.
    pub fn check(&self, text: &str, token: Token, now: Time) -> Result<Checked, BadScope> {
        let scope = Scope::parse(text, &self.resources)?;
        let held_now = || self.leases().find(|lease| lease.of_any_overlapping(&scope)).map(|lease| lease.id);
        if token > self.newest_token || token == Token(0) {
            return Ok(Checked::NeverGranted { held_now: held_now() });
        }
        if let Some(lease) = self.leases().find(|lease| lease.token == token) {
            return Ok(match lease.is_over(now) {
                true => Checked::Ended { ended: lease.as_expired(), held_now: None },
                false if lease.covers(&scope) => Checked::Valid { lease: lease.id },
                false => Checked::ElsewhereOnly { lease: lease.id },
            });
        }
        Ok(match self.ended().find(|ended| ended.token == token) {
            Some(ended) => Checked::Ended { ended: ended.clone(), held_now: held_now() },
            None => Checked::Forgotten { held_now: held_now() },
        })
    }

    /// Returns the leases of other parties that forbid `party` to write this file.
    pub fn against_writing<'a>(&'a self, party: &Party, path: &'a RepositoryPath) -> impl Iterator<Item = &'a Lease> {
        let party = self.principal(party);
        let scope = Scope::Path(path.clone());
        self.leases().filter(move |lease| self.principal(&lease.holder) != party && lease.covers(&scope))
    }
}

impl Lease {
    /// Whether the lease allows touching this scope.
    pub fn covers(&self, scope: &Scope) -> bool {
        self.scopes.iter().any(|held| held.want.scope.covers(scope))
    }

    fn of_any_overlapping(&self, scope: &Scope) -> bool {
        self.scopes.iter().any(|held| held.want.scope.overlaps(scope))
    }

    fn is_over(&self, now: Time) -> bool {
        self.expires.and_then(super::Deadline::due).is_some_and(|due| due <= now)
    }

    fn as_expired(&self) -> EndedLease {
        let at = self.expires.and_then(super::Deadline::due).unwrap_or_default();
        EndedLease { lease: self.id, token: self.token, holder: self.holder.clone(), why: super::LeaseEnd::Expired, at }
    }
}
