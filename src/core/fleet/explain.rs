//! Why an agent is not running, is not ready, is blocked on a lock, or waits: the chain of what is in the way.

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

/// Why an agent stands where it stands. The first link is the agent that was asked about, each further one is what
/// the link before waits for. Empty for an agent that the fleet does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// From the agent to the root of it.
    pub chain: Vec<Link>,
}

/// One agent in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Who.
    pub agent: AgentId,
    /// How long it has been so.
    pub age: Span,
    /// Why.
    pub reason: Reason,
}

/// Why an agent stands where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// It is ready: nothing is in the way.
    Ready,
    /// Its program asks a person, or met an error.
    Standing(Activity),
    /// It waits for a lock.
    Blocked {
        /// Its request.
        request: RequestId,
        /// What it wants.
        wants: Vec<Want>,
        /// Who is in the way, holders first.
        behind: Vec<Blocker>,
        /// When the request is given up, counted from now; none: not by itself.
        given_up_in: Option<Span>,
    },
    /// Its tree is frozen, or about to be.
    Paused,
    /// The fleet is ending, and it has no live run.
    ShuttingDown,
    /// Nobody asked it to start, or it was taken out of the line.
    NotAsked,
    /// All places among the live runs are taken.
    NoPlace {
        /// How many there are.
        max_concurrent: u32,
        /// How many stand in line before it.
        ahead: u32,
    },
    /// It waits for the next link to become ready or to complete.
    Behind,
    /// As `Behind`, and the next link will not do that unless a person acts.
    BehindSettled,
    /// Its workspace is being made.
    Preparing,
    /// Its process is not there yet.
    Launching,
    /// Its process runs, and this is what makes it ready.
    NotReady(Readiness),
    /// It is being ended.
    Stopping {
        /// For this reason.
        why: StopCause,
        /// From now until SIGKILL; none where that was sent, or waits for another stage.
        kill_in: Option<Span>,
    },
    /// Its keeper is gone, and what that left is being hunted down.
    Lost,
    /// Its newest run ended, and its restart policy wants no other.
    Ended(Outcome),
    /// It will start again after this span.
    BackingOff {
        /// From now.
        left: Span,
        /// Failures in a row.
        failures: u32,
        /// What bars its program, if that is why.
        barred: Option<Barred>,
    },
    /// It is not started again unless a person says so.
    GaveUp(GiveUp),
}

impl Fleet {
    /// Why `agent` stands where it stands at `now`, and what it waits for, down to the root.
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

    /// The oldest request for a lock that a ready run, or the task that it works on, waits with.
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

    /// The agent that holds up a request, nearest first and not in the chain yet.
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

    /// Whether `agent` will not become ready by itself, nor complete: it has no live run, none is planned, and what
    /// it waits for, if it waits, is settled too.
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

/// What a person must see to before anything else: a question, an error, or that it does not respond.
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
