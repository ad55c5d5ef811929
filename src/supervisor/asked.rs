//! Remembers which files the commit guard was asked about lately, and allowed.

use quarterdeck_core::party::Party;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long the files that the guard was asked about are remembered. The guard asks directly before the branch moves,
/// and a move is examined within this time.
const REMEMBERED: Duration = Duration::from_secs(10);

/// The most files that are remembered for one party. Beyond it, the oldest are forgotten, and may be reported as
/// unguarded.
const FILES_REMEMBERED_MAX: usize = 20_000;

/// The files that the guard was asked about recently, and allowed.
#[derive(Debug, Default)]
pub(super) struct Asked {
    by_party: Mutex<HashMap<Party, Vec<Passed>>>,
}

impl Asked {
    pub(super) fn remember(&self, party: &Party, files: BTreeSet<String>) {
        let mut all = self.by_party.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, asked| {
            asked.retain(|passed| passed.at.elapsed() < REMEMBERED);
            !asked.is_empty()
        });
        let asked = all.entry(party.clone()).or_default();
        asked.push(Passed { at: Instant::now(), files });
        let count = |asked: &[Passed]| asked.iter().map(|passed| passed.files.len()).sum::<usize>();
        while asked.len() > 1 && count(asked) > FILES_REMEMBERED_MAX {
            asked.remove(0);
        }
    }

    pub(super) fn knows(&self, party: &Party, path: &str) -> bool {
        let all = self.by_party.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(party)
            .into_iter()
            .flatten()
            .any(|passed| passed.at.elapsed() < REMEMBERED && passed.files.contains(path))
    }
}

/// The files that the guard allowed at one time.
#[derive(Debug)]
struct Passed {
    at: Instant,
    files: BTreeSet<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_the_guard_was_asked_is_remembered_for_a_while_and_in_bounds() {
        let (asked, party) = (Asked::default(), Party::Outside("a".to_owned()));
        let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        asked.remember(&party, files(&["a", "b"]));
        assert!(asked.knows(&party, "a") && !asked.knows(&party, "c"));
        assert!(!asked.knows(&Party::Outside("other".to_owned()), "a"));
        asked.remember(&party, (0..FILES_REMEMBERED_MAX).map(|number| number.to_string()).collect());
        assert!(!asked.knows(&party, "a") && asked.knows(&party, "7"), "the oldest went");
        tokio::time::advance(REMEMBERED).await;
        assert!(!asked.knows(&party, "7"));
        asked.remember(&Party::Outside("other".to_owned()), files(&["x"]));
        assert_eq!(asked.by_party.lock().expect("no panic").len(), 1);
    }
}
