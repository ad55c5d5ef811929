//! How a run begins: anew, or as one that is found running.

use super::{Act, Freeze, PausedTime, Phase, Run, Seen, Timers};
use crate::effect::Effect;
use crate::fact::FactKind;
use crate::ids::{AgentId, RunId};
use alloc::vec::Vec;

impl Run {
    /// Begins a run: its workspace is to be made.
    pub fn begin(id: RunId, agent: AgentId, acts: &mut Vec<Act>) -> Run {
        acts.push(Act::Record(FactKind::RunBegun));
        acts.push(Act::Ask(Effect::Prepare { run: id, agent }));
        Run {
            id,
            agent,
            phase: Phase::Preparing,
            asked: None,
            readiness: Seen::NotYet,
            freeze: Freeze::Running,
            paused: PausedTime::default(),
            exit: None,
            emptied: None,
            last_line: None,
            timers: Timers::default(),
        }
    }

    /// A run that was begun before anybody who is here can remember: its keeper tells how far it is.
    pub fn found(id: RunId, agent: AgentId, revision: u64, acts: &mut Vec<Act>) -> Run {
        let mut run = Run::begin(id, agent, &mut Vec::new());
        run.phase = Phase::Launching;
        acts.push(Act::Record(FactKind::RunBegun));
        acts.push(Act::Record(FactKind::Starting { revision }));
        run
    }
}
