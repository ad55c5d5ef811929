//! The consequences of a run's end, all in one step and in this order:
//!
//! 1. the run's place is freed;
//! 2. a newer configuration is applied;
//! 3. a restart is decided;
//! 4. agents that waited for the run's completion continue;
//! 5. the next agent in the queue gets the place.
//!
//! **Invariant 10:** a dead run holds nothing and waits for nothing (`tests/brain/model`).

use super::Step;
use crate::agent::Takes;
use crate::effect::Effect;
use crate::ending::{Outcome, StopCause};
use crate::event::TimerId;
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::restart::{Ended, Restarts, Verdict};
use crate::run::RunEnd;
use crate::task::Work;
use crate::time::Time;
use crate::view::Config;

impl Step<'_> {
    pub(super) fn run_ended(&mut self, agent: AgentId, run: RunId, end: RunEnd) {
        let RunEnd { outcome, exit, report, reason, barred } = end;
        self.record(Some(agent), Some(run), FactKind::Ended { outcome, exit, report, reason, barred });
        self.effects.push(Effect::Dismiss { run });
        let asked = self.free_place(agent, run, outcome);
        self.coordination_run_ended(agent, run, outcome);
        if self.config(agent) == Some(Config::Removed) {
            self.remove_agent(agent);
        } else if !self.shutting_down() {
            match asked {
                Some(StopCause::Restart) => {
                    self.forget_failures(agent, Restarts::forget);
                    self.start(agent);
                }
                Some(StopCause::Requested | StopCause::Killed) => self.take_no_tasks(agent),
                Some(StopCause::Shutdown | StopCause::TaskOver) => {}
                None | Some(StopCause::LeftBehind) => {
                    self.decide_restart(agent, Ended { run, outcome, exit, barred, at: self.now });
                }
            }
        }
        if outcome == Outcome::Completed {
            self.release_those_behind(agent);
        }
        if self.shutting_down() {
            self.continue_shutdown();
        } else {
            self.fill_places();
            self.tasks_look_again();
        }
    }

    /// Takes the run out of the fleet, and applies the newest policy of its agent. Returns why the run was asked to
    /// end.
    pub(super) fn free_place(&mut self, agent: AgentId, run: RunId, outcome: Outcome) -> Option<StopCause> {
        let fleet = &mut *self.fleet;
        fleet.live.remove(&run);
        fleet.live_max = fleet.places_taken().max(fleet.policy.max_concurrent as usize);
        let known = fleet.agents.get_mut(&agent)?;
        let ended = known.run.take()?;
        known.paused.0 = known.paused.0.saturating_add(ended.paused_for(self.now).0);
        if outcome == Outcome::Completed {
            known.restarts.settle();
        }
        if let Some(policy) = known.pending.take() {
            known.apply(*policy);
        }
        ended.asked()
    }

    /// Lets no task start a run of a one-shot agent, because a person stopped it.
    pub(super) fn take_no_tasks(&mut self, agent: AgentId) {
        if let Some(known) = self.fleet.agents.get_mut(&agent).filter(|known| known.policy.work == Work::OneShot) {
            known.takes = Takes::Nothing;
        }
    }

    /// Decides whether an agent is restarted. A run that was begun for a task is not restarted, because the task
    /// decides whether it is tried again. But its agent takes no other task while its program is barred.
    fn decide_restart(&mut self, agent: AgentId, ended: Ended) {
        let Some(known) = self.fleet.agents.get_mut(&agent) else { return };
        let own_time = Time((self.now - Time(known.paused.0)).0);
        let verdict = match (known.policy.work, ended.barred) {
            (Work::OneShot, None) => return,
            (Work::OneShot, Some(barred)) => known.restarts.bar(barred, ended.at),
            (Work::Pulled | Work::Typed, _) => known.restarts.judge(&known.policy.restart, ended, own_time),
        };
        let kind = match verdict {
            Verdict::Stay => return,
            Verdict::Again { span, failures } => FactKind::BackedOff { span, failures, barred: ended.barred },
            Verdict::GiveUp(why) => FactKind::GaveUp { why },
        };
        let wait = match &kind {
            FactKind::BackedOff { span, .. } => Some(*span),
            _ => None,
        };
        self.record(Some(agent), Some(ended.run), kind);
        self.effects.extend(wait.map(|span| Effect::Arm { timer: TimerId::Backoff(agent), span }));
    }
}
