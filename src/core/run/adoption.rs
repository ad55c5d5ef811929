//! The acts of a run when a new supervisor takes over.
//!
//! | phase of the run     | its keeper lives                      | it never had one    | it is gone |
//! |----------------------|---------------------------------------|---------------------|------------|
//! | preparing            | launching: the journal was behind     | is prepared again   | lost       |
//! | preparing, to be ended | is ended                            | has ended           | lost       |
//! | launching            | continues                             | is launched now     | lost       |
//! | launching, to be ended | continues                           | has ended           | lost       |
//! | any later phase      | the effects it waits for are repeated | lost                | lost       |
//!
//! **Invariant:** no run whose keeper lives is prepared or launched again, however old the journal is
//! (`whatever_the_journal_knows_a_keeper_that_lives_is_taken_in_once` in `src/core/tests/brain/lost.rs`;
//! `agents_go_on_once_whatever_moment_the_journal_is_of` in `tests/e2e/journal_lost.rs`).

use super::{Act, Freeze, Haste, Moment, Phase, Run, Stage};
use crate::effect::Effect;
use crate::event::TimerId;
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::policy::Readiness;
use alloc::vec::Vec;

impl Run {
    /// Makes a run that the journal does not know, whose keeper was found alive: the keeper tells which phase it is in.
    pub fn found(id: RunId, agent: AgentId, revision: u64, acts: &mut Vec<Act>) -> Run {
        let mut run = Run::begin(id, agent, &mut Vec::new());
        run.phase = Phase::Launching;
        acts.push(Act::Record(FactKind::RunBegun));
        acts.push(Act::Record(FactKind::Starting { revision }));
        run
    }

    /// Makes a run whose processes were started outside the fleet: it has no keeper, and is ready.
    pub fn joined(id: RunId, agent: AgentId) -> Run {
        let mut run = Run::begin(id, agent, &mut Vec::new());
        run.phase = Phase::Ready;
        run
    }

    /// Continues a run whose keeper was found alive, and asks again for the effects that it waits for. A tree that is
    /// being ended is thawed too, because the earlier supervisor may have gone before it did so.
    pub(super) fn adopted(&mut self, moment: &mut Moment<'_>) {
        let run = self.id;
        match self.phase {
            Phase::Preparing => {
                self.phase = Phase::Launching;
                moment.record(FactKind::Starting { revision: moment.policy.revision });
            }
            Phase::Stopping(Stage::Preparing) => self.phase = Phase::Stopping(Stage::Launching(Haste::InOrder)),
            _ => {}
        }
        moment.record(FactKind::Adopted);
        match (self.phase, self.freeze) {
            (Phase::Stopping(Stage::Keys), _) => moment.ask([Effect::Thaw { run }]),
            (Phase::Stopping(Stage::Grace), _) => {
                moment.ask([Effect::Thaw { run }, Effect::Signal { run, signal: moment.policy.stop.signal }]);
            }
            (Phase::Stopping(Stage::Killed), _) => moment.ask([Effect::KillTree { run }]),
            (_, Freeze::Freezing) => moment.ask([Effect::Freeze { run }]),
            (_, Freeze::Thawing) => moment.ask([Effect::Thaw { run }]),
            _ => {}
        }
        let probing = matches!(moment.policy.readiness, Readiness::Command { .. });
        if self.phase == Phase::Starting && probing && !self.timers.has(TimerId::Readiness(run)) {
            moment.ask([Effect::Probe { run }]);
        }
    }

    /// Continues a run that has no keeper and never had one: asks again for the effects that it waits for.
    pub(super) fn not_launched(&mut self, moment: &mut Moment<'_>) {
        let (run, agent) = (self.id, self.agent);
        match self.phase {
            Phase::Preparing => moment.ask([Effect::Prepare { run, agent }]),
            Phase::Launching => moment.ask([Effect::Launch { run, agent }]),
            Phase::Stopping(Stage::Preparing | Stage::Launching(_)) => self.end(None, moment),
            Phase::Lost => {}
            _ => self.lost(moment),
        }
    }
}
