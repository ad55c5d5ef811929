//! Agents that live and whose program is barred: what ended its turn leads to the same as what ends a run
//! ([`crate::barred`]), but that the program goes on.
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
    /// The turn of its program has ended in a way that may be this. Nothing, if nothing was heard that bars it.
    pub(super) fn turn_barred(&mut self, agent: AgentId) {
        let Some(known) = self.fleet.agents.get_mut(&agent) else { return };
        let Some(live) = known.run.as_ref().filter(|run| !run.waits_for_quota()) else { return };
        let Some(barred) = live.barred() else { return };
        if let Verdict::Again { span, .. } = known.restarts.bar(barred, self.now) {
            self.with_run(agent, |run, moment| run.wait_for_quota(span, moment));
        }
        self.task_barred(agent);
    }

    /// Its program does something else, or a person wants it tried.
    pub(super) fn bar_no_more(&mut self, agent: AgentId) {
        self.with_run(agent, |run, moment| run.unbar(moment));
    }
}

impl Fleet {
    /// What bars the program of an agent that lives.
    pub(super) fn barred_alive(&self, agent: AgentId) -> Option<Barred> {
        self.agents.get(&agent)?.run.as_ref()?.barred()
    }
}
