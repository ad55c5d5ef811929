//! Checks which tasks may be added to the board, and adds them.

use super::Tasks;
use crate::ids::TaskId;
use crate::lock::request::read_texts;
use crate::party::Party;
use crate::task::limits::{NEEDS_MAX, PARTS_MAX, PROMPT_BYTES_MAX, WORD_BYTES_MAX, WORDS_MAX};
use crate::task::line::rank;
use crate::task::spec::fit_for_name;
use crate::task::{Held, Need, Placement, Stage, TaskDenied, TaskFact, TaskPolicy, TaskSpec, TaskText, When};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::ToString;

impl Tasks<'_> {
    /// Adds a task. It is assigned in the same step if an agent can take it.
    pub(crate) fn add(&mut self, spec: TaskSpec, by: &Party) -> Result<TaskId, TaskDenied> {
        if self.shutdown.is_some() {
            return Err(TaskDenied::ShuttingDown);
        }
        let task = self.board.next();
        let spec = self.checked(spec, task)?;
        let policy = self.policy;
        let rank = rank(self.out.now(), spec.priority, policy.ageing);
        let attempts_max = attempts_of(&spec, policy);
        let parent = spec.parent;
        self.record_by(by, TaskFact::Added { task, spec: Box::new(spec), rank, attempts_max });
        if let Some(parent) = parent {
            self.wait_for_parts(parent);
        }
        match self.board.unmeetable_need(task) {
            Some(need) => self.skip(task, need),
            None => self.release(task),
        }
        Ok(task)
    }

    /// Lets a task wait for its parts, if it got a part and nobody works on it.
    fn wait_for_parts(&mut self, parent: TaskId) {
        let waits = self.board.get(parent).is_some_and(|task| !task.is_in_hand() && task.unmet == 0);
        if waits && !self.is_at(parent, &Stage::Held(Held::Parts)) {
            self.disarm_backoff(parent);
            self.unlock(parent);
            self.record_of(parent, TaskFact::Held { task: parent, why: Held::Parts });
        }
    }

    /// Returns the specification with its name filled in and its lists sorted, or the reason why it cannot be added.
    pub(crate) fn checked(&self, mut spec: TaskSpec, task: TaskId) -> Result<TaskSpec, TaskDenied> {
        let policy = self.policy;
        let is_new = self.board.get(task).is_none();
        if is_new && self.board.open() >= policy.open_max as usize {
            return Err(TaskDenied::BoardFull { open_max: policy.open_max });
        }
        self.check_name(&mut spec, task)?;
        check_texts(&spec)?;
        policy.routing.apply(&mut spec);
        spec.required_capabilities.sort();
        spec.required_capabilities.dedup();
        self.check_placement(&spec)?;
        self.check_parent(&mut spec)?;
        read_texts(&spec.locks, self.locks.0.resources()).map_err(|denied| TaskDenied::BadLock { denied })?;
        let mut seen = BTreeSet::new();
        spec.needs.retain(|need| seen.insert((need.task, need.when)));
        let unknown = spec.needs.iter().find(|need| self.board.get(need.task).is_none());
        if let Some(Need { task, .. }) = unknown {
            return Err(TaskDenied::UnknownTask { task: *task });
        }
        Ok(spec)
    }

    fn check_name(&self, spec: &mut TaskSpec, task: TaskId) -> Result<(), TaskDenied> {
        if spec.name.is_empty() {
            spec.name = task.to_string();
        } else if !fit_for_name(&spec.name) {
            return Err(TaskDenied::BadName { name: spec.name.clone() });
        }
        match self.board.find(&spec.name) {
            Some(other) if other != task => Err(TaskDenied::NameTaken { name: spec.name.clone(), task: other }),
            _ => Ok(()),
        }
    }

    fn check_placement(&self, spec: &TaskSpec) -> Result<(), TaskDenied> {
        let (Placement::Only(name) | Placement::Prefer(name)) = &spec.placement else { return Ok(()) };
        let agent = self.crew.find(name).ok_or_else(|| TaskDenied::UnknownAgent { name: name.clone() })?;
        let missing = self.crew.missing(agent, &spec.required_capabilities);
        match (&spec.placement, missing.is_empty()) {
            (Placement::Only(_), false) => Err(TaskDenied::NotCapable { agent, missing }),
            _ => Ok(()),
        }
    }

    /// Lets a part wait for the dependencies of its parent, and refuses a part that depends on a task that waits for
    /// the parent.
    fn check_parent(&self, spec: &mut TaskSpec) -> Result<(), TaskDenied> {
        let Some(parent) = spec.parent else { return Ok(()) };
        let known = self.board.get(parent).ok_or(TaskDenied::UnknownTask { task: parent })?;
        if known.has_ended() || known.stage == Stage::Verifying {
            return Err(TaskDenied::ParentEnded { parent });
        }
        if known.parts.len() >= PARTS_MAX {
            return Err(TaskDenied::TooMany { text: TaskText::Parts, count_max: PARTS_MAX as u32 });
        }
        if let Some(tasks) = self.board.way_to(&spec.needs, parent) {
            return Err(TaskDenied::Circle { tasks });
        }
        spec.needs.extend(known.spec.needs.iter().filter(|need| need.when == When::Done));
        spec.plan = spec.plan.or(known.spec.plan);
        Ok(())
    }
}

/// Returns how many attempts a task may have.
pub(super) fn attempts_of(spec: &TaskSpec, policy: &TaskPolicy) -> u32 {
    spec.attempts.unwrap_or(policy.attempts).max(1)
}

fn check_texts(spec: &TaskSpec) -> Result<(), TaskDenied> {
    if spec.prompt.trim().is_empty() {
        return Err(TaskDenied::NoPrompt);
    }
    let texts = [(TaskText::Prompt, Some(&spec.prompt)), (TaskText::Verify, spec.verify.as_ref())];
    for (text, said) in texts {
        if said.is_some_and(|said| said.len() > PROMPT_BYTES_MAX) {
            return Err(TaskDenied::TooLong { text, bytes_max: PROMPT_BYTES_MAX as u32 });
        }
    }
    let lists = [
        (TaskText::Capabilities, &spec.required_capabilities),
        (TaskText::Locks, &spec.locks),
        (TaskText::Outputs, &spec.outputs),
    ];
    for (text, list) in lists {
        if list.len() > WORDS_MAX {
            return Err(TaskDenied::TooMany { text, count_max: WORDS_MAX as u32 });
        }
        if list.iter().any(|word| word.len() > WORD_BYTES_MAX) {
            return Err(TaskDenied::TooLong { text, bytes_max: WORD_BYTES_MAX as u32 });
        }
    }
    match spec.needs.len() > NEEDS_MAX {
        true => Err(TaskDenied::TooMany { text: TaskText::Needs, count_max: NEEDS_MAX as u32 }),
        false => Ok(()),
    }
}
