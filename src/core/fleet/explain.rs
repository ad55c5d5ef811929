//! Explains why an agent is not running, is not ready, is blocked on a lock, or waits: the chain of causes.

use super::Fleet;
use crate::barred::Barred;
use crate::ending::{GiveUp, Outcome, StopCause};
use crate::ids::{AgentId, RequestId};
use crate::lock::{Blocker, Request};
use crate::party::Party;
use crate::policy::Readiness;
use crate::scope::Want;
use crate::start_order::Waiting;
use crate::status::Activity;
use crate::time::{Span, Time};
use crate::view::{AgentView, Pause, State};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Why an agent is in its current state. The first link is the agent that was asked about; each further link is what
/// the link before waits for. The chain is empty for an agent that the fleet does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The links from the agent to the root cause.
    pub chain: Vec<Link>,
}

/// One agent in the chain of causes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The agent that this link is about.
    pub agent: AgentId,
    /// How long the agent has been in this state.
    pub age: Span,
    /// Why the agent is in this state.
    pub reason: Reason,
}

/// The reason why an agent is in its current state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The agent is ready; nothing blocks it.
    Ready,
    /// The agent's program asks a person or has met an error.
    Standing(Activity),
    /// The agent waits for a lock.
    Blocked {
        /// The request that waits for the lock.
        request: RequestId,
        /// The scopes that the request wants.
        wants: Vec<Want>,
        /// The parties that block the request, holders first.
        behind: Vec<Blocker>,
        /// The time until the request is given up; none if it has no limit.
        given_up_in: Option<Span>,
    },
    /// The agent's process tree is frozen, or is about to be.
    Paused,
    /// The fleet is shutting down, and the agent has no live run.
    ShuttingDown,
    /// The agent was not asked to start, or was taken out of the queue.
    NotAsked,
    /// All places for live runs are taken.
    NoPlace {
        /// The number of places for live runs.
        max_concurrent: u32,
        /// The number of agents that wait in the queue before this one.
        ahead: u32,
    },
    /// The agent waits for the next link to become ready or to complete.
    Behind,
    /// The agent waits for the next link, which will not become ready or complete unless a person acts.
    BehindSettled,
    /// The agent's workspace is being prepared.
    Preparing,
    /// The agent's process does not exist yet.
    Launching,
    /// The agent's process runs; the value is the condition that makes it ready.
    NotReady(Readiness),
    /// The agent's run is being stopped.
    Stopping {
        /// The reason for the stop.
        why: StopCause,
        /// The time until SIGKILL; none if it was already sent, or if another stage must end first.
        kill_in: Option<Span>,
    },
    /// The agent's keeper is gone, and the remaining processes are being ended.
    Lost,
    /// The agent's newest run ended, and its restart policy does not start another.
    Ended(Outcome),
    /// The agent will start again after a wait.
    BackingOff {
        /// The time until the agent starts again.
        left: Span,
        /// The number of failures in a row.
        failures: u32,
        /// The reason that bars the agent's program, if that caused the wait.
        barred: Option<Barred>,
    },
    /// The agent is not started again unless a person asks for it.
    GaveUp(GiveUp),
}

impl Fleet {
    /// Explains why `agent` is in its state at `now`, and what it waits for, down to the root cause.
    pub fn explain(&self, agent: AgentId, now: Time) -> Explanation {
        let mut chain: Vec<Link> = Vec::new();
        let mut next = Some(agent);
        while let Some(agent) = next.filter(|agent| chain.iter().all(|link| link.agent != *agent)) {
            let Some(view) = self.view.agents.get(&agent) else { break };
            let blocked = self.blocked_on(view);
            let stands =
                view.standing.as_ref().filter(|_| concern(view).is_some()).map(|standing| standing.verdict.since);
            let since = stands.or(blocked.map(|request| request.since)).unwrap_or(view.since);
            chain.push(Link { agent, age: now - since, reason: self.reason(agent, view, now) });
            next = waits_for(view).or_else(|| self.held_up_by(blocked?, &chain));
        }
        Explanation { chain }
    }

    fn reason(&self, agent: AgentId, view: &AgentView, now: Time) -> Reason {
        match &view.state {
            _ if view.pause != Pause::Running => Reason::Paused,
            State::Starting | State::Ready if let Some(activity) = concern(view) => Reason::Standing(activity.clone()),
            state if self.view.shutdown.is_some() && !state.is_live() => Reason::ShuttingDown,
            State::Off => Reason::NotAsked,
            State::Queued { why: Waiting::Slot { max_concurrent } } => Reason::NoPlace {
                max_concurrent: *max_concurrent,
                ahead: u32::try_from(self.order.ahead_of(agent)).unwrap_or(u32::MAX),
            },
            State::Queued { why: Waiting::After { agent } } if self.is_settled(*agent) => Reason::BehindSettled,
            State::Queued { why: Waiting::After { .. } } => Reason::Behind,
            State::Preparing => Reason::Preparing,
            State::Starting => match self.policy(agent) {
                Some(policy) if view.started.is_some() => Reason::NotReady(policy.readiness),
                _ => Reason::Launching,
            },
            State::Ready => self.blocked_on(view).map_or(Reason::Ready, |request| self.blocked(request, now)),
            State::Stopping { why } => Reason::Stopping { why: *why, kill_in: self.kill_in(agent, now) },
            State::Lost => Reason::Lost,
            State::Ended { outcome } => Reason::Ended(*outcome),
            State::Backoff { until } => {
                Reason::BackingOff { left: *until - now, failures: view.failures, barred: view.barred() }
            }
            State::GaveUp { why } => Reason::GaveUp(*why),
        }
    }

    /// Returns the oldest waiting lock request of a ready run or of the task that it works on.
    fn blocked_on(&self, view: &AgentView) -> Option<&Request> {
        let run = view.run.filter(|_| view.state == State::Ready && view.pause == Pause::Running)?;
        let locks = &self.view.locks;
        locks.waiting().find(|request| locks.principal(&request.holder) == Party::Run(run))
    }

    fn blocked(&self, request: &Request, now: Time) -> Reason {
        Reason::Blocked {
            request: request.id,
            wants: request.wants.clone(),
            behind: self.view.locks.behind(request.id),
            given_up_in: request.until.map(|until| until.left(now)),
        }
    }

    /// Returns the first agent that blocks a request and is not in the chain yet.
    fn held_up_by(&self, request: &Request, chain: &[Link]) -> Option<AgentId> {
        let agents = self.view.locks.behind(request.id).into_iter().filter_map(|blocker| {
            match self.view.locks.principal(&blocker.who) {
                Party::Run(run) => self.agent_of(run),
                Party::Task(_) | Party::Outside(_) => None,
            }
        });
        agents.into_iter().find(|agent| chain.iter().all(|link| link.agent != *agent))
    }

    fn kill_in(&self, agent: AgentId, now: Time) -> Option<Span> {
        let run = self.agents.get(&agent)?.run.as_ref()?;
        let grace = crate::event::TimerId::StopGrace(run.id());
        run.timers().armed().find(|armed| armed.timer == grace).map(|armed| armed.due - now)
    }

    /// Whether `agent` will neither become ready nor complete by itself: it has no live run, none is planned, and
    /// anything that it waits for is in the same situation.
    fn is_settled(&self, agent: AgentId) -> bool {
        let mut seen = Vec::new();
        let mut next = Some(agent);
        while let Some(agent) = next.filter(|agent| !seen.contains(agent)) {
            seen.push(agent);
            let Some(view) = self.view.agents.get(&agent) else { return true };
            next = waits_for(view);
            let planned = matches!(view.state, State::Queued { why: Waiting::Slot { .. } } | State::Backoff { .. });
            if view.state.is_live() || planned {
                return false;
            }
        }
        true
    }
}

/// Returns the activity that a person must handle first: a question, an error, or a program that does not respond.
fn concern(view: &AgentView) -> Option<&Activity> {
    let running = matches!(view.state, State::Starting | State::Ready) && view.pause == Pause::Running;
    let activity = &view.standing.as_ref().filter(|_| running)?.verdict.activity;
    let concerns = !activity.is_at_rest() || matches!(activity, Activity::Failed(_));
    (concerns && activity.is_notable()).then_some(activity)
}

fn waits_for(view: &AgentView) -> Option<AgentId> {
    match view.state {
        State::Queued { why: Waiting::After { agent } } => Some(agent),
        _ => None,
    }
}
