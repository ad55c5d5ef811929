//! The life of one attempt, from its assignment to its outcome.
//!
//! | what happens                         | pulled, typed                      | one-shot                            |
//! |--------------------------------------|------------------------------------|-------------------------------------|
//! | the agent reports `done`             | verified                           | kept until its process ends         |
//! | the agent reports `failed`           | failed: tried again, or not        | kept until its process ends         |
//! | the run completes                    | back into the queue, counted       | the agent's report; if none: `done` |
//! | the run fails                        | back into the queue, counted       | the agent's report; if none: failed |
//! | the run fails: no quota              | back into the queue, not counted   | tried again later, not counted      |
//! | the turn ends: no quota or no login  | back into the queue, not counted   | nothing                             |
//! | the run fails: no login              | back into the queue, not counted   | failed, and not tried again         |
//! | a person or the fleet ends the run   | back into the queue, not counted;  | back into the queue, not counted    |
//! |                                      | if already typed: failed           |                                     |
//! | the turn ends without a report       | a person is asked; then it is done | nothing                             |
//! | the run ends while a person is asked | verified                           | nothing                             |
//! | the attempt takes too long           | failed; the agent is told          | the run is stopped, then failed     |
//! | the verification fails               | failed; the agent is told          | failed                              |

use super::{Reply, Tasks};
use crate::effect::Effect;
use crate::ending::Outcome;
use crate::event::TimerId;
use crate::ids::{AgentId, RunId, TaskId};
use crate::party::Party;
use crate::recorder::Decision;
use crate::task::limits::{ARTIFACTS_MAX, OUTPUT_BYTES_MAX, TEXT_BYTES_MAX};
use crate::task::{
    ClaimSettled, Counted, Held, Hope, Left, Stage, Stopped, Task, TaskAnswer, TaskDenied, TaskEffect, TaskFact,
    TaskText, TaskTimer, Trouble, Verdict, Word, Work,
};
use crate::time::Span;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

/// How long a person has to say whether a task is done, after the agent's turn ended without a report.
const ANSWER_WAIT: Span = Span::from_secs(10 * 60);

/// Space for the line that says how much of a text is omitted, in bytes.
const LEFT_OUT_BYTES: usize = 64;

impl Tasks<'_> {
    /// Handles that the inputs of a task are prepared. For a one-shot run, this only tells where they are; other
    /// attempts continue.
    pub(super) fn provided(&mut self, task: TaskId, inputs: Option<String>, workspace: Option<String>) {
        let Some(known) = self.board.get(task) else { return };
        let (stage, work, attempt) = (known.stage.clone(), known.work, known.attempt);
        let (agent, run) = (known.agent, known.run);
        self.record_of(task, TaskFact::Provided { task, inputs, workspace });
        match (work, stage, agent.zip(run)) {
            (Work::Typed, Stage::Assigned, Some((agent, run))) => {
                self.out.ask(Effect::Task(TaskEffect::Deliver { task, attempt, agent, run }));
            }
            (Work::Pulled, Stage::Assigned, _) => self.begin_work(task),
            _ => {}
        }
    }

    /// Begins the work on a task: its agent works on it from now on.
    pub(super) fn begin_work(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task) else { return };
        let (claim, agent) = (known.claim, known.agent);
        let time = self.time_for(known);
        let frozen = agent.is_some_and(|agent| self.parties.is_paused(agent));
        self.record_of(task, TaskFact::Started { task, due: time.map(|span| self.out.now() + span) });
        match time {
            Some(left) if frozen => self.record_of(task, TaskFact::StoodStill { task, left }),
            Some(span) => self.out.ask(Effect::Arm { timer: TimerId::Task(TaskTimer::Timeout(task)), span }),
            None => {}
        }
        if let Some(claim) = claim {
            self.settle_claim(claim, ClaimSettled::Task { task });
        }
    }

    /// Fails an attempt that ended before its agent began to work on it.
    pub(super) fn on_its_way_failed(&mut self, task: TaskId, attempt: u32, why: Trouble) {
        if self.is_in_attempt(task, attempt) && self.is_at(task, &Stage::Assigned) {
            self.attempt_failed(task, why, None, None);
        }
    }

    /// Handles that the inputs of a task could not be prepared. A one-shot run that was begun for it ends first.
    pub(super) fn not_provided(&mut self, task: TaskId, attempt: u32, reason: String, hope: Hope) {
        if !self.is_in_attempt(task, attempt) || !self.is_at(task, &Stage::Assigned) {
            return;
        }
        let one_shot = self.board.get(task).is_some_and(|task| task.work == Work::OneShot);
        match (hope, one_shot) {
            (Hope::Never, true) => {
                let why = Stopped::NotProvided(reason);
                self.record_of(task, TaskFact::Stopping { task, why });
            }
            (Hope::Again, true) => {}
            (Hope::Never, false) => self.fail(task, Trouble::NotProvided(reason), None, None),
            (Hope::Again, false) => self.attempt_failed(task, Trouble::NotProvided(reason), None, None),
        }
    }

    /// Handles the report that a task is done.
    pub(crate) fn said_done(&mut self, task: TaskId, by: &Party, message: Option<String>) -> Reply {
        self.may_speak(task, by)?;
        fits(message.as_deref())?;
        let Some(known) = self.board.get(task) else { return Err(TaskDenied::UnknownTask { task }) };
        match (known.work, &known.stage) {
            (_, Stage::Verifying) => {}
            (Work::OneShot, _) => self.record_of(task, TaskFact::Reported { task, word: Word::Done, message }),
            (Work::Pulled | Work::Typed, _) => self.work_is_done(task, message),
        }
        Ok(TaskAnswer::Accepted { task })
    }

    /// Handles the report that a task has failed.
    pub(crate) fn said_failed(&mut self, task: TaskId, by: &Party, message: Option<String>) -> Reply {
        self.may_speak(task, by)?;
        fits(message.as_deref())?;
        let Some(known) = self.board.get(task) else { return Err(TaskDenied::UnknownTask { task }) };
        match (known.work, &known.stage) {
            (_, Stage::Verifying) => return Err(TaskDenied::NotRunning { task }),
            (Work::OneShot, _) => self.record_of(task, TaskFact::Reported { task, word: Word::Failed, message }),
            (Work::Pulled | Work::Typed, _) => self.attempt_failed(task, Trouble::Said(message), None, None),
        }
        Ok(TaskAnswer::Accepted { task })
    }

    /// Handles a report on the progress of a task.
    pub(crate) fn said_progress(
        &mut self,
        task: TaskId,
        by: &Party,
        percent: Option<u8>,
        message: Option<String>,
    ) -> Reply {
        self.may_speak(task, by)?;
        fits(message.as_deref())?;
        let percent = percent.map(|percent| percent.min(100));
        self.record_of(task, TaskFact::Progress { task, percent, message });
        Ok(TaskAnswer::Accepted { task })
    }

    /// Verifies that this party may report on a task: its own run that has it in hand, the task itself, or a person.
    fn may_speak(&self, task: TaskId, by: &Party) -> Result<(), TaskDenied> {
        let known = self.board.get(task).ok_or(TaskDenied::UnknownTask { task })?;
        let yours = match by {
            Party::Run(run) => known.is_in_hand() && known.run == Some(*run),
            Party::Task(other) => *other == task,
            Party::Outside(_) => true,
        };
        match yours {
            false => Err(TaskDenied::NotYours { task, agent: known.agent.filter(|_| known.is_in_hand()) }),
            true if known.has_ended() => Err(TaskDenied::Ended { task }),
            true if !known.is_in_hand() || known.stopping.is_some() => Err(TaskDenied::NotRunning { task }),
            true => Ok(()),
        }
    }

    /// Handles that an agent became idle after its prompt, which counts as its report `done`.
    pub(super) fn turn_ended(&mut self, run: RunId) {
        let Some((task, known)) = self.board.task_of(run) else { return };
        if known.stage == Stage::Running && known.work == Work::Typed {
            self.work_is_done(task, None);
        }
    }

    /// Asks a person whether a task is done, because the agent's turn ended without a report.
    pub(super) fn turn_silent(&mut self, run: RunId, why: Option<String>) {
        let Some((task, known)) = self.board.task_of(run) else { return };
        if known.stage == Stage::Running && known.work != Work::OneShot && known.asks.is_none() {
            self.record_of(task, TaskFact::Asks { task, until: self.out.now() + ANSWER_WAIT, why });
            self.arm_question(task);
        }
    }

    /// Withdraws the question whether a task is done, because its agent works on it again.
    pub(super) fn turn_begun(&mut self, run: RunId) {
        let Some((task, known)) = self.board.task_of(run) else { return };
        if known.asks.is_some() {
            self.disarm_question(task);
            self.record_of(task, TaskFact::AsksNoMore { task });
        }
    }

    /// Settles a question that nobody answered: the task is done, or has failed if the turn ended in an error. While a
    /// person keeps the agent frozen, the question stays open.
    pub(super) fn nobody_answered(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task) else { return };
        let Some(asks) = known.asks.clone() else { return };
        if known.agent.is_some_and(|agent| self.parties.is_paused(agent)) {
            return self.arm_question(task);
        }
        match asks.why {
            Some(why) => self.attempt_failed(task, Trouble::Said(Some(why)), None, None),
            None => self.work_is_done(task, None),
        }
    }

    fn arm_question(&mut self, task: TaskId) {
        self.out.ask(Effect::Arm { timer: TimerId::Task(TaskTimer::Asks(task)), span: ANSWER_WAIT });
    }

    fn disarm_question(&mut self, task: TaskId) {
        if self.board.get(task).is_some_and(|task| task.asks.is_some()) {
            self.out.ask(Effect::Disarm { timer: TimerId::Task(TaskTimer::Asks(task)) });
        }
    }

    /// Handles that an agent is done with its task: the task is verified, or waits for the parts into which it was
    /// divided in the meantime.
    fn work_is_done(&mut self, task: TaskId, message: Option<String>) {
        if self.is_at(task, &Stage::Assigned) {
            self.begin_work(task);
        }
        self.disarm_timeout(task);
        let Some(known) = self.board.get(task) else { return };
        let (attempt, agent, run) = (known.attempt, known.agent, known.run);
        if self.board.has_open_parts(known) {
            self.record_of(task, TaskFact::Reported { task, word: Word::Done, message });
            self.record_of(task, TaskFact::Held { task, why: Held::Parts });
            self.unlock(task);
            return self.look_again();
        }
        self.record_of(task, TaskFact::Verifying { task, message });
        if let Some(agent) = agent {
            self.out.decide(Decision::Worked(agent));
        }
        if let Some((agent, run)) = agent.zip(run) {
            self.out.ask(Effect::Task(TaskEffect::Verify { task, attempt, agent, run }));
        }
    }

    pub(super) fn verified(&mut self, task: TaskId, verdict: Verdict, output: Option<String>, mut left: Left) {
        let output = output.map(|output| newest(output, OUTPUT_BYTES_MAX));
        let agent = self.board.get(task).and_then(|task| task.agent);
        left.artifacts.truncate(ARTIFACTS_MAX);
        match verdict {
            Verdict::Refuted => {
                let name = self.name_of_task(task);
                self.tell_live_agent(task, "task.refuted", format!("{name} is not done: its verification failed"));
                self.attempt_failed(task, Trouble::Refuted, Some(verdict), output);
            }
            Verdict::Verified | Verdict::Unverified => {
                self.record_of(task, TaskFact::Done { task, verdict, output, left: Box::new(left) });
                self.ended(task);
            }
        }
        if let Some(agent) = agent {
            self.out.decide(Decision::DeskLeft(agent));
        }
    }

    /// Ends an attempt whose time has passed.
    pub(super) fn timed_out(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task) else { return };
        let span = self.time_for(known).unwrap_or_default();
        if known.work == Work::OneShot {
            return self.stop_run_of(task, Stopped::TimedOut(span));
        }
        let name = self.name_of_task(task);
        self.tell_live_agent(task, "task.taken", format!("{name} took too long and was taken from you"));
        self.attempt_failed(task, Trouble::TimedOut(span), None, None);
    }

    /// Asks the run of a one-shot task to end. The outcome of the task is decided at the end of the run, when none of
    /// its processes writes any more.
    pub(super) fn stop_run_of(&mut self, task: TaskId, why: Stopped) {
        self.disarm_timeout(task);
        let agent = self.board.get(task).and_then(|task| task.agent);
        self.record_of(task, TaskFact::Stopping { task, why });
        if let Some(agent) = agent {
            self.out.decide(Decision::RunOver(agent));
        }
    }

    /// Handles the end of the run that had the task in hand.
    pub(super) fn worker_ended(&mut self, task: TaskId, agent: AgentId, run: RunId, outcome: Outcome) {
        let Some(known) = self.board.get(task) else { return };
        if known.stage == Stage::Verifying {
            return;
        }
        let (work, word, stopping) = (known.work, known.word, known.stopping.clone());
        let typed = work == Work::Typed && known.stage == Stage::Running;
        let turn_over = known.asks.as_ref().is_some_and(|asks| asks.why.is_none());
        let (said, attempt) = (known.result.clone(), known.attempt);
        let last = self.parties.last_end_of(agent);
        let (exit, reason, barred) = last.map(|last| (last.exit, last.reason.clone(), last.barred)).unwrap_or_default();
        let why = Trouble::RunEnded { run, outcome, exit, reason, barred };
        match (stopping, work, word, outcome) {
            (Some(Stopped::Cancelled(reason)), ..) => self.end_cancelled(task, reason, None),
            (Some(Stopped::CancelledBy { by, reason }), ..) => self.end_cancelled(task, reason, Some(by)),
            (Some(Stopped::NotProvided(reason)), ..) => {
                self.fail(task, Trouble::NotProvided(reason), None, None);
            }
            (Some(Stopped::TimedOut(span)), ..) => self.attempt_failed(task, Trouble::TimedOut(span), None, None),
            (None, Work::OneShot, Some(Word::Done), _) => self.work_is_done(task, said),
            (None, Work::OneShot, Some(Word::Failed), _) => self.attempt_failed(task, Trouble::Said(said), None, None),
            (None, Work::OneShot, None, Outcome::Completed) => self.work_is_done(task, None),
            (None, Work::OneShot, None, Outcome::Failed) => match barred {
                None => self.attempt_failed(task, why, None, None),
                Some(barred) => self.attempt_barred(task, why, barred),
            },
            (None, Work::Pulled | Work::Typed, _, _) if turn_over => self.work_is_done(task, None),
            (None, _, _, Outcome::Terminated) if typed => self.fail(task, Trouble::CutShort { run }, None, None),
            (None, _, _, Outcome::Terminated) => self.requeue(task, why, Counted::No),
            (None, Work::Pulled | Work::Typed, _, _) => {
                self.out.ask(Effect::Task(TaskEffect::Abandon { task, attempt }));
                let counted = if barred.is_some() { Counted::No } else { Counted::Yes };
                self.requeue(task, why, counted);
            }
        }
    }

    /// Fails the task, which is not tried again.
    pub(super) fn fail(&mut self, task: TaskId, why: Trouble, verdict: Option<Verdict>, output: Option<String>) {
        self.drop_claim_of(task);
        self.disarm_timeout(task);
        self.record_of(task, TaskFact::Failed { task, why, verdict, output });
        self.ended(task);
    }

    /// Requests again the effect for a task that an earlier supervisor was carrying out.
    pub(super) fn ask_again(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task) else { return };
        let Some((agent, run)) = known.agent.zip(known.run) else { return };
        let attempt = known.attempt;
        let unprovided = known.is_provided() && known.inputs.is_none() && known.workspace.is_none();
        let effect = match (&known.stage, known.work) {
            (Stage::Verifying, _) => TaskEffect::Verify { task, attempt, agent, run },
            (Stage::Assigned, Work::Typed) if unprovided => TaskEffect::Provide { task, attempt, agent, run },
            (Stage::Assigned, Work::Typed) => TaskEffect::Deliver { task, attempt, agent, run },
            (Stage::Assigned, Work::Pulled) => return self.requeue(task, Trouble::ClaimWithdrawn, Counted::No),
            _ => return,
        };
        self.out.ask(Effect::Task(effect));
    }

    /// Disarms the timers of an attempt: its time limit and its question.
    pub(super) fn disarm_timeout(&mut self, task: TaskId) {
        self.disarm_question(task);
        if self.board.get(task).and_then(Task::times_out).is_some() {
            self.out.ask(Effect::Disarm { timer: TimerId::Task(TaskTimer::Timeout(task)) });
        }
    }

    pub(super) fn name_of_task(&self, task: TaskId) -> String {
        self.board.get(task).map(|task| task.spec.name.clone()).unwrap_or_default()
    }

    /// Sends a message to the agent that has the task in hand, if its run is still alive.
    pub(super) fn tell_live_agent(&mut self, task: TaskId, topic: &'static str, body: String) {
        let known = self.board.get(task);
        let lives = known.and_then(|task| task.run).is_some_and(|run| self.parties.is_live(run));
        let agent = known.and_then(|task| task.agent).filter(|_| lives);
        self.tell_agent(agent, topic, body);
    }
}

/// Refuses a text that is longer than a message about a task may be.
pub(super) fn fits(text: Option<&str>) -> Result<(), TaskDenied> {
    match text.is_some_and(|text| text.len() > TEXT_BYTES_MAX) {
        true => Err(TaskDenied::TooLong { text: TaskText::Message, bytes_max: TEXT_BYTES_MAX as u32 }),
        false => Ok(()),
    }
}

/// Returns the last part of a text, of at most `bytes_max` bytes and whole letters, below a line that says how many
/// bytes are omitted.
fn newest(text: String, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text;
    }
    let from = text.ceil_char_boundary(text.len() + LEFT_OUT_BYTES - bytes_max);
    alloc::format!("… {from} bytes before this are omitted\n{}", &text[from..])
}
