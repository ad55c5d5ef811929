//! Explores every reachable state of a small fleet that asks for locks, by driving the real `Fleet::step`. The
//! specification `assets/spec/Locks.tla` must have the same number of states with the same constants.
//!
//! A state is [`Seen`]: the variables of the specification, read from the fleet and from the answers to its clients.
//! One fleet represents all fleets with the same `Seen`; the equal number of states shows that they also continue in
//! the same way. Each action of the specification is one action here, though it may take several steps: a run that
//! crashes exits and its tree is emptied, a restart goes through its workspace, its start and its first output.

use crate::mutations::Subject;
use crate::traffic::policy;
use quarterdeck_core::command::{Answer, Command, Denied, Settled};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::ending::{Exit, TreeReport};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::{AgentId, LeaseId, ReplyId, RequestId, RunId, Token};
use quarterdeck_core::lock::{Acquire, Checked, LockAnswer, LockCommand, LockDenied, LockSettled, LockTimer, Which};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::scope::{Mode, WrittenWant};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::Pause;
use std::collections::{BTreeSet, HashSet, VecDeque};

/// The scopes that agents ask for: `MCMenu` of the specification.
const MENU: [&[(&str, Mode)]; 4] = [
    &[("src", Mode::Exclusive)],
    &[("src/a", Mode::Shared)],
    &[("src/a", Mode::Exclusive), ("docs", Mode::Exclusive)],
    &[("docs", Mode::Exclusive)],
];

const SCOPES: [&str; 3] = ["src", "src/a", "docs"];

/// The constants of the specification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Constants {
    pub(crate) agents: usize,
    pub(crate) asks_max: u8,
    pub(crate) crashes_max: u8,
}

/// A state: the variables of the specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Seen {
    life: Vec<Life>,
    leases: BTreeSet<(usize, usize, u64)>,
    line: Vec<(usize, usize)>,
    fence: u64,
    believes: Vec<BTreeSet<u64>>,
    asks: u8,
    crashes: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Life {
    Live,
    Paused,
    Dead,
}

/// An action of the specification.
#[derive(Clone, Copy, Debug)]
enum Action {
    Acquire(usize, usize),
    Release(usize, LeaseId),
    Expire(LeaseId),
    Force(LeaseId),
    Told(usize),
    TimeOut(RequestId),
    Withdraw(RequestId),
    Pause(usize),
    Resume(usize),
    Crash(usize),
    Restart(usize),
    TakeOver,
}

/// A fleet, its clock, and the answers that its clients got.
#[derive(Clone)]
struct World {
    constants: Constants,
    fleet: Subject,
    now: Time,
    believes: Vec<BTreeSet<u64>>,
    asks: u8,
    crashes: u8,
}

type Found<T = ()> = Result<T, String>;

/// Explores all states that are reachable from the new `fleet`. Returns their number, or the first error found in one.
pub(crate) fn search(fleet: Subject, constants: Constants) -> Found<usize> {
    let first = World::new(fleet, constants)?;
    let mut known = HashSet::from([first.seen()?]);
    let mut next = VecDeque::from([first]);
    while let Some(world) = next.pop_front() {
        for action in world.actions() {
            let mut after = world.clone();
            after
                .take(action)
                .and_then(|()| after.did(action))
                .and_then(|()| after.check())
                .map_err(|wrong| format!("{action:?}: {wrong}"))?;
            if known.insert(after.seen()?) {
                next.push_back(after);
            }
        }
    }
    Ok(known.len())
}

impl World {
    fn new(fleet: Subject, constants: Constants) -> Found<World> {
        let believes = vec![BTreeSet::new(); constants.agents];
        let mut world = World { constants, fleet, now: Time(1), believes, asks: 0, crashes: 0 };
        let agents = ["a", "b", "c"][..constants.agents].iter().map(|name| policy(name)).collect();
        world.step(Event::Configured { fleet: FleetPolicy::default(), agents })?;
        (0..constants.agents).try_for_each(|who| world.becomes_ready(who))?;
        Ok(world)
    }

    fn agent(who: usize) -> AgentId {
        AgentId(who as u32 + 1)
    }

    fn run(&self, who: usize) -> RunId {
        self.fleet.view().agents[&World::agent(who)].run.unwrap_or(RunId(0))
    }

    fn who(&self, party: &Party) -> Found<usize> {
        let is_it = |who: &usize| *party == Party::Run(self.run(*who));
        (0..self.constants.agents).find(is_it).ok_or_else(|| format!("{party} takes part and is no live run"))
    }

    fn life(&self, who: usize) -> Life {
        let view = &self.fleet.view().agents[&World::agent(who)];
        match (view.state.is_live(), view.pause) {
            (false, _) => Life::Dead,
            (true, Pause::Running) => Life::Live,
            (true, _) => Life::Paused,
        }
    }

    /// Returns the state of the fleet in the specification's variables.
    fn seen(&self) -> Found<Seen> {
        let locks = &self.fleet.view().locks;
        let leases = locks.leases().map(|lease| {
            let held = lease.scopes.iter().map(|held| (held.want.scope.to_string(), held.want.mode));
            Ok((self.who(&lease.holder)?, item(held)?, lease.token.0))
        });
        let line = locks.waiting().map(|request| {
            let wanted = request.wants.iter().map(|want| (want.scope.to_string(), want.mode));
            Ok((self.who(&request.holder)?, item(wanted)?))
        });
        Ok(Seen {
            life: (0..self.constants.agents).map(|who| self.life(who)).collect(),
            leases: leases.collect::<Found<_>>()?,
            line: line.collect::<Found<_>>()?,
            fence: locks.newest_token().0,
            believes: self.believes.clone(),
            asks: self.asks,
            crashes: self.crashes,
        })
    }

    /// Returns the actions that the specification allows in this state.
    fn actions(&self) -> Vec<Action> {
        let mut actions = vec![Action::TakeOver];
        for who in 0..self.constants.agents {
            match self.life(who) {
                Life::Live => {
                    actions.extend([Action::Told(who), Action::Pause(who)]);
                    let asks = (0..MENU.len()).filter(|what| self.may_ask(who, *what));
                    actions.extend(asks.map(|what| Action::Acquire(who, what)));
                }
                Life::Paused => actions.push(Action::Resume(who)),
                Life::Dead => actions.push(Action::Restart(who)),
            }
            if self.life(who) != Life::Dead && self.crashes < self.constants.crashes_max {
                actions.push(Action::Crash(who));
            }
        }
        let locks = &self.fleet.view().locks;
        for lease in locks.leases() {
            let Ok(who) = self.who(&lease.holder) else { continue };
            actions.push(Action::Force(lease.id));
            if self.life(who) == Life::Live {
                actions.extend([Action::Release(who, lease.id), Action::Expire(lease.id)]);
            }
        }
        for request in locks.waiting() {
            let Ok(who) = self.who(&request.holder) else { continue };
            actions.push(Action::Withdraw(request.id));
            if self.life(who) == Life::Live {
                actions.push(Action::TimeOut(request.id));
            }
        }
        actions
    }

    /// Whether the agent may ask for this item: it neither holds nor waits for any part of it.
    fn may_ask(&self, who: usize, what: usize) -> bool {
        let party = Party::Run(self.run(who));
        let locks = &self.fleet.view().locks;
        let held = locks.leases().filter(|lease| lease.holder == party).flat_map(|lease| &lease.scopes);
        let held = held.map(|held| held.want.scope.to_string());
        let wanted = locks.waiting().filter(|request| request.holder == party).flat_map(|request| &request.wants);
        let wanted = wanted.map(|want| want.scope.to_string());
        let mut its = held.chain(wanted);
        let apart = !its.any(|scope| MENU[what].iter().any(|(other, _)| overlap(&scope, other)));
        apart && self.asks < self.constants.asks_max
    }

    fn take(&mut self, action: Action) -> Found {
        match action {
            Action::Acquire(who, what) => self.acquires(who, what),
            Action::Release(who, lease) => {
                let token = self.fleet.view().locks.lease(lease).map_or(0, |lease| lease.token.0);
                self.believes[who].remove(&token);
                let party = Party::Run(self.run(who));
                self.lock(LockCommand::Release { party, which: Which::Lease(lease) }).map(|_| ())
            }
            Action::Force(lease) => {
                let force = LockCommand::Force { which: Which::Lease(lease), reason: "a model".to_string(), by: None };
                self.lock(force).map(|_| ())
            }
            Action::Withdraw(request) => self.lock(LockCommand::Withdraw { request, asking: 1 }).map(|_| ()),
            Action::Expire(lease) => self.fires(LockTimer::Expiry(lease)),
            Action::TimeOut(request) => self.fires(LockTimer::Limit(request)),
            Action::Told(who) => {
                let party = Party::Run(self.run(who));
                let leases = self.fleet.view().locks.leases().filter(|lease| lease.holder == party);
                self.believes[who] = leases.map(|lease| lease.token.0).collect();
                Ok(())
            }
            Action::Pause(who) => {
                self.command(Command::Pause { agent: World::agent(who) })?;
                let run = self.run(who);
                self.step(Event::Frozen { run, processes: 1 })
            }
            Action::Resume(who) => {
                self.command(Command::Resume { agent: World::agent(who) })?;
                let run = self.run(who);
                self.step(Event::Thawed { run })
            }
            Action::Crash(who) => self.crashes(who),
            Action::Restart(who) => {
                self.command(Command::Start { agent: World::agent(who) })?;
                self.becomes_ready(who)
            }
            Action::TakeOver => {
                self.step(Event::TookOver)?;
                let runs: Vec<RunId> = self.fleet.live_runs().map(|(run, _)| run).collect();
                runs.into_iter().try_for_each(|run| self.step(Event::Adopted { run }))
            }
        }
    }

    fn acquires(&mut self, who: usize, what: usize) -> Found {
        let scopes = MENU[what].iter().map(|(scope, mode)| WrittenWant { scope: scope.to_string(), mode: *mode });
        let acquire = Acquire {
            party: Party::Run(self.run(who)),
            scopes: scopes.collect(),
            wait: None,
            ttl: Some(Span(60_000)),
            key: None,
            purpose: None,
            process: None,
        };
        match self.lock(LockCommand::Acquire(acquire))? {
            Answer::Lock(LockAnswer::Granted(grant)) => {
                self.asks += 1;
                self.believes[who].insert(grant.token.0);
                Ok(())
            }
            Answer::Lock(LockAnswer::Waits { .. }) => {
                self.asks += 1;
                Ok(())
            }
            Answer::Denied(Denied::Lock(LockDenied::Cycle { .. })) => Ok(()),
            other => Err(format!("another answer: {other:?}")),
        }
    }

    fn crashes(&mut self, who: usize) -> Found {
        let run = self.run(who);
        self.crashes += 1;
        self.step(Event::Exited { run, exit: Exit::Code(1), left: 0 })?;
        self.step(Event::Emptied { run, report: TreeReport::default() })?;
        self.believes[who].clear();
        Ok(())
    }

    fn becomes_ready(&mut self, who: usize) -> Found {
        let run = self.run(who);
        self.step(Event::Prepared { run })?;
        self.step(Event::Started { run, pid: 1 })?;
        self.step(Event::FirstOutput { run })
    }

    fn fires(&mut self, timer: LockTimer) -> Found {
        let timer = TimerId::Lock(timer);
        let armed = self.fleet.armed().find(|armed| armed.timer == timer).ok_or("a deadline without a timer")?;
        self.now = self.now.max(armed.due);
        self.step(Event::TimerFired { timer })
    }

    fn lock(&mut self, command: LockCommand) -> Found<Answer> {
        self.command(Command::Lock(command))
    }

    fn command(&mut self, command: Command) -> Found<Answer> {
        let effects = self.hear(Event::Command { reply: ReplyId(1), command })?;
        let answer = effects.into_iter().find_map(|effect| match effect {
            Effect::Reply { answer, .. } => Some(answer),
            _ => None,
        });
        answer.ok_or_else(|| "a command without an answer".to_string())
    }

    fn step(&mut self, event: Event) -> Found {
        self.hear(event).map(|_| ())
    }

    /// Steps the fleet, and notes the results for the clients that waited.
    fn hear(&mut self, event: Event) -> Found<Vec<Effect>> {
        let effects = self.fleet.step(event, self.now);
        for effect in &effects {
            if let Effect::Settle { settled: Settled::Lock(LockSettled::Granted(grant)), .. } = effect {
                let lease = self.fleet.view().locks.lease(grant.lease).ok_or("granted, and not held")?;
                let who = self.who(&lease.holder)?;
                self.believes[who].insert(grant.token.0);
            }
        }
        Ok(effects)
    }

    /// Checks that an action that ends a lease or a request has ended it.
    fn did(&self, action: Action) -> Found {
        let locks = &self.fleet.view().locks;
        let done = match action {
            Action::Release(_, lease) | Action::Expire(lease) | Action::Force(lease) => locks.lease(lease).is_none(),
            Action::TimeOut(request) | Action::Withdraw(request) => locks.request(request).is_none(),
            Action::TakeOver => locks.waiting().next().is_none(),
            Action::Crash(who) => self.life(who) == Life::Dead,
            Action::Pause(who) => self.life(who) == Life::Paused,
            Action::Resume(who) | Action::Restart(who) => self.life(who) == Life::Live,
            Action::Acquire(..) | Action::Told(_) => true,
        };
        if done { Ok(()) } else { Err("it did not happen".to_string()) }
    }

    /// Checks that the invariants hold, and that only tokens of current leases are accepted among all tokens that
    /// clients hold.
    fn check(&self) -> Found {
        self.fleet.check_invariants().map_err(|violation| violation.to_string())?;
        let locks = &self.fleet.view().locks;
        for (who, token) in
            (0..).zip(&self.believes).flat_map(|(who, tokens)| tokens.iter().map(move |token| (who, *token)))
        {
            let current = locks.leases().find(|lease| lease.token.0 == token);
            for scope in SCOPES {
                let covered = current.is_some_and(|lease| {
                    let of_it = lease.holder == Party::Run(self.run(who));
                    of_it && lease.scopes.iter().any(|held| begins(&held.want.scope.to_string(), scope))
                });
                let passes = matches!(locks.check(scope, Token(token), Time(0)), Ok(Checked::Valid { .. }));
                if passes != covered {
                    return Err(format!("token {token} for {scope}: passes {passes}, covered {covered}"));
                }
            }
        }
        Ok(())
    }
}

/// Returns the index in the menu of these scopes.
fn item(scopes: impl Iterator<Item = (String, Mode)>) -> Found<usize> {
    let scopes: Vec<(String, Mode)> = scopes.collect();
    let is_it = |item: &&[(&str, Mode)]| {
        item.len() == scopes.len() && item.iter().zip(&scopes).all(|(one, other)| (one.0, one.1) == (&other.0, other.1))
    };
    MENU.iter().position(is_it).ok_or_else(|| format!("nobody asked for {scopes:?}"))
}

fn overlap(one: &str, other: &str) -> bool {
    begins(one, other) || begins(other, one)
}

fn begins(outer: &str, inner: &str) -> bool {
    inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}
