//! Checks which tasks may be added to the board, and decides the stage of a task that nobody works on.

use super::super::{Fleet, Step};
use crate::effect::Effect;
use crate::event::TimerId;
use crate::fact::FactKind;
use crate::ids::{AgentId, TaskId};
use crate::lock::request::read_texts;
use crate::party::Party;
use crate::policy::AgentPolicy;
use crate::task::limits::{NEEDS_MAX, PARTS_MAX, PROMPT_BYTES_MAX, WORD_BYTES_MAX, WORDS_MAX};
use crate::task::line::rank;
use crate::task::spec::fit_for_name;
use crate::task::{
    Held, Need, Placement, Stage, Task, TaskDenied, TaskFact, TaskPolicy, TaskSpec, TaskText, TaskTimer, When,
};
use crate::view::Config;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Step<'_> {
    /// Adds a task. It is assigned in the same step if an agent can take it.
    pub(in crate::fleet) fn add_task(&mut self, spec: TaskSpec) -> Result<TaskId, TaskDenied> {
        self.add_by(spec, &Party::Outside(String::new()))
    }

    pub(super) fn add_by(&mut self, spec: TaskSpec, by: &Party) -> Result<TaskId, TaskDenied> {
        if self.shutting_down() {
            return Err(TaskDenied::ShuttingDown);
        }
        let task = self.tasks().next();
        let spec = self.fleet.checked(spec, task)?;
        let policy = &self.fleet.policy.coordination.tasks;
        let rank = rank(self.now, spec.priority, policy.ageing);
        let attempts_max = attempts_of(&spec, policy);
        let parent = spec.parent;
        self.record_by(by, FactKind::Task(TaskFact::Added { task, spec: Box::new(spec), rank, attempts_max }));
        if let Some(parent) = parent {
            self.wait_for_parts(parent);
        }
        match self.tasks().unmeetable_need(task) {
            Some(need) => self.skip(task, need),
            None => self.release(task),
        }
        Ok(task)
    }

    /// Lets a task wait for its parts, if it got a part and nobody works on it.
    fn wait_for_parts(&mut self, parent: TaskId) {
        let waits = self.tasks().get(parent).is_some_and(|task| !task.is_in_hand() && task.unmet == 0);
        if waits && !self.is_at(parent, &Stage::Held(Held::Parts)) {
            self.disarm_backoff(parent);
            self.unlock_task(parent);
            self.record_task(parent, TaskFact::Held { task: parent, why: Held::Parts });
        }
    }

    /// Acts as [`Step::release`], but a task that waits for its next attempt or for its locks goes on waiting.
    pub(super) fn reconsider(&mut self, task: TaskId) {
        let Some(known) = self.tasks().get(task) else { return };
        let waits = match &known.stage {
            Stage::Held(Held::Backoff { .. }) => true,
            Stage::Held(Held::Locks) => !matches!(self.fleet.stand_of(known), Stand::Held(_)),
            _ => false,
        };
        if !waits {
            self.release(task);
        }
    }

    /// Moves a task that nobody works on to the stage where it now belongs.
    pub(super) fn release(&mut self, task: TaskId) {
        let Some(known) = self.tasks().get(task).filter(|task| !task.is_in_hand() && !task.has_ended()) else { return };
        let stand = self.fleet.stand_of(known);
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
                self.unlock_task(task);
                TaskFact::Held { task, why }
            }
            Stand::Queued => TaskFact::Queued { task },
            Stand::LinedUp(agent) => TaskFact::LinedUp { task, agent },
        };
        self.record_task(task, fact);
        self.tasks_look_again();
    }

    pub(super) fn disarm_backoff(&mut self, task: TaskId) {
        if self.tasks().get(task).is_some_and(|task| matches!(task.stage, Stage::Held(Held::Backoff { .. }))) {
            self.effects.push(Effect::Disarm { timer: TimerId::Task(TaskTimer::Backoff(task)) });
        }
    }
}

/// The stage in which a task belongs while nobody works on it.
pub(super) enum Stand {
    Held(Held),
    Queued,
    LinedUp(AgentId),
}

/// Returns how many attempts a task may have.
pub(super) fn attempts_of(spec: &TaskSpec, policy: &TaskPolicy) -> u32 {
    spec.attempts.unwrap_or(policy.attempts).max(1)
}

impl Fleet {
    /// Returns the stage in which a task belongs while nobody works on it.
    pub(super) fn stand_of(&self, task: &Task) -> Stand {
        let needed = &task.spec.required_capabilities;
        if task.unmet > 0 {
            return Stand::Held(Held::Needs);
        }
        if self.view.tasks.has_open_parts(task) {
            return Stand::Held(Held::Parts);
        }
        match &task.spec.placement {
            Placement::Only(name) => match self.find(name) {
                None => Stand::Held(Held::NoAgent { name: name.clone() }),
                Some(agent) => match self.missing(agent, needed) {
                    missing if missing.is_empty() => Stand::LinedUp(agent),
                    missing => Stand::Held(Held::Nobody { missing }),
                },
            },
            Placement::Prefer(name) => match self.find(name).filter(|agent| self.is_able(*agent, needed)) {
                Some(agent) => Stand::LinedUp(agent),
                None => self.common_stand(needed),
            },
            Placement::Anyone => self.common_stand(needed),
            Placement::Parts(_) => Stand::Held(Held::Parts),
        }
    }

    fn common_stand(&self, needed: &[String]) -> Stand {
        match self.someone_is_able(needed) {
            true => Stand::Queued,
            false => Stand::Held(Held::Nobody { missing: self.missing_everywhere(needed) }),
        }
    }

    /// Whether some agent of the fleet has all of these capabilities.
    pub(super) fn someone_is_able(&self, needed: &[String]) -> bool {
        self.agents.keys().any(|agent| self.is_able(*agent, needed))
    }

    /// Whether this agent has all of these capabilities, and the configuration still names it.
    pub(super) fn is_able(&self, agent: AgentId, needed: &[String]) -> bool {
        let stays = self.view.agents.get(&agent).is_some_and(|agent| agent.config != Config::Removed);
        stays && self.agents.get(&agent).is_some_and(|agent| can(&agent.policy, needed))
    }

    /// Returns the capabilities that this agent does not have.
    pub(super) fn missing(&self, agent: AgentId, needed: &[String]) -> Vec<String> {
        let can = self.agents.get(&agent).map(|agent| agent.policy.capabilities.as_slice()).unwrap_or_default();
        needed.iter().filter(|capability| !can.contains(capability)).cloned().collect()
    }

    fn missing_everywhere(&self, needed: &[String]) -> Vec<String> {
        let nobody =
            |capability: &&String| !self.agents.values().any(|agent| agent.policy.capabilities.contains(capability));
        needed.iter().filter(nobody).cloned().collect()
    }

    /// Returns the specification with its name filled in and its lists sorted, or the reason why it cannot be added.
    pub(in crate::fleet) fn checked(&self, mut spec: TaskSpec, task: TaskId) -> Result<TaskSpec, TaskDenied> {
        let policy = &self.policy.coordination.tasks;
        let is_new = self.view.tasks.get(task).is_none();
        if is_new && self.view.tasks.open() >= policy.open_max as usize {
            return Err(TaskDenied::BoardFull { open_max: policy.open_max });
        }
        self.check_name(&mut spec, task)?;
        check_texts(&spec)?;
        policy.routing.apply(&mut spec);
        spec.required_capabilities.sort();
        spec.required_capabilities.dedup();
        self.check_placement(&spec)?;
        self.check_parent(&mut spec)?;
        read_texts(&spec.locks, self.view.locks.resources()).map_err(|denied| TaskDenied::BadLock { denied })?;
        let mut seen = BTreeSet::new();
        spec.needs.retain(|need| seen.insert((need.task, need.when)));
        let unknown = spec.needs.iter().find(|need| self.view.tasks.get(need.task).is_none());
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
        match self.view.tasks.find(&spec.name) {
            Some(other) if other != task => Err(TaskDenied::NameTaken { name: spec.name.clone(), task: other }),
            _ => Ok(()),
        }
    }

    fn check_placement(&self, spec: &TaskSpec) -> Result<(), TaskDenied> {
        let (Placement::Only(name) | Placement::Prefer(name)) = &spec.placement else { return Ok(()) };
        let agent = self.find(name).ok_or_else(|| TaskDenied::UnknownAgent { name: name.clone() })?;
        let missing = self.missing(agent, &spec.required_capabilities);
        match (&spec.placement, missing.is_empty()) {
            (Placement::Only(_), false) => Err(TaskDenied::NotCapable { agent, missing }),
            _ => Ok(()),
        }
    }

    /// Lets a part wait for the dependencies of its parent, and refuses a part that depends on a task that waits for
    /// the parent.
    fn check_parent(&self, spec: &mut TaskSpec) -> Result<(), TaskDenied> {
        let Some(parent) = spec.parent else { return Ok(()) };
        let known = self.view.tasks.get(parent).ok_or(TaskDenied::UnknownTask { task: parent })?;
        if known.has_ended() || known.stage == Stage::Verifying {
            return Err(TaskDenied::ParentEnded { parent });
        }
        if known.parts.len() >= PARTS_MAX {
            return Err(TaskDenied::TooMany { text: TaskText::Parts, count_max: PARTS_MAX as u32 });
        }
        if let Some(tasks) = self.view.tasks.way_to(&spec.needs, parent) {
            return Err(TaskDenied::Circle { tasks });
        }
        spec.needs.extend(known.spec.needs.iter().filter(|need| need.when == When::Done));
        spec.plan = spec.plan.or(known.spec.plan);
        Ok(())
    }
}

/// Whether an agent with this policy has all of these capabilities.
fn can(policy: &AgentPolicy, needed: &[String]) -> bool {
    needed.iter().all(|capability| policy.capabilities.contains(capability))
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
