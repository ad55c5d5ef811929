//! The kernel, the one loop that decides: it takes events, calls [`Fleet::step`], writes the facts into the journal,
//! and performs the effects.
//!
//! It owns the fleet and runs on a thread of its own, so that a slow disk delays decisions and nothing else. Each turn
//! takes the messages from the mailbox (up to [`BATCH_EVENTS_MAX`]), steps through them, commits all inputs and facts
//! in one transaction, and only then shows the facts, answers the clients and performs the effects.
//!
//! **Invariant:** nothing acknowledged is lost: a reply is sent after the commit of the facts before it
//! (`tests/e2e`, `nothing_acknowledged_is_forgotten_whoever_is_killed_whenever`).

mod handle;
pub(super) mod mailbox;
mod pace;
mod safety;
pub(super) mod troubles;

pub(super) use handle::{Answered, KernelGone, KernelHandle, SLICE_ITEMS, Unanswered};

use super::context::Context;
use super::feed::Feed;
use super::journal::Journal;
use super::perform::Performer;
use super::timers::Timers;
use crate::clock;
use mailbox::{Acknowledged, Examination, Message, Question};
use quarterdeck_core::command::{Settled, WaitId};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::Event;
use quarterdeck_core::fact::{Fact, FactKind};
use quarterdeck_core::fleet::Fleet;
use quarterdeck_core::ids::ReplyId;
use quarterdeck_core::time::Time;
use quarterdeck_core::view::View;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// The most events in one turn, which share one transaction. Beyond it, further events are taken in the next turn.
const BATCH_EVENTS_MAX: usize = 256;

/// The kernel itself: it owns the fleet and the journal, and is commanded through a [`KernelHandle`].
pub(super) struct Kernel {
    pub(super) fleet: Fleet,
    pub(super) journal: Journal,
    pub(super) feed: Feed,
    pub(super) view: watch::Sender<View>,
    pub(super) performer: Performer,
    pub(super) context: Arc<Context>,
    pub(super) mailbox: mpsc::Receiver<Message>,
    pub(super) clock: Clock,
    /// The number of steps so far.
    pub(super) steps: u64,
    /// The reason that the banner about the journal shows; none if there is no banner.
    pub(super) journal_shown_failing: Option<String>,
    /// The clients that were told to wait, by their wait.
    pub(super) waiting: HashMap<WaitId, oneshot::Sender<Settled>>,
}

/// A wall clock that never goes back, so that the times that the core gets only grow.
#[derive(Debug, Default)]
pub(super) struct Clock {
    last: Time,
}

impl Clock {
    /// Creates a clock that starts no earlier than `floor`, the newest instant of the journal.
    pub(super) fn from(floor: Time) -> Clock {
        Clock { last: floor }
    }

    /// Returns the current instant, in milliseconds since the Unix epoch.
    pub(super) fn now(&mut self) -> Time {
        self.last = self.last.max(Time(clock::now_ms()));
        self.last
    }
}

/// A client that asks: where its answer is sent, and where the result is sent if it must wait.
struct Asker {
    reply: oneshot::Sender<Acknowledged>,
    settled: Option<oneshot::Sender<Settled>>,
}

/// The answers and effects that wait for the commit of a turn.
#[derive(Default)]
struct Turn {
    facts: Vec<Fact>,
    acts: Vec<Effect>,
    replies: HashMap<ReplyId, Asker>,
    /// The questions of the turn. They are answered last, so that their answers include everything that was told
    /// before.
    questions: Vec<Question>,
}

impl Kernel {
    /// Runs until the fleet has ended or every handle is dropped. `armed` are the timers of a restored fleet.
    pub(super) async fn run(mut self) {
        let mut timers = Timers::default();
        let now = self.clock.now();
        for armed in self.fleet.armed() {
            timers.arm(armed.timer, armed.due - now);
        }
        let mut next_reply = 0;
        loop {
            let mut turn = Turn::default();
            tokio::select! {
                message = self.mailbox.recv() => match message {
                    Some(message) => self.take(message, &mut turn, &mut next_reply),
                    None => break,
                },
                timer = timers.fired() => self.step(Event::TimerFired { timer }, &mut turn),
                () = self.journal.retry_due() => {}
            }
            for _ in 1..BATCH_EVENTS_MAX {
                let Ok(message) = self.mailbox.try_recv() else { break };
                self.take(message, &mut turn, &mut next_reply);
            }
            if self.finish(turn, &mut timers) == Course::End {
                break;
            }
        }
        self.journal.close(&self.fleet);
    }

    fn take(&mut self, message: Message, turn: &mut Turn, next_reply: &mut u64) {
        match message {
            Message::Event(event) => self.step(event, turn),
            Message::Command { command, reply, settled } => {
                *next_reply += 1;
                let id = ReplyId(*next_reply);
                turn.replies.insert(id, Asker { reply, settled });
                self.step(Event::Command { reply: id, command }, turn);
            }
            Message::Question(question) => {
                if matches!(question, Question::Examine { .. }) {
                    self.look_at_safety(turn);
                }
                turn.questions.push(question);
            }
        }
    }

    fn answer(&mut self, question: Question) {
        match question {
            Question::Explain { agent, reply } => {
                let now = self.clock.now();
                let _gone = reply.send(self.fleet.explain(agent, now));
            }
            Question::ExplainTask { task, reply } => {
                let now = self.clock.now();
                let _gone = reply.send(self.fleet.explain_task(task, now));
            }
            Question::Examine { reply } => {
                let _gone =
                    reply.send(Examination { violation: self.violation(), journal_failing: self.journal.failing() });
            }
        }
    }

    /// Steps the fleet with an event, and checks that the invariants hold.
    fn step(&mut self, event: Event, turn: &mut Turn) {
        self.step_alone(event, turn);
        self.steps += 1;
        self.check_if_due(turn);
    }

    fn step_alone(&mut self, event: Event, turn: &mut Turn) {
        let now = self.clock.now();
        tracing::debug!(?event, "event");
        self.journal.input(now, &event);
        for effect in self.fleet.step(event, now) {
            tracing::debug!(?effect, "effect");
            match effect {
                Effect::Record(fact) => turn.facts.push(fact),
                act => turn.acts.push(act),
            }
        }
    }

    /// Commits the turn, then shows the facts, answers the clients and performs the effects, in that order.
    fn finish(&mut self, turn: Turn, timers: &mut Timers) -> Course {
        let Turn { facts, acts, mut replies, questions } = turn;
        let records = self.feed.describe(&facts, self.fleet.view());
        self.journal.commit(&records, &self.fleet);
        self.show_journal();
        if !facts.is_empty() {
            self.view.send_modify(|view| facts.iter().for_each(|fact| view.apply(fact)));
            self.show_troubles_of(&facts, &records);
            self.feed.publish(records);
            self.show_quiescence();
        }
        let seq = self.fleet.view().seq;
        let mut course = Course::GoOn;
        for act in acts {
            match act {
                Effect::Reply { reply, answer } => {
                    if let Some(asker) = replies.remove(&reply) {
                        self.waiting.extend(answer.waits_for().zip(asker.settled));
                        let _gone = asker.reply.send(Acknowledged { answer, seq });
                    }
                }
                Effect::Settle { wait, settled } => {
                    if let Some(asker) = self.waiting.remove(&wait) {
                        let _gone = asker.send(settled);
                    }
                }
                Effect::Arm { timer, span } => timers.arm(timer, span),
                Effect::Disarm { timer } => timers.disarm(timer),
                Effect::EndSupervisor => course = Course::End,
                act => self.performer.perform(act, &self.fleet),
            }
        }
        if course == Course::GoOn && facts.iter().any(|fact| fact.kind == FactKind::AgentRemoved) {
            self.forget_the_removed();
        }
        questions.into_iter().for_each(|question| self.answer(question));
        course
    }

    /// Forgets the runs and the configurations of removed agents. Their keepers have been dismissed by then; when the
    /// fleet ends nothing is forgotten, because the end of each run's task is still waited for.
    fn forget_the_removed(&self) {
        let view = self.fleet.view();
        self.context.screens.runs.retain_agents(|agent| view.agents.contains_key(&agent));
        self.context.configs.retain_orphans(|name| view.agents.values().any(|agent| agent.name == name));
    }
}

#[derive(PartialEq)]
enum Course {
    GoOn,
    End,
}
