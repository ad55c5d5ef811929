//! Connects the plans with the fleet: the commands of clients, and what plans make of tasks and agents. The plans
//! themselves are decided about in `plan/machine`; here, each of its decisions is carried out before the next.

use super::{Fleet, Step};
use crate::command::{Answer, Denied};
use crate::ids::{AgentId, PlanId, RunId, TaskId};
use crate::party::Party;
use crate::plan::machine::make::ToMake;
use crate::plan::machine::{Doomed, Draft, work};
use crate::plan::{PlanAnswer, PlanCommand, PlanDenied, PlanSpec, PlanState, Running};
use crate::task::{TaskDenied, TaskSpec};
use crate::view::Pause;
use crate::violation::Violation;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

impl Step<'_> {
    /// Handles a command from a client about plans.
    pub(super) fn plan_command(&mut self, command: PlanCommand) -> Result<Answer, Denied> {
        let plan = match command {
            PlanCommand::Start { spec } => self.start_plan(spec),
            PlanCommand::Cancel { plan, reason, by } => self.cancel_plan(plan, reason, by).map(|()| plan),
            PlanCommand::Pause { plan, running } => self.pause_plan(plan, running).map(|()| plan),
            PlanCommand::Resume { plan } => self.resume_plan(plan).map(|()| plan),
        };
        plan.map(|plan| Answer::Plan(PlanAnswer::Accepted { plan })).map_err(Denied::Plan)
    }

    fn start_plan(&mut self, spec: Box<PlanSpec>) -> Result<PlanId, PlanDenied> {
        if self.shutting_down() {
            return Err(PlanDenied::ShuttingDown);
        }
        let draft = self.with_plans(|plans| plans.draft(&spec))?;
        self.tasks_fit(&draft, &spec)?;
        let (plan, order) = (draft.plan, draft.shape.order.clone());
        self.with_plans(|plans| plans.begin(draft, spec));
        self.make_first_tasks(plan, &order);
        self.with_plans(|plans| plans.started(plan));
        self.go_on_with(plan);
        self.tasks_look_again();
        Ok(plan)
    }

    /// Verifies that every task of a plan can be added, before anything is recorded.
    fn tasks_fit(&mut self, draft: &Draft, spec: &PlanSpec) -> Result<(), PlanDenied> {
        let next = self.fleet.view.tasks.next();
        for task in &spec.tasks {
            let refused = |denied| PlanDenied::TaskRefused { task: task.name.clone(), denied };
            self.with_tasks(|tasks| tasks.checked(draft.on_trial(task), next)).map_err(refused)?;
        }
        Ok(())
    }

    /// Makes all nodes that wait for the end of no other node.
    fn make_first_tasks(&mut self, plan: PlanId, order: &[u32]) {
        let mut made: Vec<Option<Vec<TaskId>>> = vec![None; order.len()];
        for node in order {
            let specs = self.with_plans(|plans| plans.first_tasks_of(plan, *node, &made));
            match specs.map(|specs| self.add_all(specs)) {
                None => {}
                Some(Ok(tasks)) => made[*node as usize] = Some(tasks),
                Some(Err(denied)) => self.with_plans(|plans| plans.refused(plan, *node, &denied)),
            }
        }
        self.with_plans(|plans| plans.first_tasks_added(plan, made));
    }

    /// Adds the tasks of a node. If one is refused, the tasks added before it are cancelled.
    fn add_all(&mut self, specs: Vec<TaskSpec>) -> Result<Vec<TaskId>, TaskDenied> {
        let mut added = Vec::new();
        for (number, spec) in (1..).zip(specs) {
            match self.with_tasks(|tasks| tasks.add(spec, &Party::Outside(String::new()))) {
                Ok(task) => added.push(task),
                Err(denied) => {
                    let why = format!("the task of item {number} was refused");
                    added.into_iter().for_each(|task| self.cancel_task(task, why.clone(), None));
                    return Err(denied);
                }
            }
        }
        Ok(added)
    }

    /// Applies the end of a task to its plan.
    pub(super) fn plan_task_ended(&mut self, plan: PlanId, task: TaskId) {
        let doomed = self.with_plans(|plans| plans.task_ended(plan, task));
        let Some(Doomed { tasks, reason }) = doomed else { return };
        for task in tasks {
            self.cancel_task(task, reason.clone(), None);
        }
        self.go_on_with(plan);
    }

    /// Makes every node that can be made now, and ends the plan when nothing remains to do.
    fn go_on_with(&mut self, plan: PlanId) {
        while let Some(next) = self.with_plans(|plans| plans.next_to_make(plan)) {
            let ToMake { node, specs, listed } = next;
            let added = self.add_all(specs);
            self.with_plans(|plans| plans.made(plan, node, listed, added));
        }
        let frozen = self.with_plans(|plans| plans.end(plan));
        self.thaw(frozen);
    }

    fn cancel_plan(&mut self, plan: PlanId, reason: String, by: Option<Party>) -> Result<(), PlanDenied> {
        let frozen = self.with_plans(|plans| plans.cancel(plan, reason.clone(), by.clone()))?;
        self.thaw(frozen);
        for task in self.fleet.view.plans.open_tasks(plan) {
            self.cancel_task(task, reason.clone(), by.as_ref());
        }
        Ok(())
    }

    fn pause_plan(&mut self, plan: PlanId, running: Running) -> Result<(), PlanDenied> {
        let workers = self.with_plans(|plans| plans.may_pause(plan))?;
        let frozen = match running {
            Running::GoOn => Vec::new(),
            Running::Freeze => workers.into_iter().filter(|agent| self.pause_asked(*agent).is_ok()).collect(),
        };
        self.with_plans(|plans| plans.paused(plan, running, frozen));
        Ok(())
    }

    fn resume_plan(&mut self, plan: PlanId) -> Result<(), PlanDenied> {
        if self.fleet.view.plans.get(plan).is_some_and(|known| known.state == PlanState::Failed) {
            return self.plan_goes_on(plan, None, None);
        }
        let frozen = self.with_plans(|plans| plans.resume(plan))?;
        self.thaw(frozen);
        self.tasks_look_again();
        Ok(())
    }

    /// Lets a failed plan continue, and tries its failed and cancelled tasks again: the given task, or all of them.
    pub(super) fn plan_goes_on(
        &mut self,
        plan: PlanId,
        task: Option<TaskId>,
        reason: Option<&String>,
    ) -> Result<(), PlanDenied> {
        for task in self.with_plans(|plans| plans.reopen(plan, task))? {
            // A task may have waited for another one and been reopened together with it.
            if self.fleet.view.tasks.get(task).is_some_and(|task| task.has_ended()) {
                self.with_tasks(|tasks| tasks.reopen(task, reason.cloned()));
            }
        }
        self.go_on_with(plan);
        Ok(())
    }

    /// Freezes an agent whose process has now started, if the plan of its task is frozen.
    pub(super) fn plan_run_started(&mut self, agent: AgentId, run: RunId) {
        if let Some(plan) = self.with_plans(|plans| plans.freezes(run))
            && self.pause_asked(agent).is_ok()
        {
            self.with_plans(|plans| plans.froze(plan, agent));
        }
    }

    /// Resumes the agents that a pause froze and that nobody has resumed since.
    fn thaw(&mut self, frozen: Vec<AgentId>) {
        for agent in frozen {
            let still = self.fleet.view.agents.get(&agent).is_some_and(|agent| agent.pause != Pause::Running);
            if still {
                let _ends_meanwhile = self.resume_asked(agent);
            }
        }
    }
}

impl Fleet {
    /// Checks the invariants of the plans, which must hold after every step.
    pub(super) fn check_plans(&self) -> Result<(), Violation> {
        for (plan, known) in self.view.plans.iter() {
            let over = known.state.is_over();
            let ends_agree =
                known.members.iter().all(|(task, member)| over || work::end_of(&self.view.tasks, *task) == member.end);
            let holds = known.is_sound() && ends_agree && (over || !known.nothing_left());
            if !holds {
                return Err(Violation::PlanDiffers(plan));
            }
        }
        Ok(())
    }
}
