//! Makes the nodes of a plan into tasks.

use super::{Step, work};
use crate::ids::{PlanId, TaskId};
use crate::party::Party;
use crate::plan::fill::{filled, lines};
use crate::plan::spec::{Items, PlanNeed, PlanSpec, PlanTask, Said};
use crate::plan::{Added, FailMode, NodeState, Plan, PlanDenied, PlanFact, SkipCause, TaskEnd};
use crate::task::{Need, TaskDenied, TaskSpec, When};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// The decision about a node that no dependency blocks.
enum Verdict {
    Make(Vec<Need>),
    HoldBack { after: u32 },
    Skip(SkipCause),
}

impl Step<'_> {
    /// Verifies that every task of a plan can be added, before anything is recorded. Texts that are filled in later can
    /// only be checked then.
    pub(super) fn tasks_fit(&mut self, plan: PlanId, prefix: &str, spec: &PlanSpec) -> Result<(), PlanDenied> {
        let next = self.fleet.view.tasks.next();
        for task in &spec.tasks {
            let place = (task.items != Items::One).then_some((1, "item"));
            let fits = task_of(plan, task, prefix, place, Vec::new(), |_, _| "told".into());
            let refused = |denied| PlanDenied::TaskRefused { task: task.name.clone(), denied };
            self.with_tasks(|tasks| tasks.checked(fits, next)).map_err(refused)?;
        }
        Ok(())
    }

    /// Makes all nodes that wait for the end of no other node, in one fact.
    pub(super) fn make_first_tasks(&mut self, plan: PlanId, order: &[u32]) {
        let Some(known) = self.board().get(plan) else { return };
        let mut made: Vec<Option<Vec<TaskId>>> = vec![None; known.nodes.len()];
        let spec = known.spec.clone();
        let prefix = known.prefix.clone();
        for node in order {
            let task = &spec.tasks[*node as usize];
            let needs = |need: &PlanNeed| {
                let behind_its_end = self.board().get(plan).is_none_or(|known| known.awaits_end(need.task, *node));
                let tasks = made[need.task as usize].as_ref().filter(|_| !behind_its_end);
                tasks.map(|tasks| tasks.iter().map(|task| Need { task: *task, when: need.when }).collect::<Vec<Need>>())
            };
            let Some(needs) = task.needs.iter().map(needs).collect::<Option<Vec<Vec<Need>>>>() else { continue };
            let items = match &task.items {
                Items::Lines { .. } => continue,
                Items::Listed(items) => items.iter().map(|item| Some(item.clone())).collect(),
                Items::One => vec![None],
            };
            let needs = needs.concat();
            match self.add_tasks_of(plan, task, &prefix, &items, &needs) {
                Ok(tasks) => made[*node as usize] = Some(tasks),
                Err(denied) => self.record_plan(PlanFact::Skipped { plan, node: *node, why: refused(&denied) }),
            }
        }
        let of_node = |(node, tasks): (u32, Option<Vec<TaskId>>)| tasks.map(|tasks| self.added(node, tasks));
        let nodes = (0u32..).zip(made).filter_map(of_node).collect();
        self.record_plan(PlanFact::TasksAdded { plan, nodes });
    }

    /// Makes one node that no dependency blocks, or records why it is not made.
    pub(super) fn make(&mut self, plan: PlanId, node: u32) {
        let Some(known) = self.board().get(plan) else { return };
        let (task, prefix) = (known.spec.tasks[node as usize].clone(), known.prefix.clone());
        let needs = match verdict(known, node, &task) {
            Verdict::Make(needs) => needs,
            Verdict::HoldBack { after } => return self.record_plan(PlanFact::HeldBack { plan, node, after }),
            Verdict::Skip(why) => return self.record_plan(PlanFact::Skipped { plan, node, why }),
        };
        if let Items::Lines { task, of } = &task.items
            && self.told_a_part(plan, *task, *of)
        {
            return self.record_plan(PlanFact::Skipped { plan, node, why: SkipCause::ListCut { node: *task } });
        }
        let listed = match &task.items {
            Items::One => None,
            Items::Listed(items) => Some(items.clone()),
            Items::Lines { task, of } => Some(lines(&self.told(plan, *task, *of))),
        };
        let items_max = self.fleet.policy.coordination.plans.items_max;
        if let Some(items) = listed.as_ref().filter(|items| items.len() > items_max as usize) {
            let why = SkipCause::TooManyItems { items: items.len() as u32, items_max };
            return self.record_plan(PlanFact::Skipped { plan, node, why });
        }
        let items = listed.clone().map_or_else(|| vec![None], |items| items.into_iter().map(Some).collect());
        match (self.add_tasks_of(plan, &task, &prefix, &items, &needs), listed) {
            (Err(denied), _) => self.record_plan(PlanFact::Skipped { plan, node, why: refused(&denied) }),
            (Ok(tasks), Some(items)) => {
                let node = self.added(node, tasks);
                self.record_plan(PlanFact::Expanded { plan, items, node });
            }
            (Ok(tasks), None) => {
                let nodes = vec![self.added(node, tasks)];
                self.record_plan(PlanFact::TasksAdded { plan, nodes });
            }
        }
    }

    /// Adds one task for each item. If one is refused, the tasks added before it are cancelled.
    fn add_tasks_of(
        &mut self,
        plan: PlanId,
        task: &PlanTask,
        prefix: &str,
        items: &[Option<String>],
        needs: &[Need],
    ) -> Result<Vec<TaskId>, TaskDenied> {
        let mut tasks = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let place = item.as_deref().map(|item| (index + 1, item));
            let told = |of, said| self.told(plan, of, said);
            let spec = task_of(plan, task, prefix, place, needs.to_vec(), told);
            match self.with_tasks(|tasks| tasks.add(spec, &Party::Outside(String::new()))) {
                Ok(id) => tasks.push(id),
                Err(denied) => {
                    let why = format!("the task of item {} was refused", index + 1);
                    tasks.into_iter().for_each(|task| self.cancel_task(task, why.clone(), None));
                    return Err(denied);
                }
            }
        }
        Ok(tasks)
    }

    /// Returns the results of all tasks of a node, one after the other.
    fn told(&self, plan: PlanId, node: u32, said: Said) -> String {
        let tasks = self.board().get(plan).and_then(|known| known.nodes.get(node as usize)).map(|node| &node.tasks);
        let told = tasks.into_iter().flatten().map(|task| work::told(&self.fleet.view.tasks, *task, said));
        told.filter(|text| !text.is_empty()).collect::<Vec<String>>().join("\n")
    }

    /// Whether only the end of a result is known, for one of the tasks of a node.
    fn told_a_part(&self, plan: PlanId, node: u32, said: Said) -> bool {
        let node = self.board().get(plan).and_then(|known| known.nodes.get(node as usize));
        let mut tasks = node.into_iter().flat_map(|node| &node.tasks);
        tasks.any(|task| work::told_a_part(&self.fleet.view.tasks, *task, said))
    }

    /// Returns a node with its tasks, including those that ended before the plan knew of them.
    fn added(&self, node: u32, tasks: Vec<TaskId>) -> Added {
        let board = &self.fleet.view.tasks;
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
