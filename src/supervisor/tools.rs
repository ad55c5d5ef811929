//! Records the tool calls of agents with their times: those that agents report, those that their terminals name, and
//! those seen as processes ([`super::execs`]). Kept in memory for each agent's newest run, as long as this supervisor
//! lives.

use crate::api::tools::{TOOL_NAME_BYTES_MAX, ToolCall, ToolCalls, ToolMoment, ToolReport};
use quarterdeck_core::ids::{AgentId, RunId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// The most calls that are kept of one run. Beyond it, the oldest are dropped and counted.
const CALLS_PER_RUN_MAX: usize = 500;
/// The most calls of one run that may begin in one second. Beyond it, further calls are dropped and counted.
const CALLS_PER_SECOND_MAX: u32 = 50;

/// The tool calls of all agents.
#[derive(Debug, Default)]
pub(super) struct ToolLog {
    by_agent: Mutex<BTreeMap<AgentId, Calls>>,
}

/// The tool calls of one run.
#[derive(Debug)]
struct Calls {
    run: RunId,
    calls: VecDeque<ToolCall>,
    dropped: u64,
    /// The second in which the last call began, and how many calls began in it.
    second: (u64, u32),
}

impl ToolLog {
    /// Records a report about a call. Returns none if the call is not known, is of an earlier run, or exceeds the
    /// limit.
    pub(super) fn take(&self, agent: AgentId, run: RunId, report: ToolReport, now_ms: u64) -> Option<ToolCall> {
        let mut all = self.by_agent.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = all.entry(agent).or_insert_with(|| Calls::of(run));
        if calls.run > run {
            return None;
        }
        if calls.run != run {
            *calls = Calls::of(run);
        }
        match report.moment {
            ToolMoment::Began => calls.begin(report, now_ms),
            ToolMoment::Ended | ToolMoment::Failed => calls.end(&report, now_ms),
        }
    }

    /// Records that a call begins or ends at this time, from a source other than the agent itself.
    pub(super) fn note(&self, agent: AgentId, run: RunId, report: ToolReport, at_ms: u64) {
        let name = named(&report.name);
        let _one_too_many_is_counted = self.take(agent, run, ToolReport { name, ..report }, at_ms);
    }

    /// Returns the known calls of an agent's newest run with calls.
    pub(super) fn of(&self, agent: AgentId) -> ToolCalls {
        let all = self.by_agent.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&agent).map_or_else(ToolCalls::default, |calls| ToolCalls {
            run: Some(calls.run.to_string()),
            calls: calls.calls.iter().cloned().collect(),
            dropped: calls.dropped,
        })
    }

    /// Deletes the tool calls of agents that were removed from the fleet.
    pub(super) fn retain(&self, is_known: impl Fn(&AgentId) -> bool) {
        self.by_agent.lock().unwrap_or_else(PoisonError::into_inner).retain(|agent, _| is_known(agent));
    }
}

/// Returns the beginning of a command line, cut to the longest name that a call may have.
fn named(line: &str) -> String {
    let mut name = line.to_owned();
    name.truncate(line.floor_char_boundary(TOOL_NAME_BYTES_MAX));
    name
}

impl Calls {
    fn of(run: RunId) -> Calls {
        Calls { run, calls: VecDeque::new(), dropped: 0, second: (0, 0) }
    }

    fn begin(&mut self, report: ToolReport, now_ms: u64) -> Option<ToolCall> {
        let second = now_ms / 1_000;
        let begun = if self.second.0 == second { self.second.1 } else { 0 };
        if begun >= CALLS_PER_SECOND_MAX {
            self.dropped += 1;
            return None;
        }
        self.second = (second, begun + 1);
        if self.calls.len() == CALLS_PER_RUN_MAX {
            self.calls.pop_front();
            self.dropped += 1;
        }
        let ToolReport { name, call, source, .. } = report;
        let begun = ToolCall { name, call, source, started_ms: now_ms, ended_ms: None, failed: false };
        self.calls.push_back(begun.clone());
        Some(begun)
    }

    fn end(&mut self, report: &ToolReport, now_ms: u64) -> Option<ToolCall> {
        let is_meant = |known: &&mut ToolCall| {
            known.ended_ms.is_none()
                && (&known.name, known.source) == (&report.name, report.source)
                && (report.call.is_none() || known.call == report.call)
        };
        let known = self.calls.iter_mut().rev().find(is_meant)?;
        known.ended_ms = Some(now_ms);
        known.failed = report.moment == ToolMoment::Failed;
        Some(known.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tools::ToolSource;

    const A: AgentId = AgentId(1);

    fn report(name: &str, call: &str, moment: ToolMoment) -> ToolReport {
        let call = (!call.is_empty()).then(|| call.to_owned());
        ToolReport { name: name.into(), moment, call, source: ToolSource::Reported }
    }

    #[test]
    fn a_call_has_its_begin_and_its_end() {
        let log = ToolLog::default();
        let take = |name, call, moment, now_ms| log.take(A, RunId(1), report(name, call, moment), now_ms);
        take("Bash", "1", ToolMoment::Began, 10);
        take("Bash", "2", ToolMoment::Began, 20);
        take("Bash", "1", ToolMoment::Failed, 30);
        take("Bash", "", ToolMoment::Ended, 40);
        assert_eq!(take("Bash", "", ToolMoment::Ended, 50), None, "none is left");
        let told = log.of(A);
        let times: Vec<_> = told.calls.iter().map(|call| (call.started_ms, call.ended_ms, call.failed)).collect();
        assert_eq!((times, told.dropped), (vec![(10, Some(30), true), (20, Some(40), false)], 0));
        log.take(A, RunId(2), report("Read", "", ToolMoment::Began), 60);
        assert_eq!(
            (log.of(A).run, log.of(A).calls.len()),
            (Some("r2".into()), 1),
            "another run begins again from nothing"
        );
        log.retain(|_| false);
        assert_eq!(log.of(A), ToolCalls::default());
    }

    #[test]
    fn what_is_dropped_is_counted() {
        let log = ToolLog::default();
        for call in 0..200 {
            log.take(A, RunId(1), report("Bash", "", ToolMoment::Began), call);
        }
        assert_eq!(log.of(A).dropped, u64::from(200 - CALLS_PER_SECOND_MAX));
        for second in 1..=600 {
            log.take(A, RunId(1), report("Bash", "", ToolMoment::Began), second * 1_000);
        }
        assert_eq!(log.of(A).calls.len(), CALLS_PER_RUN_MAX);
        assert_eq!(log.of(A).dropped, 150 + 150);
    }
}
