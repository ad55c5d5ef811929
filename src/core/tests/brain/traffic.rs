//! Random traffic of locks: three agents and two outsiders ask, release, pause, die and are forced, in any order. After
//! each step the invariants are checked, and that the clients were told the truth: each wait ends once, a request gets
//! all its scopes or none, nobody is overtaken, and every timer is in its place.
//!
//! These checks do not use the arbiter's own rules: whether two scopes overlap is decided from their texts. The same
//! traffic is used with rules that are broken on purpose (`src/core/tests/brain/mutations`).

use crate::mutations::Subject;
use proptest::prelude::*;
use quarterdeck_core::command::{Answer, Command, Denied, Settled, WaitId};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::ending::{Exit, TreeReport};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::fact::FactKind;
use quarterdeck_core::ids::{AgentId, ReplyId, RequestId, RunId};
use quarterdeck_core::lock::{
    Acquire, Grant, Lease, LockAnswer, LockCommand, LockFact, LockPolicy, LockSettled, LockTimer, Which,
};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::{AgentPolicy, CoordinationPolicy, FleetPolicy, RestartPolicy, RestartWhen};
use quarterdeck_core::scope::{Mode, Resource, Resources, Scope, Want, WrittenWant};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::{Pause, View};
use std::collections::{BTreeMap, BTreeSet};

const AGENTS: [&str; 3] = ["a", "b", "c"];

/// Number of steps within which every waiting request must be served, once nobody asks any more.
const DRAIN_STEPS_MAX: usize = 400;

/// The scopes that parties ask for.
const MENU: [&[(&str, Mode)]; 9] = [
    &[("src", Mode::Exclusive)],
    &[("src", Mode::Shared)],
    &[("src/a", Mode::Exclusive)],
    &[("src/a", Mode::Shared), ("docs", Mode::Exclusive)],
    &[("docs", Mode::Exclusive), ("src", Mode::Exclusive)],
    &[(".", Mode::Shared)],
    &[("gpu", Mode::Exclusive)],
    &[("gpu", Mode::Exclusive), ("docs", Mode::Shared)],
    &[("gpu", Mode::Exclusive), ("gpu", Mode::Exclusive)],
];

/// One move of the random traffic.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Acquire {
        who: u8,
        what: u8,
        patient: bool,
        ttl: bool,
    },
    Release {
        nth: u8,
    },
    ReleaseAll {
        who: u8,
    },
    Renew {
        nth: u8,
    },
    Withdraw {
        nth: u8,
    },
    Force {
        nth: u8,
    },
    /// Time passes until the next timer of the locks is due, and it fires.
    TimePasses,
    Dies {
        who: u8,
    },
    Pauses {
        who: u8,
    },
    Resumes {
        who: u8,
    },
    SupervisorDies,
    Units {
        count: u8,
    },
}

/// Counts of the events in the whole traffic.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Score {
    pub(crate) granted: u64,
    pub(crate) waited: u64,
    pub(crate) cycles: u64,
}

/// A fleet under random traffic, with the state that is needed to check it.
pub(crate) struct Traffic {
    fleet: Subject,
    now: Time,
    folded: View,
    timers: BTreeSet<TimerId>,
    /// The requests that clients wait for, with the scopes they asked for.
    waiting: BTreeMap<RequestId, Vec<Want>>,
    capacity: u32,
}

type Checked<T = ()> = Result<T, String>;

pub(crate) fn policy(name: &str) -> AgentPolicy {
    AgentPolicy {
        name: name.to_string(),
        revision: 1,
        restart: RestartPolicy { when: RestartWhen::Never, ..RestartPolicy::default() },
        ..AgentPolicy::default()
    }
}

fn configured(capacity: u32) -> Event {
    let resources = Resources::from([("gpu".to_string(), Resource { capacity, first: None })]);
    let locks = LockPolicy { resources, ..LockPolicy::default() };
    let coordination = CoordinationPolicy { locks, ..CoordinationPolicy::default() };
    let fleet = FleetPolicy { coordination, ..FleetPolicy::default() };
    Event::Configured { fleet, agents: AGENTS.map(policy).to_vec() }
}

/// Plays these moves on the new `fleet`. Returns the counts, or the first error.
pub(crate) fn play(fleet: Subject, moves: &[Move]) -> Checked<Score> {
    let mut traffic = Traffic {
        fleet,
        now: Time(1_000_000),
        folded: View::default(),
        timers: BTreeSet::new(),
        waiting: BTreeMap::new(),
        capacity: 1,
    };
    traffic.step(configured(1))?;
    for agent in traffic.agents() {
        traffic.becomes_ready(agent)?;
    }
    for (at, one) in moves.iter().enumerate() {
        traffic.make(*one).map_err(|wrong| format!("move {at}, {one:?}: {wrong}"))?;
    }
    traffic.drain()?;
    let statistics = traffic.fleet.view().locks.statistics();
    Ok(Score { granted: statistics.granted, waited: statistics.waited, cycles: statistics.cycles_refused })
}

/// Returns a random move; asking and releasing are the most frequent.
pub(crate) fn any_move() -> impl Strategy<Value = Move> {
    let who = || 0..8_u8;
    prop_oneof![
        12 => (who(), any::<u8>(), prop::bool::weighted(0.85), prop::bool::weighted(0.3))
            .prop_map(|(who, what, patient, ttl)| Move::Acquire { who, what, patient, ttl }),
        6 => any::<u8>().prop_map(|nth| Move::Release { nth }),
        1 => who().prop_map(|who| Move::ReleaseAll { who }),
        1 => any::<u8>().prop_map(|nth| Move::Renew { nth }),
        1 => any::<u8>().prop_map(|nth| Move::Withdraw { nth }),
        1 => any::<u8>().prop_map(|nth| Move::Force { nth }),
        2 => Just(Move::TimePasses),
        1 => who().prop_map(|who| Move::Dies { who }),
        1 => who().prop_map(|who| Move::Pauses { who }),
        1 => who().prop_map(|who| Move::Resumes { who }),
        1 => Just(Move::SupervisorDies),
        1 => any::<u8>().prop_map(|count| Move::Units { count }),
    ]
}

impl Traffic {
    fn agents(&self) -> Vec<AgentId> {
        self.fleet.view().agents.keys().copied().collect()
    }

    fn agent(&self, who: u8) -> AgentId {
        self.agents()[usize::from(who) % AGENTS.len()]
    }

    fn run_of(&self, agent: AgentId) -> RunId {
        self.fleet.view().agents[&agent].run.unwrap_or(RunId(0))
    }

    fn party(&self, who: u8) -> Party {
        match usize::from(who) % (AGENTS.len() + 2) {
            at if at < AGENTS.len() => Party::Run(self.run_of(self.agent(who))),
            at => Party::Outside(format!("outsider {at}")),
        }
    }

    fn make(&mut self, one: Move) -> Checked {
        match one {
            Move::Acquire { who, what, patient, ttl } => self.asks(who, what, patient, ttl),
            Move::Release { nth } => self.on_lease(nth, |lease| LockCommand::Release {
                party: lease.holder.clone(),
                which: Which::Lease(lease.id),
            }),
            Move::ReleaseAll { who } => {
                let party = self.party(who);
                self.lock(LockCommand::Release { party, which: Which::All }).map(|_| ())
            }
            Move::Renew { nth } => self.on_lease(nth, |lease| LockCommand::Renew {
                party: lease.holder.clone(),
                lease: lease.id,
                ttl: None,
            }),
            Move::Force { nth } => self.on_lease(nth, |lease| LockCommand::Force {
                which: Which::Lease(lease.id),
                reason: "a test".to_string(),
                by: None,
            }),
            Move::Withdraw { nth } => self.withdraws(nth),
            Move::TimePasses => self.time_passes(),
            Move::Dies { who } => self.dies(self.agent(who)),
            Move::Pauses { who } => self.pauses(self.agent(who)),
            Move::Resumes { who } => self.resumes(self.agent(who)),
            Move::SupervisorDies => self.supervisor_dies(),
            Move::Units { count } => {
                self.capacity = 1 + u32::from(count % 3);
                self.step(configured(self.capacity))
            }
        }
    }

    fn asks(&mut self, who: u8, what: u8, patient: bool, ttl: bool) -> Checked {
        let item = MENU[usize::from(what) % MENU.len()];
        let scopes = item.iter().map(|(scope, mode)| WrittenWant { scope: scope.to_string(), mode: *mode }).collect();
        let wait = (!patient).then_some(Span(0));
        let ttl = ttl.then_some(Span(5_000));
        let acquire = Acquire { party: self.party(who), scopes, wait, ttl, key: None, purpose: None, process: None };
        let wants: Vec<Want> = item
            .iter()
            .map(|(text, mode)| Want {
                scope: Scope::parse(text, &resources()).expect("a scope of the menu"),
                mode: *mode,
            })
            .collect();
        match self.lock(LockCommand::Acquire(acquire))? {
            Ok(LockAnswer::Granted(grant)) => is_all(&grant, &wants),
            Ok(LockAnswer::Waits { request, .. }) => {
                ensure(patient, "who does not wait was made to wait")?;
                self.waiting.insert(request, wants);
                Ok(())
            }
            Ok(other) => Err(format!("another answer: {other:?}")),
            Err(_) => Ok(()),
        }
    }

    fn on_lease(&mut self, nth: u8, command: impl Fn(&Lease) -> LockCommand) -> Checked {
        let locks = &self.fleet.view().locks;
        let count = locks.leases().count();
        let Some(command) = locks.leases().nth(usize::from(nth) % count.max(1)).map(command) else { return Ok(()) };
        self.lock(command).map(|_| ())
    }

    fn withdraws(&mut self, nth: u8) -> Checked {
        let count = self.waiting.len();
        let Some(request) = self.waiting.keys().nth(usize::from(nth) % count.max(1)).copied() else { return Ok(()) };
        let _ = self.lock(LockCommand::Withdraw { request, asking: 1 })?;
        self.waiting.remove(&request);
        ensure(self.fleet.view().locks.request(request).is_none(), "who withdrew is still in the line")
    }

    fn time_passes(&mut self) -> Checked {
        let next =
            self.fleet.armed().filter(|armed| matches!(armed.timer, TimerId::Lock(_))).min_by_key(|armed| armed.due);
        let Some(armed) = next else {
            self.now = self.now + Span(1_000);
            return Ok(());
        };
        self.now = self.now.max(armed.due);
        ensure(self.timers.remove(&armed.timer), "a timer is wanted that was not armed")?;
        self.step(Event::TimerFired { timer: armed.timer })?;
        let locks = &self.fleet.view().locks;
        match armed.timer {
            TimerId::Lock(LockTimer::Expiry(lease)) => {
                ensure(locks.lease(lease).is_none(), "a lease outlives its time")
            }
            TimerId::Lock(LockTimer::Limit(request)) => {
                ensure(locks.request(request).is_none(), "a request outlives its limit")
            }
            _ => Ok(()),
        }
    }

    fn becomes_ready(&mut self, agent: AgentId) -> Checked {
        let run = self.run_of(agent);
        self.step(Event::Prepared { run })?;
        self.step(Event::Started { run, pid: 1 })?;
        self.step(Event::FirstOutput { run })
    }

    fn dies(&mut self, agent: AgentId) -> Checked {
        let run = self.run_of(agent);
        self.step(Event::Exited { run, exit: Exit::Code(1), left: 0 })?;
        self.step(Event::Emptied { run, report: TreeReport::default() })?;
        let dead = Party::Run(run);
        let locks = &self.fleet.view().locks;
        let holds = locks.leases().any(|lease| lease.holder == dead);
        let waits = locks.waiting().any(|request| request.holder == dead);
        ensure(!holds && !waits, "a dead run holds or waits")?;
        self.command(Command::Start { agent })?;
        self.becomes_ready(agent)
    }

    fn pauses(&mut self, agent: AgentId) -> Checked {
        self.command(Command::Pause { agent })?;
        let run = self.run_of(agent);
        self.step(Event::Frozen { run, processes: 1 })
    }

    fn resumes(&mut self, agent: AgentId) -> Checked {
        self.command(Command::Resume { agent })?;
        let run = self.run_of(agent);
        self.step(Event::Thawed { run })
    }

    fn supervisor_dies(&mut self) -> Checked {
        self.timers = self.fleet.armed().map(|armed| armed.timer).collect();
        self.waiting.clear();
        self.step(Event::TookOver)?;
        let runs: Vec<RunId> = self.fleet.live_runs().map(|(run, _)| run).collect();
        runs.into_iter().try_for_each(|run| self.step(Event::Adopted { run }))?;
        ensure(self.fleet.view().locks.waiting().next().is_none(), "someone waits for whom nobody waits")
    }

    /// Releases all leases in turn, with no new requests, and checks that everyone who waits is served.
    fn drain(&mut self) -> Checked {
        for agent in self.agents() {
            if self.fleet.view().agents[&agent].pause != Pause::Running {
                self.resumes(agent)?;
            }
        }
        for _ in 0..DRAIN_STEPS_MAX {
            if self.fleet.view().locks.leases().next().is_none() {
                ensure(self.waiting.is_empty(), "nothing is held, and someone waits")?;
                let of_locks = self.timers.iter().any(|timer| matches!(timer, TimerId::Lock(_)));
                return ensure(!of_locks, "nothing is held, and a timer of the locks is armed");
            }
            self.make(Move::Release { nth: 0 })?;
        }
        Err("the line is never empty".to_string())
    }

    fn command(&mut self, command: Command) -> Checked<Answer> {
        let reply = ReplyId(1);
        let effects = self.stepped(Event::Command { reply, command })?;
        let mut answers = effects.into_iter().filter_map(|effect| match effect {
            Effect::Reply { answer, .. } => Some(answer),
            _ => None,
        });
        let answer = answers.next().ok_or("a command without an answer")?;
        ensure(answers.next().is_none(), "a command with two answers")?;
        Ok(answer)
    }

    fn lock(&mut self, command: LockCommand) -> Checked<Result<LockAnswer, Denied>> {
        match self.command(Command::Lock(command))? {
            Answer::Lock(answer) => Ok(Ok(answer)),
            Answer::Denied(denied) => Ok(Err(denied)),
            other => Err(format!("not about locks: {other:?}")),
        }
    }

    fn step(&mut self, event: Event) -> Checked {
        self.stepped(event).map(|_| ())
    }

    fn stepped(&mut self, event: Event) -> Checked<Vec<Effect>> {
        let effects = self.fleet.step(event, self.now);
        for effect in &effects {
            self.hear(effect)?;
        }
        let broken = self.fleet.check_invariants();
        broken.map_err(|violation| format!("{violation}"))?;
        ensure(self.folded == *self.fleet.view(), "the fold of the facts is not the view")?;
        let armed: BTreeSet<TimerId> = self.fleet.armed().map(|armed| armed.timer).collect();
        ensure(armed == self.timers, "the timers differ")?;
        Ok(effects)
    }

    fn hear(&mut self, effect: &Effect) -> Checked {
        match effect {
            Effect::Record(fact) => {
                self.folded.apply(fact);
                match &fact.kind {
                    FactKind::Lock(LockFact::Granted { lease, .. }) => self.nobody_is_overtaken_by(lease),
                    _ => Ok(()),
                }
            }
            Effect::Arm { timer, .. } => {
                self.timers.insert(*timer);
                Ok(())
            }
            Effect::Disarm { timer } => ensure(self.timers.remove(timer), "a timer was disarmed that was not armed"),
            Effect::Settle { wait: WaitId::Lock(request), settled: Settled::Lock(settled) } => {
                let wants = self.waiting.remove(request).ok_or("told twice how a wait came out")?;
                ensure(self.folded.locks.request(*request).is_none(), "told the end of a wait that goes on")?;
                match settled {
                    LockSettled::Granted(grant) => is_all(grant, &wants),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Checks that no earlier request waited for a scope of this lease when it was granted.
    fn nobody_is_overtaken_by(&self, lease: &Lease) -> Checked {
        let taken: Vec<&Want> = lease.scopes.iter().map(|held| &held.want).collect();
        if taken.iter().all(|want| self.had_already(lease, want)) {
            return Ok(());
        }
        let asked = lease.request.map(|(request, _)| request);
        let before = self.folded.locks.waiting().filter(|request| asked.is_none_or(|asked| request.id < asked));
        let mut strangers = before.filter(|request| request.holder != lease.holder);
        let overtaken =
            strangers.any(|request| request.wants.iter().any(|want| taken.iter().any(|taken| meets(taken, want))));
        ensure(!overtaken, "one that waits was overtaken")
    }

    /// Whether the holder already had this scope before the lease.
    fn had_already(&self, lease: &Lease, want: &Want) -> bool {
        let leases = self.folded.locks.leases();
        let mut held = leases.filter(|other| other.holder == lease.holder && other.id != lease.id);
        held.any(|other| {
            other.scopes.iter().any(|held| {
                let beneath = begins(&held.want.scope.to_string(), &want.scope.to_string());
                beneath && (held.want.mode == Mode::Exclusive || want.mode == Mode::Shared)
            })
        })
    }
}

fn resources() -> Resources {
    Resources::from([("gpu".to_string(), Resource { capacity: 1, first: None })])
}

fn ensure(holds: bool, wrong: &str) -> Checked {
    if holds { Ok(()) } else { Err(wrong.to_string()) }
}

fn is_all(grant: &Grant, wants: &[Want]) -> Checked {
    ensure(grant.scopes.len() == wants.len(), "granted less than was asked")
}

/// Whether two wanted paths exclude each other, decided from their texts. Units are counted by the invariants.
fn meets(one: &Want, other: &Want) -> bool {
    let (text, other_text) = (one.scope.to_string(), other.scope.to_string());
    let paths = text != "gpu" && other_text != "gpu";
    let meet = begins(&text, &other_text) || begins(&other_text, &text);
    paths && meet && (one.mode == Mode::Exclusive || other.mode == Mode::Exclusive)
}

fn begins(outer: &str, inner: &str) -> bool {
    let components = |text: &str| -> Vec<String> {
        text.split('/').filter(|component| *component != ".").map(str::to_string).collect()
    };
    components(inner).starts_with(&components(outer))
}
