//! Typed asks: each kind of command knows the type of its answer.
//!
//! ```text
//!  Task(TaskCommand) ── Fleet::step ──► Task(TaskAnswer) ── answer ──► the part that the asker expects
//!                                   ├─► Denied(Denied)
//!                                   └─► another kind: impossible, a defect of the core
//! ```

use crate::command::{Answer, Command, Denied};
use crate::ids::AgentId;
use crate::lock::{LockAnswer, LockCommand};
use crate::mail::{MailAnswer, MailCommand};
use crate::plan::{PlanAnswer, PlanCommand};
use crate::shared::{SharedAnswer, SharedCommand};
use crate::sync::{SyncAnswer, SyncCommand};
use crate::task::{TaskAnswer, TaskCommand};

/// A command that knows the type of its answer.
pub trait Ask: Sized {
    /// The answer to this command.
    type Answer;

    /// Splits the ask into the command for the core, and the reader of the answer to it. The reader returns none for
    /// an answer that does not belong to the command.
    fn parts(self) -> (Command, impl FnOnce(Answer) -> Option<Self::Answer> + Send);

    /// Narrows the answer to the part that this command gets; `part` returns none for the other parts.
    fn expecting<T>(self, part: fn(Self::Answer) -> Option<T>) -> Expecting<Self, T> {
        Expecting { ask: self, part }
    }
}

/// A command together with the part of its answer that is expected.
#[derive(Clone, Debug)]
pub struct Expecting<A: Ask, T> {
    ask: A,
    part: fn(A::Answer) -> Option<T>,
}

impl Answer {
    /// Returns the answer to an ask as its reader gives it; none if this answer belongs to another command, which is
    /// a defect of the core.
    ///
    /// # Errors
    /// The command was refused.
    pub fn read<T>(self, reader: impl FnOnce(Answer) -> Option<T>) -> Result<Option<T>, Denied> {
        match self {
            Answer::Denied(denied) => Err(denied),
            answer => Ok(reader(answer)),
        }
    }
}

impl<A: Ask, T: 'static> Ask for Expecting<A, T>
where
    A::Answer: 'static,
{
    type Answer = T;

    fn parts(self) -> (Command, impl FnOnce(Answer) -> Option<T> + Send) {
        let (command, read) = self.ask.parts();
        (command, move |answer| read(answer).and_then(self.part))
    }
}

/// A command about an agent or the fleet gets the agent that it was about.
impl Ask for Command {
    type Answer = Option<AgentId>;

    fn parts(self) -> (Command, impl FnOnce(Answer) -> Option<Option<AgentId>> + Send) {
        let read = |answer| match answer {
            Answer::Accepted { agent } => Some(agent),
            _of_another_kind => None,
        };
        (self, read)
    }
}

/// Pairs each machine's commands with its answers.
macro_rules! machines {
    ($($machine:ident: $command:ident -> $answer:ident;)*) => {$(
        impl Ask for $command {
            type Answer = $answer;

            fn parts(self) -> (Command, impl FnOnce(Answer) -> Option<$answer> + Send) {
                let read = |answer| match answer {
                    Answer::$machine(answer) => Some(answer),
                    _of_another_kind => None,
                };
                (Command::$machine(self), read)
            }
        }
    )*};
}

machines! {
    Lock: LockCommand -> LockAnswer;
    Task: TaskCommand -> TaskAnswer;
    Plan: PlanCommand -> PlanAnswer;
    Mail: MailCommand -> MailAnswer;
    Shared: SharedCommand -> SharedAnswer;
    Sync: SyncCommand -> SyncAnswer;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClaimId, TaskId};

    fn read<A: Ask>(ask: A, answer: Answer) -> Result<Option<A::Answer>, Denied> {
        let (_, reader) = ask.parts();
        answer.read(reader)
    }

    fn withdraw() -> TaskCommand {
        TaskCommand::Withdraw { claim: ClaimId(1) }
    }

    #[test]
    fn an_answer_is_read_by_the_type_of_its_command() {
        let accepted = TaskAnswer::Accepted { task: TaskId(7) };
        assert_eq!(read(withdraw(), Answer::Task(accepted.clone())), Ok(Some(accepted.clone())));
        assert_eq!(read(withdraw().expecting(TaskAnswer::task), Answer::Task(accepted)), Ok(Some(TaskId(7))));
        assert_eq!(read(withdraw(), Answer::Denied(Denied::CoordinationOff)), Err(Denied::CoordinationOff));
    }

    #[test]
    fn an_answer_of_another_kind_or_part_is_none() {
        assert_eq!(read(withdraw(), Answer::Accepted { agent: None }), Ok(None));
        assert_eq!(read(withdraw().expecting(TaskAnswer::task), Answer::Task(TaskAnswer::Nothing)), Ok(None));
        assert_eq!(read(Command::Start { agent: AgentId(1) }, Answer::Sync(SyncAnswer::Noted)), Ok(None));
    }
}
