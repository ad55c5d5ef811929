//! Connects the plans with the fleet: the commands of clients, the effect of a task's end on its plan, and the end of a
//! plan. The way in which nodes become tasks is in [`make`].
//!
//! A running plan can only be over in a step in which one of its tasks ends, so only these steps check for it.

mod again;
mod make;
mod work;

use super::{Fleet, Step};
use crate::command::{Answer, Denied};
use crate::fact::FactKind;
use crate::ids::{AgentId, PlanId, RunId, TaskId};
use crate::party::Party;
use crate::plan::{
    Counts, Items, NodeState, Plan, PlanAnswer, PlanBoard, PlanCommand, PlanDenied, PlanFact, PlanSpec, PlanState,
    PlanTask, Running, SkipCause, TaskEnd, graph,
};
use crate::task::When;
use crate::view::Pause;
use crate::violation::Violation;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Step<'_> {
    /// Handles a command from a client about plans.
    pub(super) fn plan_command(&mut self, command: PlanCommand) -> Result<Answer, Denied> {
        let plan = match command {
            PlanCommand::Start { spec } => self.start_plan(spec),
            PlanCommand::Cancel { plan, reason, by } => self.cancel_plan(plan, reason, by),
            PlanCommand::Pause { plan, running } => self.pause_plan(plan, running),
            PlanCommand::Resume { plan } => self.resume_plan(plan),
        };
        plan.map(|plan| Answer::Plan(PlanAnswer::Accepted { plan })).map_err(Denied::Plan)
    }

    /// Applies the end of a task to its plan. If this ends the plan, no other task of the plan was assigned since,
    /// because [`PlanBoard::assigns`] refuses it from the moment of the fact.
    pub(super) fn plan_task_ended(&mut self, plan: PlanId, task: TaskId) {
        let Some(known) = self.running_plan(plan) else { return };
        // A task that is only being made is not a member yet; the code that makes it handles its end.
        let Some(end) = known.members.get(&task).map(|member| member.end) else { return };
        if known.must_stop() && matches!(end, Some(TaskEnd::Failed | TaskEnd::Cancelled)) {
            self.stop_plan(plan, task);
        }
        self.go_on_with(plan);
    }

    fn board(&self) -> &PlanBoard {
        &self.fleet.view.plans
    }

    fn running_plan(&self, plan: PlanId) -> Option<&Plan> {
        self.board().get(plan).filter(|plan| plan.state == PlanState::Running)
    }

    fn record_plan(&mut self, fact: PlanFact) {
        self.record(None, None, FactKind::Plan(fact));
    }

    fn start_plan(&mut self, spec: Box<PlanSpec>) -> Result<PlanId, PlanDenied> {
        if self.shutting_down() {
            return Err(PlanDenied::ShuttingDown);
        }
        self.room_for_a_plan()?;
        let policy = &self.fleet.policy.coordination.plans;
        let shape = graph::check(&spec, policy).map_err(|faults| {
            let fault = faults.into_iter().next().unwrap_or(graph::Fault::Empty);
            PlanDenied::Invalid { fault }
        })?;
        let tasks_policy = &self.fleet.policy.coordination.tasks;
        work::room(&self.fleet.view.tasks, tasks_policy, shape.tasks as usize, &spec.name)?;
        let (plan, prefix) = (self.board().next(), self.prefix_for(&spec));
        self.tasks_fit(plan, &prefix, &spec)?;
        let graph::Shape { order, layers, tasks, edges } = shape;
        let layers = layers.iter().max().map_or(0, |last| last + 1);
        self.forget_old_plans();
        self.record_plan(PlanFact::Drafted { plan, prefix, spec });
        self.record_plan(PlanFact::Validating { plan });
        self.record_plan(PlanFact::Validated { plan, tasks, edges, layers });
        self.make_first_tasks(plan, &order);
        self.record_plan(PlanFact::Ready { plan });
        self.record_plan(PlanFact::Started { plan });
        self.go_on_with(plan);
        self.tasks_look_again();
        Ok(plan)
    }

    /// Verifies that one more plan may run.
    fn room_for_a_plan(&self) -> Result<(), PlanDenied> {
        let plans_max = self.fleet.policy.coordination.plans.running_max;
        let running = self.board().iter().filter(|(_, plan)| !plan.state.is_over()).count();
        if running >= plans_max as usize { Err(PlanDenied::TooMany { plans_max }) } else { Ok(()) }
    }

    /// Returns the prefix of a plan's tasks, which are named `PLAN.NAME`, or `PLAN.p7.NAME` while an earlier plan with
    /// that name is known.
    fn prefix_for(&self, spec: &PlanSpec) -> String {
        let name = &spec.name;
        let tasks = &self.fleet.view.tasks;
        let taken = |task: &PlanTask| match task.items {
            Items::One => tasks.find(&format!("{name}.{}", task.name)).is_some(),
            Items::Listed(_) | Items::Lines { .. } => tasks.find(&format!("{name}.{}.1", task.name)).is_some(),
        };
        match self.board().newest(name).is_some() || spec.tasks.iter().any(taken) {
            false => name.clone(),
            true => format!("{name}.{}", self.board().next()),
        }
    }

    fn cancel_plan(&mut self, plan: PlanId, reason: String, by: Option<Party>) -> Result<PlanId, PlanDenied> {
        self.unfinished(plan)?;
        let frozen = self.board().get(plan).map(frozen_with).unwrap_or_default();
        self.record_plan(PlanFact::Cancelled { plan, reason: reason.clone(), by: by.clone() });
        self.thaw(frozen);
        for task in self.open_tasks(plan, |_| true) {
            self.cancel_task(task, reason.clone(), by.as_ref());
        }
        Ok(plan)
    }

    fn pause_plan(&mut self, plan: PlanId, running: Running) -> Result<PlanId, PlanDenied> {
        if self.unfinished(plan)?.paused.is_some() {
            return Err(PlanDenied::AlreadyPaused);
        }
        let frozen = match running {
            Running::GoOn => Vec::new(),
            Running::Freeze => self.freeze_those_of(plan),
        };
        self.record_plan(PlanFact::Paused { plan, running, frozen });
        Ok(plan)
    }

    fn resume_plan(&mut self, plan: PlanId) -> Result<PlanId, PlanDenied> {
        if self.board().get(plan).is_some_and(|known| known.state == PlanState::Failed) {
            return self.plan_goes_on(plan, None, None).map(|()| plan);
        }
        let frozen = self.unfinished(plan)?.paused.clone().ok_or(PlanDenied::NotPaused)?.frozen;
        self.record_plan(PlanFact::Resumed { plan });
        self.thaw(frozen);
        self.tasks_look_again();
        Ok(plan)
    }

    fn unfinished(&self, plan: PlanId) -> Result<&Plan, PlanDenied> {
        match self.board().get(plan) {
            None => Err(PlanDenied::UnknownPlan),
            Some(known) if known.state.is_over() => Err(PlanDenied::Over { state: known.state }),
            Some(known) => Ok(known),
        }
    }

    /// Freezes the agents that work on tasks of this plan. Returns the agents that could be frozen.
    fn freeze_those_of(&mut self, plan: PlanId) -> Vec<AgentId> {
        let working: BTreeSet<AgentId> = self
            .open_tasks(plan, |_| true)
            .into_iter()
            .filter_map(|task| work::worker(&self.fleet.view.tasks, task))
            .collect();
        working.into_iter().filter(|agent| self.pause_asked(*agent).is_ok()).collect()
    }

    /// Freezes an agent whose process has now started, if the plan of its task was paused and frozen while the process
    /// was still being started.
    pub(super) fn plan_run_started(&mut self, agent: AgentId, run: RunId) {
        let plan = self.fleet.task_of(run).and_then(|(_, task)| task.spec.plan);
        let paused = plan.and_then(|plan| self.running_plan(plan)).and_then(|plan| plan.paused.as_ref());
        let freezes = paused.is_some_and(|paused| paused.running == Running::Freeze);
        if let Some(plan) = plan.filter(|_| freezes)
            && self.pause_asked(agent).is_ok()
        {
            self.record_plan(PlanFact::Froze { plan, agent });
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

    /// Returns the tasks of a plan that have not ended and belong to one of these nodes.
    fn open_tasks(&self, plan: PlanId, of: impl Fn(u32) -> bool) -> Vec<TaskId> {
        let members = self.board().get(plan).into_iter().flat_map(|plan| &plan.members);
        members.filter(|(_, member)| member.end.is_none() && of(member.node)).map(|(task, _)| *task).collect()
    }

    /// Stops a plan because of a failure: tasks that do not run yet are cancelled, except those that wait for this very
    /// failure or for the end of a task that still runs.
    fn stop_plan(&mut self, plan: PlanId, failed: TaskId) {
        let open = self.open_tasks(plan, |_| true);
        let (run, idle): (Vec<TaskId>, Vec<TaskId>) =
            open.into_iter().partition(|task| work::is_at_work(&self.fleet.view.tasks, *task));
        let Some(known) = self.board().get(plan) else { return };
        let node_of = |task: &TaskId| known.members.get(task).map(|member| member.node);
        let ending: BTreeSet<u32> = run.iter().chain([&failed]).filter_map(node_of).collect();
        let spared = spared(&known.spec, &ending);
        let doomed: Vec<TaskId> =
            idle.into_iter().filter(|task| node_of(task).is_none_or(|node| !spared.contains(&node))).collect();
        let reason = format!("{} failed", known.task_name(failed).unwrap_or_default());
        self.record_plan(PlanFact::Stopping { plan, failed, spared: spared.into_iter().collect() });
        for task in doomed {
            self.cancel_task(task, reason.clone(), None);
        }
    }

    /// Makes every node that can be made now, and ends the plan when nothing remains to do.
    fn go_on_with(&mut self, plan: PlanId) {
        while let Some(node) = self.running_plan(plan).and_then(Plan::ripe) {
            self.make(plan, node);
        }
        let Some(known) = self.running_plan(plan).filter(|plan| plan.nothing_left()) else { return };
        let (counts, bad) = (known.counts, bad_end(known));
        let frozen = frozen_with(known);
        self.record_plan(match bad {
            None => PlanFact::Completed { plan, counts },
            Some(reason) => PlanFact::Failed { plan, counts, reason },
        });
        self.thaw(frozen);
    }

    /// Forgets the oldest ended plans, so that with the new plan there are no more than allowed.
    fn forget_old_plans(&mut self) {
        let kept_max = self.fleet.policy.coordination.plans.kept_max as usize;
        let over: Vec<PlanId> =
            self.board().iter().filter(|(_, plan)| plan.state.is_over()).map(|(plan, _)| plan).collect();
        let too_many = over.len().saturating_sub(kept_max.saturating_sub(1));
        for plan in over.into_iter().take(too_many) {
            self.record_plan(PlanFact::Forgotten { plan });
        }
    }
}

/// Returns the nodes that go on although the plan is being stopped: those that wait for a failure or an end of one of
/// `ending`, and those that depend on such a node.
fn spared(spec: &PlanSpec, ending: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut behind: Vec<Vec<(u32, When)>> = alloc::vec![Vec::new(); spec.tasks.len()];
    for (at, task) in (0u32..).zip(&spec.tasks) {
        task.needs.iter().for_each(|need| behind[need.task as usize].push((at, need.when)));
    }
    let foreseen = |node: &u32| behind[*node as usize].iter().filter(|(_, when)| *when != When::Done);
    let mut next: Vec<u32> = ending.iter().flat_map(foreseen).map(|(at, _)| *at).collect();
    let mut spared = BTreeSet::new();
    while let Some(node) = next.pop() {
        if spared.insert(node) {
            next.extend(behind[node as usize].iter().map(|(at, _)| *at));
        }
    }
    spared
}

/// Returns the agents that were frozen with a plan.
fn frozen_with(plan: &Plan) -> Vec<AgentId> {
    plan.paused.as_ref().map(|paused| paused.frozen.clone()).unwrap_or_default()
}

/// Returns why a plan with nothing to do did not end well; none if it ended well.
fn bad_end(plan: &Plan) -> Option<String> {
    let Counts { failed, cancelled, .. } = plan.counts;
    let broken = |node: &&crate::plan::Node| {
        let NodeState::Skipped { why } = &node.state else { return false };
        match why {
            SkipCause::TooManyItems { .. }
            | SkipCause::Refused
            | SkipCause::TooLong { .. }
            | SkipCause::ListCut { .. } => true,
            SkipCause::Needs { .. } | SkipCause::Stopping => false,
        }
    };
    let tasks = |count: u32| if count == 1 { "1 task".into() } else { format!("{count} tasks") };
    match (failed, cancelled) {
        (1.., _) => Some(format!("{} failed", tasks(failed))),
        (0, 1..) => Some(format!("{} cancelled", tasks(cancelled))),
        (0, 0) => plan.nodes.iter().find(broken).map(|_| "a task could not be made".into()),
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
