//! The standing of an agent: a banner on what a person should know of its program. Decides when it begins and
//! ends, and when a question is snoozed.
//!
//! ```text
//!                asks · meets an error · is done with its turn
//!      ┌──────┐ ─────────────────────────────────────────────► ┌──────────┐
//!      │ none │                                                │ standing │ ⟲ other words, another question
//!      └──────┘ ◄───────────────────────────────────────────── └──────────┘
//!                works · idles, unless it was done · run ends
//! ```
//!
//! A standing does not end because a person looked at it. A snoozed question is still open; it only notifies nobody for
//! a while.

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
    /// Handles a change in what the program of a run is doing.
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

    /// Snoozes a question, or ends its snooze.
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

    /// Handles the end of a snooze. A timer that fires early is armed again; an outdated one is ignored.
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

    /// Whether the agent has a process that can act by itself.
    fn has_program(&self, agent: AgentId) -> bool {
        let run = self.fleet.agents.get(&agent).and_then(|known| known.run.as_ref());
        run.is_some_and(|run| {
            matches!(run.phase(), Phase::Launching | Phase::Starting | Phase::Ready) && run.exit().is_none()
        })
    }
}

/// Whether two verdicts say the same, for example because they come from different sources.
fn says_the_same(before: &Verdict, now: &Verdict) -> bool {
    before.activity == now.activity && before.since == now.since
}
