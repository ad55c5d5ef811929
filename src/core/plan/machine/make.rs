//! Makes the nodes of a plan into tasks.

use super::{Draft, Plans, work};
use crate::ids::{PlanId, TaskId};
use crate::plan::fill::{filled, lines};
use crate::plan::spec::{Items, PlanNeed, PlanTask, Said};
use crate::plan::{Added, FailMode, NodeState, Plan, PlanFact, SkipCause, TaskEnd};
use crate::task::{Need, TaskDenied, TaskSpec, When};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// The tasks that a node becomes.
pub(crate) struct ToMake {
    /// The place of the node in the plan.
    pub(crate) node: u32,
    /// The tasks to add, one for each item.
    pub(crate) specs: Vec<TaskSpec>,
    /// The items of the node, if it has a list.
    pub(crate) listed: Option<Vec<String>>,
}

/// The decision about a node that no dependency blocks.
enum Verdict {
    Make(Vec<Need>),
    HoldBack { after: u32 },
    Skip(SkipCause),
}

impl Draft {
    /// Returns a node of the plan as a task, to check that it can be added. Texts that are filled in later can only be
    /// checked then.
    pub(crate) fn on_trial(&self, task: &PlanTask) -> TaskSpec {
        let place = (task.items != Items::One).then_some((1, "item"));
        task_of(self.plan, task, &self.prefix, place, Vec::new(), |_, _| "told".into())
    }
}

impl Plans<'_> {
    /// Returns the tasks of a node that waits for the end of no other node; none if it waits. `made` has the tasks of the
    /// nodes that are made already.
    pub(crate) fn first_tasks_of(
        &self,
        plan: PlanId,
        node: u32,
        made: &[Option<Vec<TaskId>>],
    ) -> Option<Vec<TaskSpec>> {
        let known = self.board.get(plan)?;
        let task = &known.spec.tasks[node as usize];
        let needs = |need: &PlanNeed| {
            let tasks = made[need.task as usize].as_ref().filter(|_| !known.awaits_end(need.task, node));
            tasks.map(|tasks| tasks.iter().map(|task| Need { task: *task, when: need.when }).collect::<Vec<Need>>())
        };
        let needs = task.needs.iter().map(needs).collect::<Option<Vec<Vec<Need>>>>()?.concat();
        let listed = match &task.items {
            Items::Lines { .. } => return None,
            Items::Listed(items) => Some(items.as_slice()),
            Items::One => None,
        };
        Some(self.specs_of(plan, known, task, listed, &needs))
    }

    /// Records all first tasks of a plan in one fact, in the order of their nodes.
    pub(crate) fn first_tasks_added(&mut self, plan: PlanId, made: Vec<Option<Vec<TaskId>>>) {
        let of_node = |(node, tasks): (u32, Option<Vec<TaskId>>)| tasks.map(|tasks| self.added(node, tasks));
        let nodes = (0u32..).zip(made).filter_map(of_node).collect();
        self.record(PlanFact::TasksAdded { plan, nodes });
    }

    /// Records that a node is not made, because one of its tasks was refused.
    pub(crate) fn refused(&mut self, plan: PlanId, node: u32, denied: &TaskDenied) {
        self.record(PlanFact::Skipped { plan, node, why: refused(denied) });
    }

    /// Decides about the nodes of a running plan that no dependency blocks any more. Returns the next one that is made.
    pub(crate) fn next_to_make(&mut self, plan: PlanId) -> Option<ToMake> {
        loop {
            let node = self.running(plan).and_then(Plan::ripe)?;
            match self.decide(plan, node)? {
                Ok(to_make) => return Some(to_make),
                Err(fact) => self.record(fact),
            }
        }
    }

    /// Records that the tasks of a node were added, or that one of them was refused.
    pub(crate) fn made(
        &mut self,
        plan: PlanId,
        node: u32,
        listed: Option<Vec<String>>,
        added: Result<Vec<TaskId>, TaskDenied>,
    ) {
        let tasks = match added {
            Ok(tasks) => self.added(node, tasks),
            Err(denied) => return self.refused(plan, node, &denied),
        };
        self.record(match listed {
            Some(items) => PlanFact::Expanded { plan, items, node: tasks },
            None => PlanFact::TasksAdded { plan, nodes: vec![tasks] },
        });
    }

    /// Returns the tasks of one node that no dependency blocks, or the fact that it is not made.
    fn decide(&self, plan: PlanId, node: u32) -> Option<Result<ToMake, PlanFact>> {
        let known = self.board.get(plan)?;
        let task = &known.spec.tasks[node as usize];
        let skipped = |why| Some(Err(PlanFact::Skipped { plan, node, why }));
        let needs = match verdict(known, node, task) {
            Verdict::Make(needs) => needs,
            Verdict::HoldBack { after } => return Some(Err(PlanFact::HeldBack { plan, node, after })),
            Verdict::Skip(why) => return skipped(why),
        };
        if let Items::Lines { task, of } = &task.items
            && self.told_a_part(plan, *task, *of)
        {
            return skipped(SkipCause::ListCut { node: *task });
        }
        let listed = match &task.items {
            Items::One => None,
            Items::Listed(items) => Some(items.clone()),
            Items::Lines { task, of } => Some(lines(&self.told(plan, *task, *of))),
        };
        let items_max = self.policy.items_max;
        if let Some(items) = listed.as_ref().filter(|items| items.len() > items_max as usize) {
            return skipped(SkipCause::TooManyItems { items: items.len() as u32, items_max });
        }
        let specs = self.specs_of(plan, known, task, listed.as_deref(), &needs);
        Some(Ok(ToMake { node, specs, listed }))
    }

    /// Returns the tasks that a node becomes: one for each item of its list, or a single one.
    fn specs_of(
        &self,
        plan: PlanId,
        known: &Plan,
        task: &PlanTask,
        listed: Option<&[String]>,
        needs: &[Need],
    ) -> Vec<TaskSpec> {
        let spec =
            |place| task_of(plan, task, &known.prefix, place, needs.to_vec(), |of, said| self.told(plan, of, said));
        match listed {
            None => vec![spec(None)],
            Some(items) => (1..).zip(items).map(|(number, item)| spec(Some((number, item.as_str())))).collect(),
        }
    }

    /// Returns the results of all tasks of a node, one after the other.
    fn told(&self, plan: PlanId, node: u32, said: Said) -> String {
        let tasks = self.board.get(plan).and_then(|known| known.nodes.get(node as usize)).map(|node| &node.tasks);
        let told = tasks.into_iter().flatten().map(|task| work::told(self.tasks, *task, said));
        told.filter(|text| !text.is_empty()).collect::<Vec<String>>().join("\n")
    }

    /// Whether only the end of a result is known, for one of the tasks of a node.
    fn told_a_part(&self, plan: PlanId, node: u32, said: Said) -> bool {
        let node = self.board.get(plan).and_then(|known| known.nodes.get(node as usize));
        let mut tasks = node.into_iter().flat_map(|node| &node.tasks);
        tasks.any(|task| work::told_a_part(self.tasks, *task, said))
    }

    /// Returns a node with its tasks, including those that ended before the plan knew of them.
    fn added(&self, node: u32, tasks: Vec<TaskId>) -> Added {
        let board = self.tasks;
        let ended = tasks.iter().filter_map(|task| work::end_of(board, *task).map(|end| (*task, end))).collect();
        Added { node, tasks, ended }
    }
}

/// Returns why a node is not made after one of its tasks was refused.
fn refused(denied: &TaskDenied) -> SkipCause {
    match denied {
        TaskDenied::TooLong { text, bytes_max } => SkipCause::TooLong { text: *text, bytes_max: *bytes_max },
        _ => SkipCause::Refused,
    }
}

/// Returns the specification of a task, as it is given to the queue of tasks.
fn task_of(
    plan: PlanId,
    task: &PlanTask,
    prefix: &str,
    place: Option<(usize, &str)>,
    needs: Vec<Need>,
    told: impl Fn(u32, Said) -> String,
) -> TaskSpec {
    let item = place.map(|(_, item)| item);
    let fill = |pieces: &Vec<_>| filled(pieces, item, &told);
    TaskSpec {
        name: match place {
            None => format!("{prefix}.{}", task.name),
            Some((number, _)) => format!("{prefix}.{}.{number}", task.name),
        },
        prompt: fill(&task.prompt),
        priority: task.priority,
        required_capabilities: task.required_capabilities.clone(),
        placement: task.placement.clone(),
        needs,
        locks: task.locks.iter().map(fill).collect(),
        verify: task.verify.clone(),
        outputs: task.outputs.iter().map(fill).collect(),
        workspace: task.workspace,
        timeout: task.timeout,
        attempts: task.attempts,
        plan: Some(plan),
        parent: None,
        file: None,
        routed: None,
    }
}

/// Decides about a node whose dependencies are all made or ended, as far as each must be.
fn verdict(plan: &Plan, node: u32, task: &PlanTask) -> Verdict {
    if plan.stopping.is_some() && !plan.spared.contains(&node) {
        return Verdict::Skip(SkipCause::Stopping);
    }
    let mut needs = Vec::new();
    for need in &task.needs {
        let bad = || SkipCause::Needs { node: need.task, when: need.when };
        match plan.nodes[need.task as usize].state {
            NodeState::Skipped { .. } if need.when == When::Settled => continue,
            NodeState::Skipped { .. } => return Verdict::Skip(bad()),
            NodeState::Made | NodeState::Waits | NodeState::HeldBack { .. } => {}
        }
        let ends: Vec<(TaskId, Option<TaskEnd>)> = plan.ends(need.task).collect();
        let ended = ends.iter().all(|(_, end)| end.is_some());
        let as_it_must = |end: &Option<TaskEnd>| end.is_some_and(|end| end.satisfies(need.when));
        let enough = match need.when {
            When::Failed => ends.iter().any(|(_, end)| as_it_must(end)),
            When::Done | When::Settled => ends.iter().all(|(_, end)| as_it_must(end)),
        };
        let failed = ends.iter().any(|(_, end)| *end == Some(TaskEnd::Failed));
        match (ended, enough) {
            (true, false) if plan.spec.fail_mode == FailMode::Continue && need.when == When::Done && failed => {
                return Verdict::HoldBack { after: need.task };
            }
            (true, false) => return Verdict::Skip(bad()),
            (true, true) => {
                let passed = ends.iter().filter(|(_, end)| as_it_must(end));
                needs.extend(passed.map(|(task, _)| Need { task: *task, when: need.when }));
            }
            (false, _) => needs.extend(ends.iter().map(|(task, _)| Need { task: *task, when: need.when })),
        }
    }
    Verdict::Make(needs)
}
