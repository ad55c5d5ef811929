//! Helpers that the tests share: policies with short names, and a fleet that keeps the effects of its steps.

use quarterdeck_core::Fleet;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::ending::{Exit, TreeReport};
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::{AgentId, ReplyId, RunId};
use quarterdeck_core::policy::{AgentPolicy, FleetPolicy};
use quarterdeck_core::time::{Span, Time};
use quarterdeck_core::view::{AgentView, State, View};

/// Returns a policy that starts with the fleet, is ready at its first output, and has the default restart rules.
pub(crate) fn policy(name: &str) -> AgentPolicy {
    AgentPolicy { name: name.into(), revision: 1, ..AgentPolicy::default() }
}

/// Returns the policy of [`policy`] that starts after these other agents.
pub(crate) fn policy_after(name: &str, after: &[&str]) -> AgentPolicy {
    AgentPolicy { after: after.iter().map(|name| name.to_string()).collect(), ..policy(name) }
}

/// A fleet under test: its clock, the effects of its newest step, and the view folded from the facts alone.
pub(crate) struct Bench {
    pub(crate) fleet: Fleet,
    pub(crate) now: Time,
    pub(crate) effects: Vec<Effect>,
    pub(crate) folded: View,
    replies: u64,
}

impl Bench {
    /// Makes a fleet that is configured with these agents.
    pub(crate) fn new(agents: Vec<AgentPolicy>) -> Bench {
        Bench::with_slots(100, agents)
    }

    /// Makes a fleet with this many places for live runs.
    pub(crate) fn with_slots(max_concurrent: u32, agents: Vec<AgentPolicy>) -> Bench {
        let mut bench = Bench {
            fleet: Fleet::new(),
            now: Time(1_000_000),
            effects: Vec::new(),
            folded: View::default(),
            replies: 0,
        };
        bench.configure(max_concurrent, agents);
        bench
    }

    pub(crate) fn configure(&mut self, max_concurrent: u32, agents: Vec<AgentPolicy>) {
        self.step(Event::Configured { fleet: FleetPolicy { max_concurrent, ..FleetPolicy::default() }, agents });
    }

    /// Steps the fleet, checks the conditions that hold after every step, and keeps the effects.
    pub(crate) fn step(&mut self, event: Event) -> &[Effect] {
        self.effects = self.fleet.step(event, self.now);
        for effect in &self.effects {
            if let Effect::Record(fact) = effect {
                assert_eq!(fact.seq, self.folded.seq + 1, "facts are numbered without a gap");
                self.folded.apply(fact);
            }
        }
        assert_eq!(self.fleet.check_invariants(), Ok(()));
        assert_eq!(&self.folded, self.fleet.view(), "the fold of the facts is the view");
        &self.effects
    }

    /// Gives a command about an agent. Returns the agent that it was about, or why it is refused.
    pub(crate) fn command(&mut self, command: Command) -> Result<Option<AgentId>, Denied> {
        match self.ask(command) {
            Answer::Accepted { agent } => Ok(agent),
            Answer::Denied(denied) => Err(denied),
            other => panic!("another answer: {other:?}"),
        }
    }

    /// Gives a command, and returns its one answer, which comes after all facts.
    pub(crate) fn ask(&mut self, command: Command) -> Answer {
        self.replies += 1;
        let reply = ReplyId(self.replies);
        self.step(Event::Command { reply, command });
        let answers: Vec<usize> =
            (0..self.effects.len()).filter(|at| matches!(self.effects[*at], Effect::Reply { .. })).collect();
        assert_eq!(answers.len(), 1, "one answer: {:?}", self.effects);
        let later = &self.effects[answers[0]..];
        assert!(!later.iter().any(|effect| matches!(effect, Effect::Record(_))), "facts come before the answer");
        match &self.effects[answers[0]] {
            Effect::Reply { reply: to, answer } if *to == reply => answer.clone(),
            other => panic!("answered someone else: {other:?}"),
        }
    }

    pub(crate) fn id(&self, name: &str) -> AgentId {
        self.fleet.find(name).expect("a known agent")
    }

    pub(crate) fn agent(&self, name: &str) -> &AgentView {
        &self.fleet.view().agents[&self.id(name)]
    }

    pub(crate) fn state(&self, name: &str) -> &State {
        &self.agent(name).state
    }

    /// Returns the newest run of an agent.
    pub(crate) fn run(&self, name: &str) -> RunId {
        self.agent(name).run.expect("a run")
    }

    pub(crate) fn later(&mut self, span: Span) {
        self.now = self.now + span;
    }

    /// Waits until a timer is due and fires it.
    pub(crate) fn fire(&mut self, timer: TimerId) {
        let armed =
            self.fleet.armed().find(|armed| armed.timer == timer).unwrap_or_else(|| panic!("{timer:?} is not armed"));
        self.now = self.now.max(armed.due);
        self.step(Event::TimerFired { timer });
    }

    pub(crate) fn is_armed(&self, timer: TimerId) -> bool {
        self.fleet.armed().any(|armed| armed.timer == timer)
    }

    pub(crate) fn prepared(&mut self, name: &str) {
        let run = self.run(name);
        self.step(Event::Prepared { run });
    }

    pub(crate) fn started(&mut self, name: &str) {
        let run = self.run(name);
        self.step(Event::Started { run, pid: 4_000 });
    }

    /// Takes an agent's run from its start to its process running.
    pub(crate) fn launch(&mut self, name: &str) {
        self.prepared(name);
        self.started(name);
    }

    /// Takes an agent's run from its start to ready, by its first output.
    pub(crate) fn ready(&mut self, name: &str) {
        self.launch(name);
        let run = self.run(name);
        self.step(Event::FirstOutput { run });
        assert_eq!(self.state(name), &State::Ready);
    }

    pub(crate) fn exited(&mut self, name: &str, exit: Exit, left: u32) {
        let run = self.run(name);
        self.step(Event::Exited { run, exit, left });
    }

    pub(crate) fn emptied(&mut self, name: &str) {
        let run = self.run(name);
        self.step(Event::Emptied { run, report: TreeReport::default() });
    }

    /// Lets an agent's process exit, with no other process remaining.
    pub(crate) fn exits(&mut self, name: &str, code: i32) {
        self.exited(name, Exit::Code(code), 0);
        self.emptied(name);
    }

    /// Returns the effects of the newest step in short, in order: a fact by its type, another effect by its name.
    pub(crate) fn told(&self) -> Vec<String> {
        self.effects.iter().map(in_short).collect()
    }

    /// Replaces the fleet by itself, written to the journal and read again.
    pub(crate) fn supervisor_dies(&mut self) {
        let journal = serde_json::to_string(&self.fleet).expect("a fleet is JSON");
        let restored: Fleet = serde_json::from_str(&journal).expect("and comes back");
        assert_eq!(restored, self.fleet);
        self.fleet = restored;
        self.step(Event::TookOver);
    }
}

fn in_short(effect: &Effect) -> String {
    match effect {
        Effect::Record(fact) => fact.kind.type_name().to_string(),
        Effect::Arm { timer, span } => format!("Arm {} {}", kind_of(*timer), span.0),
        Effect::Disarm { timer } => format!("Disarm {}", kind_of(*timer)),
        Effect::Signal { signal, .. } => format!("Signal {signal}"),
        other => {
            let debug = format!("{other:?}");
            debug.split([' ', '(']).next().unwrap_or_default().to_string()
        }
    }
}

fn kind_of(timer: TimerId) -> String {
    format!("{timer:?}").split('(').next().unwrap_or_default().to_string()
}
