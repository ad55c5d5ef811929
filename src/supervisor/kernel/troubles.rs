//! What the kernel tells the rest of the supervisor besides facts: that nothing is planned any more, and what is wrong.

use super::Kernel;
use crate::api::events::EventRecord;
use quarterdeck_core::event::Signal;
use quarterdeck_core::fact::{Fact, FactKind};
use std::sync::Arc;

/// The subject of the banner about the journal.
const JOURNAL_BANNER: &str = "journal";

impl Kernel {
    /// Whoever hears that nothing is planned any more has been shown every fact before it.
    pub(super) fn show_quiescence(&self) {
        let quiescent = self.fleet.quiescent();
        self.context.quiescent.send_if_modified(|shown| std::mem::replace(shown, quiescent) != quiescent);
    }

    /// Tells the rest of the supervisor what follows from new facts.
    pub(super) fn show_troubles_of(&self, facts: &[Fact], records: &[Arc<EventRecord>]) {
        for (fact, record) in facts.iter().zip(records) {
            if let Some(name) = &record.agent {
                self.show_troubles(name, &fact.kind);
            }
        }
    }

    /// A journal that can't be written is shown as long as it can't.
    pub(super) fn show_journal(&mut self) {
        let failing = self.journal.failing();
        if failing == self.journal_shown_failing {
            return;
        }
        match &failing {
            Some(why) => {
                let text = format!("the journal can't be written ({why}): the fleet goes on, its history is in memory");
                self.context.banners.raise(JOURNAL_BANNER, text);
            }
            None => drop(self.context.banners.lower(JOURNAL_BANNER)),
        }
        self.journal_shown_failing = failing;
        self.context.pulse.send_replace(());
    }

    /// So is a transcript that can't be written, and a keeper that can't be spoken with; neither outlives its run.
    fn show_troubles(&self, name: &str, kind: &FactKind) {
        let banners = &self.context.banners;
        let transcript = format!("transcript of {name}");
        let keeper = format!("keeper of {name}");
        match kind {
            FactKind::Signalled { signal: Signal::TranscriptFailing(why) } => {
                banners.raise(&transcript, format!("the {transcript} can't be written ({why}): the agent goes on"));
            }
            FactKind::Signalled { signal: Signal::KeeperRefused(why) } => {
                banners.raise(&keeper, format!("{name}: {why}"))
            }
            FactKind::Signalled { signal: Signal::TranscriptRecovered } => drop(banners.lower(&transcript)),
            FactKind::Ended { .. } => {
                banners.lower(&transcript);
                banners.lower(&keeper);
            }
            _ => return,
        }
        self.context.pulse.send_replace(());
    }
}
