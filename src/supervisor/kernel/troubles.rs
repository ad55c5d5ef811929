//! Tells the rest of the supervisor what the kernel knows besides facts: that nothing is planned any more, and which
//! troubles exist.

use super::Kernel;
use crate::api::events::EventRecord;
use crate::supervisor::context::{Context, JOURNAL_BANNER, keeper_subject};
use crate::supervisor::strays;
use quarterdeck_core::event::{Event, Notice, Signal};
use quarterdeck_core::fact::{Fact, FactKind};
use std::sync::Arc;

/// The subject of the banner about a journal that was set aside.
const SET_ASIDE_BANNER: &str = "journal_set_aside";

/// Records the fact that a journal was set aside, and shows it as a banner as long as this supervisor lives.
pub(in crate::supervisor) async fn show_set_aside(context: Arc<Context>, notice: Notice) {
    context.dashboard.banners.raise(SET_ASIDE_BANNER, notice.text.clone());
    context.kernel.tell(Event::Noticed { notice }).await;
}

impl Kernel {
    /// Tells whether nothing is planned any more. By then every fact before it has been shown.
    pub(super) fn show_quiescence(&self) {
        let quiescent = self.fleet.quiescent();
        self.context.life.quiescent.send_if_modified(|shown| std::mem::replace(shown, quiescent) != quiescent);
    }

    /// Shows and removes the banners that follow from new facts.
    pub(super) fn show_troubles_of(&self, facts: &[Fact], records: &[Arc<EventRecord>]) {
        for (fact, record) in facts.iter().zip(records) {
            if let Some(name) = &record.agent {
                self.show_troubles(name, &fact.kind);
            }
        }
    }

    /// Shows a banner as long as the journal can't be written.
    pub(super) fn show_journal(&mut self) {
        if let Some(set_aside) = self.journal.take_set_aside() {
            // The files beside a journal that was deleted are gone as well.
            self.restore_what_is_gone();
            tokio::spawn(show_set_aside(Arc::clone(&self.context), set_aside.notice()));
        }
        let failing = self.journal.failing();
        if failing == self.journal_shown_failing {
            return;
        }
        match &failing {
            Some(why) => {
                let text =
                    format!("the journal can't be written ({why}): the fleet continues, and its history is in memory");
                self.context.dashboard.banners.raise(JOURNAL_BANNER, text);
            }
            None => drop(self.context.dashboard.banners.lower(JOURNAL_BANNER)),
        }
        self.journal_shown_failing = failing;
        self.context.dashboard.pulse.send_replace(());
    }

    fn restore_what_is_gone(&self) {
        let context = &self.context;
        let made = context.place.prepare().map_err(|error| error.to_string());
        let kept = made.and_then(|()| context.tokens.keep(&context.place.state_directory).map_err(|e| e.to_string()));
        if let Err(error) = kept {
            tracing::error!(error, "the fleet's directories and its secret can't be made again");
        }
        let view = self.fleet.view();
        for (run, agent) in self.fleet.live_runs() {
            let name = view.agents.get(&agent).map(|agent| agent.name.as_str()).unwrap_or_default();
            if let Err(error) = strays::restore_directory(context, run, name) {
                tracing::error!(%run, %error, "its directory can't be made again");
            }
        }
    }

    /// Shows a banner while a run's transcript can't be written, or while its keeper refuses the supervisor. Both
    /// banners end with the run.
    fn show_troubles(&self, name: &str, kind: &FactKind) {
        let banners = &self.context.dashboard.banners;
        let transcript = format!("transcript of {name}");
        let keeper = keeper_subject(name);
        match kind {
            FactKind::Signalled { signal: Signal::TranscriptFailing(why) } => {
                banners.raise(&transcript, format!("the {transcript} can't be written ({why}): the agent continues"));
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
        self.context.dashboard.pulse.send_replace(());
    }
}
