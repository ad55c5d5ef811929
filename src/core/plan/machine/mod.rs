//! The machine of plans: which tasks a plan makes, what a failure does to them, and when the plan has ended.
//!
//! What crosses to other machines, and which way:
//!
//! ```text
//!   tasks ── the results and ends of a plan's tasks (`TaskBoard`: read only) ──► ┌───────┐ ──► recorder: facts
//!   fleet ── the end of a task · the tasks that were added, or refused ────────► │ Plans │
//!                                                                                └───┬───┘
//!   values that a call returns, which the fleet carries out before the next call ◄───┘
//!     specifications ─► tasks are added       tasks without hope ─► they are cancelled
//!     tasks to try again ─► they are reopened  agents ─► they are frozen, or go on
//! ```
//!
//! A running plan can only be over in a step in which one of its tasks ends, so only these steps check for it. [`make`]
//! decides which tasks a node becomes.

pub(crate) mod make;
pub(crate) mod work;

use super::graph::{Fault, Shape, check};
use super::{
    Counts, FailMode, Items, NodeState, Plan, PlanBoard, PlanDenied, PlanFact, PlanPolicy, PlanSpec, PlanState,
    PlanTask, Running, SkipCause, TaskEnd,
};
use crate::fact::FactKind;
use crate::ids::{AgentId, PlanId, RunId, TaskId};
use crate::party::Party;
use crate::recorder::Recorder;
use crate::task::{TaskBoard, TaskPolicy, When};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The machine of plans, with the board of all plans.
pub(crate) struct Plans<'a> {
    /// All plans, with their nodes and members.
    pub(crate) board: &'a mut PlanBoard,
    /// The configured limits of plans.
    pub(crate) policy: &'a PlanPolicy,
    /// The tasks, with their results and ends.
    pub(crate) tasks: &'a TaskBoard,
    /// The configured limits of tasks.
    pub(crate) task_policy: &'a TaskPolicy,
    /// The place for decisions.
    pub(crate) out: &'a mut Recorder,
}

/// A plan that was checked, before anything of it is recorded.
pub(crate) struct Draft {
    /// The number that the plan gets.
    pub(crate) plan: PlanId,
    /// The prefix in the names of its tasks.
    pub(crate) prefix: String,
    /// The order of its nodes, and its size.
    pub(crate) shape: Shape,
}

/// The tasks that are cancelled because of a failure, and why.
#[derive(Default)]
pub(crate) struct Doomed {
    /// The tasks that are cancelled.
    pub(crate) tasks: Vec<TaskId>,
    /// Why the tasks are cancelled.
    pub(crate) reason: String,
}

impl Plans<'_> {
    /// Checks a plan as a whole, before anything is recorded.
    pub(crate) fn draft(&self, spec: &PlanSpec) -> Result<Draft, PlanDenied> {
        self.room_for_one_more()?;
        let shape = check(spec, self.policy).map_err(|faults| {
            let fault = faults.into_iter().next().unwrap_or(Fault::Empty);
            PlanDenied::Invalid { fault }
        })?;
        work::room(self.tasks, self.task_policy, shape.tasks as usize, &spec.name)?;
        Ok(Draft { plan: self.board.next(), prefix: self.prefix_for(spec), shape })
    }

    /// Begins a plan whose tasks can all be added. The first tasks follow, and then [`Plans::started`].
    pub(crate) fn begin(&mut self, draft: Draft, spec: Box<PlanSpec>) {
        let Draft { plan, prefix, shape: Shape { layers, tasks, edges, .. } } = draft;
        let layers = layers.iter().max().map_or(0, |last| last + 1);
        self.forget_old();
        self.record(PlanFact::Drafted { plan, prefix, spec });
        self.record(PlanFact::Validating { plan });
        self.record(PlanFact::Validated { plan, tasks, edges, layers });
    }

    /// Notes that the first tasks of a plan were made.
    pub(crate) fn started(&mut self, plan: PlanId) {
        self.record(PlanFact::Ready { plan });
        self.record(PlanFact::Started { plan });
    }

    /// Applies the end of a task to its plan. Returns the tasks that are cancelled because of it; none if the plan does
    /// not run. If this ends the plan, no other task of the plan was assigned since, because [`PlanBoard::assigns`]
    /// refuses it from the moment of the fact.
    pub(crate) fn task_ended(&mut self, plan: PlanId, task: TaskId) -> Option<Doomed> {
        let known = self.running(plan)?;
        // A task that is only being made is not a member yet; the code that makes it handles its end.
        let end = known.members.get(&task)?.end;
        let stops = known.must_stop() && matches!(end, Some(TaskEnd::Failed | TaskEnd::Cancelled));
        Some(if stops { self.stop(plan, task) } else { Doomed::default() })
    }

    /// Cancels a plan. Returns the agents that its pause froze; its tasks are cancelled too.
    pub(crate) fn cancel(
        &mut self,
        plan: PlanId,
        reason: String,
        by: Option<Party>,
    ) -> Result<Vec<AgentId>, PlanDenied> {
        let frozen = frozen_with(self.unfinished(plan)?);
        self.record(PlanFact::Cancelled { plan, reason, by });
        Ok(frozen)
    }

    /// Returns the agents that work on tasks of a plan that may be paused.
    pub(crate) fn may_pause(&self, plan: PlanId) -> Result<BTreeSet<AgentId>, PlanDenied> {
        if self.unfinished(plan)?.paused.is_some() {
            return Err(PlanDenied::AlreadyPaused);
        }
        let open = self.board.open_tasks(plan).into_iter();
        Ok(open.filter_map(|task| work::worker(self.tasks, task)).collect())
    }

    /// Notes that a plan is paused, and which agents were frozen with it.
    pub(crate) fn paused(&mut self, plan: PlanId, running: Running, frozen: Vec<AgentId>) {
        self.record(PlanFact::Paused { plan, running, frozen });
    }

    /// Resumes a paused plan. Returns the agents that its pause froze.
    pub(crate) fn resume(&mut self, plan: PlanId) -> Result<Vec<AgentId>, PlanDenied> {
        let frozen = self.unfinished(plan)?.paused.clone().ok_or(PlanDenied::NotPaused)?.frozen;
        self.record(PlanFact::Resumed { plan });
        Ok(frozen)
    }

    /// Returns the plan that freezes the agent of a run whose process has now started: the plan of its task was paused
    /// and frozen while the process was still being started.
    pub(crate) fn freezes(&self, run: RunId) -> Option<PlanId> {
        let plan = self.tasks.task_of(run)?.1.spec.plan?;
        let paused = self.running(plan)?.paused.as_ref()?;
        (paused.running == Running::Freeze).then_some(plan)
    }

    /// Notes that an agent was frozen after the pause of its plan.
    pub(crate) fn froze(&mut self, plan: PlanId, agent: AgentId) {
        self.record(PlanFact::Froze { plan, agent });
    }

    /// Lets a failed plan continue from its failed tasks: tasks that are done stay done; tasks that were skipped, held back
    /// or cancelled because of a failure wait again. Returns the failed and cancelled tasks to try again: the given one,
    /// or all of them. All of them are tried if no task is given, or if the fail mode lets nothing continue while one of
    /// them remains.
    pub(crate) fn reopen(&mut self, plan: PlanId, task: Option<TaskId>) -> Result<Vec<TaskId>, PlanDenied> {
        let bad = self.reopenable(plan, task)?;
        self.record(PlanFact::Reopened { plan });
        Ok(bad)
    }

    /// Ends a plan when nothing remains to do. Returns the agents that its pause froze.
    pub(crate) fn end(&mut self, plan: PlanId) -> Vec<AgentId> {
        let Some(known) = self.running(plan).filter(|plan| plan.nothing_left()) else { return Vec::new() };
        let (counts, bad) = (known.counts, bad_end(known));
        let frozen = frozen_with(known);
        self.record(match bad {
            None => PlanFact::Completed { plan, counts },
            Some(reason) => PlanFact::Failed { plan, counts, reason },
        });
        frozen
    }
}

impl Plans<'_> {
    fn running(&self, plan: PlanId) -> Option<&Plan> {
        self.board.get(plan).filter(|plan| plan.state == PlanState::Running)
    }

    fn unfinished(&self, plan: PlanId) -> Result<&Plan, PlanDenied> {
        match self.board.get(plan) {
            None => Err(PlanDenied::UnknownPlan),
            Some(known) if known.state.is_over() => Err(PlanDenied::Over { state: known.state }),
            Some(known) => Ok(known),
        }
    }

    fn record(&mut self, fact: PlanFact) {
        self.board.apply(&fact, self.out.now());
        self.out.record((None, None), FactKind::Plan(fact));
    }

    /// Verifies that one more plan may run.
    fn room_for_one_more(&self) -> Result<(), PlanDenied> {
        let plans_max = self.policy.running_max;
        let running = self.board.iter().filter(|(_, plan)| !plan.state.is_over()).count();
        if running >= plans_max as usize { Err(PlanDenied::TooMany { plans_max }) } else { Ok(()) }
    }

    /// Returns the prefix of a plan's tasks, which are named `PLAN.NAME`, or `PLAN.p7.NAME` while an earlier plan with
    /// that name is known.
    fn prefix_for(&self, spec: &PlanSpec) -> String {
        let name = &spec.name;
        let tasks = self.tasks;
        let taken = |task: &PlanTask| match task.items {
            Items::One => tasks.find(&format!("{name}.{}", task.name)).is_some(),
            Items::Listed(_) | Items::Lines { .. } => tasks.find(&format!("{name}.{}.1", task.name)).is_some(),
        };
        match self.board.newest(name).is_some() || spec.tasks.iter().any(taken) {
            false => name.clone(),
            true => format!("{name}.{}", self.board.next()),
        }
    }

    /// Stops a plan because of a failure: tasks that do not run yet are cancelled, except those that wait for this very
    /// failure or for the end of a task that still runs.
    fn stop(&mut self, plan: PlanId, failed: TaskId) -> Doomed {
        let open = self.board.open_tasks(plan);
        let (run, idle): (Vec<TaskId>, Vec<TaskId>) =
            open.into_iter().partition(|task| work::is_at_work(self.tasks, *task));
        let Some(known) = self.board.get(plan) else { return Doomed::default() };
        let node_of = |task: &TaskId| known.members.get(task).map(|member| member.node);
        let ending: BTreeSet<u32> = run.iter().chain([&failed]).filter_map(node_of).collect();
        let spared = spared(&known.spec, &ending);
        let tasks: Vec<TaskId> =
            idle.into_iter().filter(|task| node_of(task).is_none_or(|node| !spared.contains(&node))).collect();
        let reason = format!("{} failed", known.task_name(failed).unwrap_or_default());
        self.record(PlanFact::Stopping { plan, failed, spared: spared.into_iter().collect() });
        Doomed { tasks, reason }
    }

    /// Returns the tasks to try again. Refused for a plan that did not fail, or whose tasks are no longer all known.
    fn reopenable(&self, plan: PlanId, task: Option<TaskId>) -> Result<Vec<TaskId>, PlanDenied> {
        let known = self.board.get(plan).ok_or(PlanDenied::UnknownPlan)?;
        let kept = known.members.keys().all(|task| self.tasks.get(*task).is_some());
        if known.state != PlanState::Failed || !kept {
            return Err(PlanDenied::Over { state: known.state });
        }
        self.room_for_one_more()?;
        let is_bad = |end: Option<TaskEnd>| matches!(end, Some(TaskEnd::Failed | TaskEnd::Cancelled));
        let bad = known.members.iter().filter(|(_, member)| is_bad(member.end)).map(|(task, _)| *task);
        Ok(match task {
            Some(task) if known.spec.fail_mode != FailMode::Stop => alloc::vec![task],
            _ => bad.collect(),
        })
    }

    /// Forgets the oldest ended plans, so that with the new plan there are no more than allowed.
    fn forget_old(&mut self) {
        let kept_max = self.policy.kept_max as usize;
        let over: Vec<PlanId> =
            self.board.iter().filter(|(_, plan)| plan.state.is_over()).map(|(plan, _)| plan).collect();
        let too_many = over.len().saturating_sub(kept_max.saturating_sub(1));
        for plan in over.into_iter().take(too_many) {
            self.record(PlanFact::Forgotten { plan });
        }
    }
}

impl PlanBoard {
    /// Returns the tasks of a plan that have not ended.
    pub(crate) fn open_tasks(&self, plan: PlanId) -> Vec<TaskId> {
        let members = self.get(plan).into_iter().flat_map(|plan| &plan.members);
        members.filter(|(_, member)| member.end.is_none()).map(|(task, _)| *task).collect()
    }
}

/// Returns the nodes that continue although the plan is being stopped: those that wait for a failure or an end of one of
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
    let broken = |node: &&super::Node| {
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
