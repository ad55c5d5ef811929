//! What a person should know of a program: when it begins, when it is over, and what may be put off.
//!
//! ```text
//!                asks · meets an error · is done with its turn
//!      ┌──────┐ ─────────────────────────────────────────────► ┌──────────┐
//!      │ none │                                                │ standing │ ⟲ other words, another question
//!      └──────┘ ◄───────────────────────────────────────────── └──────────┘
//!                works · idles, unless it was done · run ends
//! ```
//!
//! Nobody ends it by looking. A question that is put off is asked all the same; it only calls nobody meanwhile.

use super::Step;
use crate::command::Denied;
use crate::effect::Effect;
use crate::event::TimerId;
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::run::Phase;
use crate::status::{SNOOZE_MAX, Verdict};
use crate::time::{Span, Time};
use crate::view::Standing;

impl Step<'_> {
    /// What the program of a run is doing has changed.
    pub(super) fn status(&mut self, run: RunId, verdict: Verdict) {
        let Some(agent) = self.fleet.agent_of(run).filter(|agent| self.has_program(*agent)) else { return };
        let before = self.standing_of(agent).map(|standing| standing.verdict.clone());
        let over = before.filter(|before| before.is_over_by(&verdict));
        let may_be_barred = verdict.activity.may_be_barred();
        if let Some(Verdict { activity: was, .. }) = over {
            self.disarm_snooze(agent);
            self.record(Some(agent), Some(run), FactKind::StandingOver { was });
        }
        let told = self.standing_of(agent).is_some_and(|standing| says_the_same(&standing.verdict, &verdict));
        if verdict.activity.is_notable() && !told {
            self.record(Some(agent), Some(run), FactKind::Standing { verdict });
        }
        match may_be_barred {
            true => self.turn_barred(agent),
            false => self.bar_no_more(agent),
        }
    }

    /// A question is put off, or no longer.
    pub(super) fn snooze_asked(&mut self, agent: AgentId, span: Span) -> Result<(), Denied> {
        let view = self.fleet.view.agents.get(&agent).ok_or(Denied::UnknownAgent)?;
        let run = view.question().and(view.run).ok_or(Denied::NotAsking)?;
        if span > SNOOZE_MAX {
            return Err(Denied::SnoozeTooLong { max: SNOOZE_MAX });
        }
        if span == Span(0) {
            self.disarm_snooze(agent);
            self.record(Some(agent), Some(run), FactKind::SnoozeOver);
        } else {
            self.record(Some(agent), Some(run), FactKind::Snoozed { until: self.now + span });
            self.effects.push(Effect::Arm { timer: TimerId::Snooze(agent), span });
        }
        Ok(())
    }

    /// The end of a snooze. One that comes early is armed again, a stale one is nothing.
    pub(super) fn snooze_over(&mut self, agent: AgentId) {
        let Some(until) = self.snoozed_until(agent) else { return };
        let left = until - self.now;
        if left > Span(0) {
            self.effects.push(Effect::Arm { timer: TimerId::Snooze(agent), span: left });
        } else {
            let run = self.fleet.view.agents.get(&agent).and_then(|view| view.run);
            self.record(Some(agent), run, FactKind::SnoozeOver);
        }
    }

    fn disarm_snooze(&mut self, agent: AgentId) {
        if self.snoozed_until(agent).is_some() {
            self.effects.push(Effect::Disarm { timer: TimerId::Snooze(agent) });
        }
    }

    fn snoozed_until(&self, agent: AgentId) -> Option<Time> {
        self.standing_of(agent)?.snoozed_until
    }

    fn standing_of(&self, agent: AgentId) -> Option<&Standing> {
        self.fleet.view.agents.get(&agent)?.standing.as_ref()
    }

    /// Whether it has a process that does something by itself.
    fn has_program(&self, agent: AgentId) -> bool {
        let run = self.fleet.agents.get(&agent).and_then(|known| known.run.as_ref());
        run.is_some_and(|run| {
            matches!(run.phase(), Phase::Launching | Phase::Starting | Phase::Ready) && run.exit().is_none()
        })
    }
}

/// Whether there is nothing new in it: another source may say the same.
fn says_the_same(before: &Verdict, now: &Verdict) -> bool {
    before.activity == now.activity && before.since == now.since
}
