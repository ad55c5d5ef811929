//! The rules of the arbiter, and how the effects of a step look when one of them is broken.

use quarterdeck_core::command::{Answer, Denied, Settled, WaitId};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::TimerId;
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::ids::{LeaseId, RequestId, Token};
use quarterdeck_core::lock::{
    Blocker, Deadline, Grant, Holding, Lease, LeaseEnd, LockAnswer, LockDenied, LockFact, LockSettled, LockTable,
    LockTimer, Request, WaitEnd,
};
use quarterdeck_core::scope::{Held, Scope, Want};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::View;

/// A rule that the arbiter keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A lease that conflicts with a wanted scope blocks the request.
    HoldersAreInTheWay,
    /// An earlier request that wants a conflicting scope blocks the request.
    NobodyIsOvertaken,
    /// The units of a resource that are taken are counted.
    UnitsAreCounted,
    /// Everything that a request wants is granted at once, or nothing is.
    AllOrNothing,
    /// Each lease has its own token, larger than every earlier one.
    TokensGrow,
    /// A scope that becomes free is granted to the requests that wait for it.
    ReleaseWakes,
    /// The leases of a run end with the run.
    TheDeadHoldNothing,
    /// The waiting requests of a run end with the run.
    TheDeadWaitForNothing,
    /// A request that waited as long as it may leaves the line.
    TimeoutLeavesTheLine,
    /// A lease that was not renewed in time ends.
    LeasesExpire,
    /// The deadlines of a paused holder are suspended.
    PauseStandsStill,
    /// No requests wait for each other in a cycle.
    NoCycles,
    /// A request whose client is gone leaves the line.
    NobodyWaitsForTheGone,
}

impl Rule {
    /// Returns what a fleet without this rule would have done in place of these effects. `before` is the view before
    /// the step.
    pub(crate) fn break_it(self, effects: Vec<Effect>, before: &View, now: Time) -> Vec<Effect> {
        let locks = &before.locks;
        match self {
            Rule::HoldersAreInTheWay | Rule::NobodyIsOvertaken | Rule::UnitsAreCounted => {
                self.grant_in_place_of_waiting(effects, locks, now)
            }
            Rule::AllOrNothing => each_grant(effects, |scopes, _| scopes.truncate(1)),
            Rule::TokensGrow => each_grant(effects, |_, token| *token = locks.newest_token()),
            Rule::NoCycles => wait_in_place_of_refusal(effects, locks, now),
            Rule::ReleaseWakes
            | Rule::TheDeadHoldNothing
            | Rule::TheDeadWaitForNothing
            | Rule::TimeoutLeavesTheLine
            | Rule::LeasesExpire
            | Rule::PauseStandsStill
            | Rule::NobodyWaitsForTheGone => self.forget(effects),
        }
    }

    /// Leaves out the facts that the rule demands, with the timers and the news that go with them.
    fn forget(self, effects: Vec<Effect>) -> Vec<Effect> {
        let (mut timers, mut requests) = (Vec::new(), Vec::new());
        for fact in effects.iter().filter_map(lock_fact).filter(|fact| self.demands(fact)) {
            match fact {
                LockFact::Granted { lease, .. } => {
                    timers.push(LockTimer::Expiry(lease.id));
                    requests.extend(lease.request.map(|(request, _)| request));
                }
                LockFact::Ended { lease, .. } => timers.push(LockTimer::Expiry(*lease)),
                LockFact::GivenUp { request, .. } => requests.push(*request),
                LockFact::StoodStill { .. } => timers.extend(effects.iter().filter_map(disarmed)),
                _ => {}
            }
        }
        timers.extend(requests.iter().map(|request| LockTimer::Limit(*request)));
        let is_left = |effect: &Effect| match effect {
            Effect::Arm { timer: TimerId::Lock(timer), .. } | Effect::Disarm { timer: TimerId::Lock(timer) } => {
                !timers.contains(timer)
            }
            // Who waited as long as it may is told so, although its request stays.
            Effect::Settle { wait: WaitId::Lock(request), .. } => {
                self == Rule::TimeoutLeavesTheLine || !requests.contains(request)
            }
            other => !lock_fact(other).is_some_and(|fact| self.demands(fact)),
        };
        effects.into_iter().filter(is_left).collect()
    }

    /// Whether this rule is the reason why the fact was recorded.
    fn demands(self, fact: &LockFact) -> bool {
        match (self, fact) {
            (Rule::ReleaseWakes, LockFact::Granted { lease, .. }) => lease.request.is_some(),
            (Rule::TheDeadHoldNothing, LockFact::Ended { why, .. }) => *why == LeaseEnd::HolderEnded,
            (Rule::LeasesExpire, LockFact::Ended { why, .. }) => *why == LeaseEnd::Expired,
            (Rule::TheDeadWaitForNothing, LockFact::GivenUp { why, .. }) => *why == WaitEnd::HolderEnded,
            (Rule::TimeoutLeavesTheLine, LockFact::GivenUp { why, .. }) => matches!(why, WaitEnd::TimedOut { .. }),
            (Rule::NobodyWaitsForTheGone, LockFact::GivenUp { why, .. }) => *why == WaitEnd::Withdrawn,
            (Rule::PauseStandsStill, LockFact::StoodStill { .. }) => true,
            _ => false,
        }
    }

    /// Grants a request that must wait, if only this rule makes it wait.
    fn grant_in_place_of_waiting(self, effects: Vec<Effect>, locks: &LockTable, now: Time) -> Vec<Effect> {
        let waits = effects.iter().filter_map(lock_fact).find_map(|fact| match fact {
            LockFact::Waiting { request, behind } if self.is_why(request, behind) => Some(request.clone()),
            _ => None,
        });
        let Some(request) = waits else { return effects };
        let lease = granted(*request, locks, now);
        let grant = lease.grant(Span(0));
        effects
            .into_iter()
            .map(|effect| match effect {
                Effect::Record(mut fact) if matches!(fact.kind, FactKind::Lock(LockFact::Waiting { .. })) => {
                    let lease = Box::new(lease.clone());
                    fact.kind = FactKind::Lock(LockFact::Granted { lease, waited: Span(0) });
                    Effect::Record(fact)
                }
                Effect::Reply { reply, .. } => {
                    Effect::Reply { reply, answer: Answer::Lock(LockAnswer::Granted(grant.clone())) }
                }
                other => other,
            })
            .filter(|effect| !matches!(effect, Effect::Arm { timer: TimerId::Lock(LockTimer::Limit(_)), .. }))
            .chain(arm(LockTimer::Expiry(lease.id), lease.expires, now))
            .collect()
    }

    /// Whether a request waits for no other reason than this rule.
    fn is_why(self, request: &Request, behind: &[Blocker]) -> bool {
        let all = |holding: Holding| behind.iter().all(|blocker| blocker.holding == holding);
        let paths = request.wants.iter().all(|want| matches!(want.scope, Scope::Path(_)));
        let resources = request.wants.iter().all(|want| matches!(want.scope, Scope::Resource(_)));
        match self {
            Rule::HoldersAreInTheWay => paths && all(Holding::Holds),
            Rule::NobodyIsOvertaken => paths && all(Holding::WaitsBefore),
            Rule::UnitsAreCounted => resources,
            _ => false,
        }
    }
}

/// Returns the lease that a request becomes. Its units are counted from 0, whoever holds them.
fn granted(request: Request, locks: &LockTable, now: Time) -> Lease {
    let still = matches!(request.until, Some(Deadline::Left(_)));
    let Request { holder, wants, ttl, key, purpose, process, .. } = request;
    let held = |(number, want): (u32, Want)| match want.scope {
        Scope::Path(_) => Held { want, unit: None },
        Scope::Resource(_) => Held { want, unit: Some(number) },
    };
    Lease {
        id: LeaseId(locks.leases_granted() + 1),
        token: Token(locks.newest_token().0 + 1),
        holder,
        scopes: (0..).zip(wants).map(held).collect(),
        since: now,
        expires: ttl.map(|ttl| if still { Deadline::Left(ttl) } else { Deadline::At(now + ttl) }),
        ttl,
        request: None,
        key,
        purpose,
        process,
        writers: Vec::new(),
    }
}

/// Changes the scopes and the token of every grant, wherever it is told.
fn each_grant(mut effects: Vec<Effect>, change: impl Fn(&mut Vec<Held>, &mut Token)) -> Vec<Effect> {
    let told = |grant: &mut Grant| change(&mut grant.scopes, &mut grant.token);
    for effect in &mut effects {
        match effect {
            Effect::Record(fact) => {
                if let FactKind::Lock(LockFact::Granted { lease, .. }) = &mut fact.kind {
                    change(&mut lease.scopes, &mut lease.token);
                }
            }
            Effect::Reply { answer: Answer::Lock(LockAnswer::Granted(grant)), .. } => told(grant),
            Effect::Settle { settled: Settled::Lock(LockSettled::Granted(grant)), .. } => told(grant),
            _ => {}
        }
    }
    effects
}

/// Lets a request wait, without a limit, that was refused because it would close a cycle.
fn wait_in_place_of_refusal(effects: Vec<Effect>, locks: &LockTable, now: Time) -> Vec<Effect> {
    let id = RequestId(locks.requests_asked() + 1);
    let waits = LockAnswer::Waits { request: id, asking: 1, behind: Vec::new(), ahead: 0, until: None };
    let changed = effects.into_iter().map(|effect| match effect {
        Effect::Record(mut fact) => {
            if let FactKind::Lock(LockFact::RefusedCycle { request: None, holder, wants, .. }) = fact.kind {
                let (holder, wants, ttl) = (holder.clone(), wants.clone(), Some(Span(60_000)));
                let (key, purpose, process) = (None, None, None);
                let request =
                    Request { id, holder, wants, since: now, until: None, ttl, asking: 1, key, purpose, process };
                let (request, behind) = (Box::new(request), Vec::new());
                fact.kind = FactKind::Lock(LockFact::Waiting { request, behind });
            }
            Effect::Record(fact)
        }
        Effect::Reply { reply, answer: Answer::Denied(Denied::Lock(LockDenied::Cycle { .. })) } => {
            Effect::Reply { reply, answer: Answer::Lock(waits.clone()) }
        }
        other => other,
    });
    changed.collect()
}

fn lock_fact(effect: &Effect) -> Option<&LockFact> {
    match effect {
        Effect::Record(fact) => match &fact.kind {
            FactKind::Lock(fact) => Some(fact),
            _ => None,
        },
        _ => None,
    }
}

fn disarmed(effect: &Effect) -> Option<LockTimer> {
    match effect {
        Effect::Disarm { timer: TimerId::Lock(timer) } => Some(*timer),
        _ => None,
    }
}

fn arm(timer: LockTimer, deadline: Option<Deadline>, now: Time) -> Option<Effect> {
    let due = deadline.and_then(Deadline::due)?;
    Some(Effect::Arm { timer: TimerId::Lock(timer), span: due - now })
}
