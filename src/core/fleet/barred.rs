//! Live agents whose program is barred: the end of the turn has the same consequences as the end of a run
//! ([`crate::barred`]), except that the program continues.
//!
//! ```text
//!            its turn ends, and its last line says why
//!  takes tasks ───────────────────────────────────────► takes none; the task it had goes back, uncounted
//!      ▲                                                      │
//!      └── the quota is renewed · the program does something else · `qd start` ──┘
//! ```

use super::{Fleet, Step};
use crate::barred::Barred;
use crate::ids::AgentId;
use crate::restart::Verdict;

impl Step<'_> {
    /// Checks whether the ended turn bars the agent's program, and if so, takes its task back and assigns no others.
    /// Does nothing if no reason that bars the program was seen.
    pub(super) fn turn_barred(&mut self, agent: AgentId) {
        let Some(known) = self.fleet.agents.get_mut(&agent) else { return };
        let Some(live) = known.run.as_ref().filter(|run| !run.waits_for_quota()) else { return };
        let Some(barred) = live.barred() else { return };
        if let Verdict::Again { span, .. } = known.restarts.bar(barred, self.now) {
            self.with_run(agent, |run, moment| run.wait_for_quota(span, moment));
        }
        self.with_tasks(|tasks| tasks.barred(agent));
    }

    /// Lets the agent take tasks again, because its program is active again or a person started it.
    pub(super) fn bar_no_more(&mut self, agent: AgentId) {
        self.with_run(agent, |run, moment| run.unbar(moment));
    }

    /// Notes that the program of an agent has quota, because the agent is done with a task.
    pub(super) fn has_quota(&mut self, agent: AgentId) {
        if let Some(known) = self.fleet.agents.get_mut(&agent) {
            known.restarts.has_quota();
        }
    }
}

impl Fleet {
    /// Returns the reason that bars the program of a live agent.
    pub(super) fn barred_alive(&self, agent: AgentId) -> Option<Barred> {
        self.agents.get(&agent)?.run.as_ref()?.barred()
    }
}
