//! The invariants that must hold after every step.
//!
//! They are checked after every step in debug builds and with `[safety] strict`, otherwise after a sample of steps. The
//! model tests check them in every reachable state, and the simulation after every step.

mod evidence;
mod locks;
mod sync;

use super::Fleet;
use crate::agent::Agent;
use crate::event::TimerId;
use crate::ids::AgentId;
use crate::run::{Freeze, Phase, Run, Stage};
use crate::start_order::Waiting;
use crate::timers::Flow;
use crate::view::{AgentView, Config, Pause, State};
use crate::violation::Violation;

impl Fleet {
    /// Checks all invariants, and returns the first violation found.
    pub fn check_invariants(&self) -> Result<(), Violation> {
        self.check_counts()?;
        self.check_locks()?;
        self.check_plans()?;
        self.check_tasks().map_err(Violation::Task)?;
        self.check_sync().map_err(|scope| Violation::SyncOutOfOrder(scope.into()))?;
        for (id, agent) in &self.agents {
            let view = self.view.agents.get(id).ok_or(Violation::ViewDiffers(*id))?;
            self.check_agent(*id, agent, view)?;
            match &agent.run {
                Some(run) => self.check_run(*id, agent, run, view)?,
                None => ensure(!view.state.is_live() && view.pause == Pause::Running, Violation::ViewDiffers(*id))?,
            }
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), Violation> {
        let live = self.agents.values().filter(|agent| agent.run.is_some()).count();
        ensure(live == self.live.len(), Violation::LiveRunsDiffer)?;
        let places = self.places_taken();
        ensure(places <= self.live_max, Violation::TooManyLive)?;
        ensure(self.view.agents.len() == self.agents.len(), Violation::LiveRunsDiffer)?;
        let may_start = places < self.policy.max_concurrent as usize && self.view.shutdown.is_none();
        ensure(!may_start || self.order.first_for_slot().is_none(), Violation::PlaceLeftFree)?;
        ensure(!self.is_shut_down() || live == 0, Violation::LiveAfterShutdown)
    }

    fn check_agent(&self, id: AgentId, agent: &Agent, view: &AgentView) -> Result<(), Violation> {
        let why = match &view.state {
            State::Queued { why } => Some(why),
            _ => None,
        };
        ensure(self.order.agrees(id, why), Violation::QueueDiffers(id))?;
        if let Some(Waiting::After { agent: other }) = why {
            let there = self.view.agents.get(other).is_none_or(AgentView::satisfies_after);
            ensure(!there, Violation::QueueDiffers(id))?;
        }
        let planned = why.is_some() || matches!(view.state, State::Backoff { .. });
        ensure(!planned || self.view.shutdown.is_none(), Violation::PlannedInShutdown(id))?;
        let budget = agent.policy.restart.budget as usize;
        ensure(agent.restarts.remembered() <= budget, Violation::BudgetExceeded(id))?;
        ensure(agent.restarts.failures() == view.failures, Violation::ViewDiffers(id))?;
        ensure(agent.pending.is_some() == (view.config == Config::Changed), Violation::ViewDiffers(id))
    }

    fn check_run(&self, id: AgentId, agent: &Agent, run: &Run, view: &AgentView) -> Result<(), Violation> {
        ensure(self.live.get(&run.id()) == Some(&id) && view.run == Some(run.id()), Violation::LiveRunsDiffer)?;
        let ended = view.last.as_ref().is_some_and(|last| last.run == run.id());
        ensure(!ended, Violation::EndedTwice(run.id()))?;
        let pausable = matches!(run.phase(), Phase::Starting | Phase::Ready);
        ensure(pausable || run.freeze() == Freeze::Running, Violation::FrozenInPhase(run.id()))?;
        ensure(shown(run, view), Violation::ViewDiffers(id))?;
        let still = run.timers().flow() == Flow::Still;
        ensure(still == (run.freeze() != Freeze::Running), Violation::TimersDisagree(run.id()))?;
        let wanted = run.timers().ids().all(|timer| wants(agent, run, timer));
        ensure(wanted && moves_on(run), Violation::TimersDisagree(run.id()))
    }
}

fn ensure(holds: bool, violation: Violation) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(violation) }
}

/// Whether the view shows the run as it is.
fn shown(run: &Run, view: &AgentView) -> bool {
    let state = match run.phase() {
        Phase::Preparing => view.state == State::Preparing,
        Phase::Launching | Phase::Starting => view.state == State::Starting,
        Phase::Ready => view.state == State::Ready,
        Phase::Stopping(_) => run.asked().is_some_and(|why| view.state == State::Stopping { why }),
        Phase::Lost => view.state == State::Lost,
    };
    let pause = match run.freeze() {
        Freeze::Running => view.pause == Pause::Running,
        Freeze::Freezing => view.pause == Pause::Pausing,
        Freeze::Frozen => view.pause == Pause::Paused,
        Freeze::Thawing => view.pause != Pause::Running,
    };
    state && pause
}

/// Whether the state of the run requires this timer.
fn wants(agent: &Agent, run: &Run, timer: TimerId) -> bool {
    timer.run() == Some(run.id())
        && match (timer, run.phase()) {
            (TimerId::Readiness(_), Phase::Starting) => run.exit().is_none(),
            (TimerId::Readiness(_), Phase::Ready) => run.exit().is_none() && run.barred().is_some(),
            (TimerId::Settled(_), Phase::Ready) => run.exit().is_none() && agent.restarts.failures() > 0,
            (TimerId::StopKeys(_), Phase::Stopping(Stage::Keys)) => true,
            (TimerId::StopGrace(_), Phase::Stopping(Stage::Grace)) => true,
            _ => false,
        }
}

/// Whether a stage that only a timer can end has its timer.
fn moves_on(run: &Run) -> bool {
    match run.phase() {
        Phase::Stopping(Stage::Keys) => run.timers().has(TimerId::StopKeys(run.id())),
        Phase::Stopping(Stage::Grace) => run.timers().has(TimerId::StopGrace(run.id())),
        _ => true,
    }
}
