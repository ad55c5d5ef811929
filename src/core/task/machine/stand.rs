//! Where a task belongs that nobody works on: held, in the common line, or in an agent's own queue.

use super::Tasks;
use crate::crew::Crew;
use crate::effect::Effect;
use crate::event::TimerId;
use crate::ids::{AgentId, TaskId};
use crate::task::{Held, Placement, Stage, Task, TaskBoard, TaskFact, TaskTimer};
use alloc::string::String;

/// The stage in which a task belongs while nobody works on it.
pub(crate) enum Stand {
    /// The task is held for this reason.
    Held(Held),
    /// Any capable agent may take the task.
    Queued,
    /// The task is in the own queue of this agent.
    LinedUp(AgentId),
}

impl Tasks<'_> {
    /// Acts as [`Tasks::release`], but a task that waits for its next attempt or for its locks still waits.
    pub(super) fn reconsider(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task) else { return };
        let waits = match &known.stage {
            Stage::Held(Held::Backoff { .. }) => true,
            Stage::Held(Held::Locks) => !matches!(Stand::of(known, self.board, self.crew), Stand::Held(_)),
            _ => false,
        };
        if !waits {
            self.release(task);
        }
    }

    /// Moves a task that nobody works on to the stage where it now belongs.
    pub(super) fn release(&mut self, task: TaskId) {
        let Some(known) = self.board.get(task).filter(|task| !task.is_in_hand() && !task.has_ended()) else { return };
        let stand = Stand::of(known, self.board, self.crew);
        let stays = match (&stand, &known.stage) {
            (Stand::Held(why), Stage::Held(before)) => why == before,
            (Stand::Queued, Stage::Queued) => true,
            (Stand::LinedUp(agent), Stage::LinedUp) => known.agent == Some(*agent),
            _ => false,
        };
        if stays {
            return;
        }
        self.disarm_backoff(task);
        let fact = match stand {
            Stand::Held(why) => {
                self.unlock(task);
                TaskFact::Held { task, why }
            }
            Stand::Queued => TaskFact::Queued { task },
            Stand::LinedUp(agent) => TaskFact::LinedUp { task, agent },
        };
        self.record_of(task, fact);
        self.look_again();
    }

    pub(super) fn disarm_backoff(&mut self, task: TaskId) {
        if self.board.get(task).is_some_and(|task| matches!(task.stage, Stage::Held(Held::Backoff { .. }))) {
            self.out.ask(Effect::Disarm { timer: TimerId::Task(TaskTimer::Backoff(task)) });
        }
    }
}

impl Stand {
    /// Returns the stage in which a task belongs while nobody works on it.
    pub(crate) fn of(task: &Task, board: &TaskBoard, crew: Crew<'_>) -> Stand {
        let needed = &task.spec.required_capabilities;
        if task.unmet > 0 {
            return Stand::Held(Held::Needs);
        }
        if board.has_open_parts(task) {
            return Stand::Held(Held::Parts);
        }
        match &task.spec.placement {
            Placement::Only(name) => match crew.find(name) {
                None => Stand::Held(Held::NoAgent { name: name.clone() }),
                Some(agent) => match crew.missing(agent, needed) {
                    missing if missing.is_empty() => Stand::LinedUp(agent),
                    missing => Stand::Held(Held::Nobody { missing }),
                },
            },
            Placement::Prefer(name) => match crew.find(name).filter(|agent| crew.is_able(*agent, needed)) {
                Some(agent) => Stand::LinedUp(agent),
                None => Stand::in_common(needed, crew),
            },
            Placement::Anyone => Stand::in_common(needed, crew),
            Placement::Parts(_) => Stand::Held(Held::Parts),
        }
    }

    fn in_common(needed: &[String], crew: Crew<'_>) -> Stand {
        match crew.someone_is_able(needed) {
            true => Stand::Queued,
            false => Stand::Held(Held::Nobody { missing: crew.missing_everywhere(needed) }),
        }
    }
}
