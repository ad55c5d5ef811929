//! What a run does when the next supervisor comes.
//!
//! | where the run stands | its keeper lives                      | it never had one    | it is gone |
//! |----------------------|---------------------------------------|---------------------|------------|
//! | preparing            | launching: the journal was behind     | is prepared again   | lost       |
//! | preparing, to be ended | is ended                            | has ended           | lost       |
//! | launching            | goes on                               | is launched now     | lost       |
//! | launching, to be ended | goes on                             | has ended           | lost       |
//! | any later phase      | is asked again for what is waited for | lost                | lost       |
//!
//! **Invariant:** no run whose keeper lives is prepared or launched again, however old the journal is
//! (`tests/brain/lost.rs`; `tests/e2e`, `agents_go_on_once_whatever_moment_the_journal_is_of`).

use super::{Act, Freeze, Haste, Moment, Phase, Run, Stage};
use crate::effect::Effect;
use crate::event::TimerId;
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use crate::policy::Readiness;
use alloc::vec::Vec;

impl Run {
    /// A run that was begun before anybody who is here can remember: its keeper tells how far it is.
    pub fn found(id: RunId, agent: AgentId, revision: u64, acts: &mut Vec<Act>) -> Run {
        let mut run = Run::begin(id, agent, &mut Vec::new());
        run.phase = Phase::Launching;
        acts.push(Act::Record(FactKind::RunBegun));
        acts.push(Act::Record(FactKind::Starting { revision }));
        run
    }

    /// A run whose processes somebody started elsewhere: it has no keeper, and is ready.
    pub fn joined(id: RunId, agent: AgentId) -> Run {
        let mut run = Run::begin(id, agent, &mut Vec::new());
        run.phase = Phase::Ready;
        run
    }

    /// Its keeper was found alive: what it still waits for is asked again. A tree that is being ended is thawed too: the
    /// supervisor before may have gone between the word and the deed.
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

    /// It has no keeper, and nothing says that it ever had one: what it waits for is asked for again.
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
