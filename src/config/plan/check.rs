//! Checks of a plan that no single key can make: names that must exist, conditions, lists, and the graph as a whole.

use super::super::problem::Problem;
use super::super::values::Name;
use super::crew::Crew;
use super::surroundings::Surroundings;
use super::tables::{OneOrMany, PlanTaskTable};
use super::template::{self, Part, Place};
use crate::config::written::Written;
use crate::nearest::{did_you_mean, hint_for_unknown};
use quarterdeck_core::plan::{Fault, Items, Piece, PlanNeed, PlanSpec, PlanTask, graph};
use quarterdeck_core::task::{Placement, When};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The conditions that a need can have, by the words of a plan file.
const CONDITIONS: [(&str, When); 3] = [("failed", When::Failed), ("done", When::Done), ("settled", When::Settled)];

/// Maps the names of tasks to their places in the list.
type Places<'w> = BTreeMap<&'w str, u32>;

/// Turns tasks as written into tasks as the core knows them. What can't be understood is reported and omitted.
pub(super) fn tasks(
    written: &[Written<PlanTaskTable>],
    around: &Surroundings<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<PlanTask> {
    let places: Places = written.iter().map(|task| task.name.as_str()).zip(0u32..).collect();
    let crew = Crew::of(around);
    written
        .iter()
        .map(|task| {
            name(task, problems);
            crew.check(task, problems);
            one(task, &places, around, problems)
        })
        .collect()
}

fn name(task: &Written<PlanTaskTable>, problems: &mut Vec<Problem>) {
    let unfit = match task.name.parse::<Name>() {
        Err(bad) => Some(bad.to_string()),
        Ok(_) if task.name.contains('.') => Some(format!("the task's name `{}` contains a dot", task.name)),
        Ok(_) => None,
    };
    if let Some(what) = unfit {
        let problem = Problem::at(task.name_span.clone(), what);
        problems.push(problem.hint("a task is called `PLAN.TASK`; use letters, digits, `_` and `-`"));
    }
}

fn one(
    task: &Written<PlanTaskTable>,
    places: &Places,
    around: &Surroundings<'_>,
    problems: &mut Vec<Problem>,
) -> PlanTask {
    let table = &task.table;
    let mut filler = Filler { task, places, source: around.source, lists: table.for_each.is_some(), problems };
    let prompt = match &table.prompt {
        Some(prompt) => filler.fill(prompt, task.span("prompt")),
        None => Vec::new(),
    };
    let mut many = |key: &str, texts: &[String]| -> Vec<Vec<Piece>> {
        texts.iter().enumerate().map(|(at, text)| filler.fill(text, task.item_span(key, at))).collect()
    };
    let (locks, outputs) = (many("locks", &table.locks), many("outputs", &table.outputs));
    let items = items(task, &mut filler);
    let silent = table.prompt.as_deref().is_none_or(|prompt| prompt.trim().is_empty());
    let misread = table.prompt.is_none() && task.says("prompt");
    if silent && !misread {
        let what = format!("task `{}` has nothing to do; expected a `prompt`", task.name);
        problems.push(Problem::at(task.span("prompt"), what));
    }
    let mut planned = PlanTask {
        name: task.name.clone(),
        prompt,
        needs: needs(task, places, problems),
        items,
        placement: match (&table.agent, &table.prefer) {
            (Some(agent), _) => Placement::Only(agent.clone()),
            (None, Some(agent)) => Placement::Prefer(agent.clone()),
            (None, None) => Placement::Anyone,
        },
        required_capabilities: table.capabilities.clone(),
        locks,
        verify: table.verify.clone(),
        outputs,
        workspace: table.workspace.map(Into::into).unwrap_or_default(),
        timeout: table.timeout.map(|timeout| timeout.0),
        attempts: table.attempts.map(Into::into),
        priority: table.priority,
    };
    // A task that is told the result of another task also needs it.
    let needed: BTreeSet<u32> = planned.needs.iter().map(|need| need.task).collect();
    let told: BTreeSet<u32> = planned.hears().filter(|of| !needed.contains(of)).collect();
    planned.needs.extend(told.into_iter().map(|task| PlanNeed { task, when: When::Done }));
    planned
}

/// Reads texts that have placeholders to be filled in.
struct Filler<'a, 'w> {
    task: &'a Written<'w, PlanTaskTable>,
    places: &'a Places<'a>,
    source: &'a str,
    lists: bool,
    problems: &'a mut Vec<Problem>,
}

impl Filler<'_, '_> {
    fn fill(&mut self, text: &str, span: Range<usize>) -> Vec<Piece> {
        let mut bad = Vec::new();
        let parts = template::parse(text, &mut bad);
        let located = |place: Place| template::locate(self.source, span.clone(), place);
        self.problems.extend(bad.into_iter().map(|bad| Problem::at(located(bad.place), bad.what).hint(bad.hint)));
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => pieces.push(Piece::Text(text)),
                Part::Item { .. } if self.lists => pieces.push(Piece::Item),
                Part::Item { place } => {
                    let what = format!("`{{{{ item }}}}` in [tasks.{}], which has no `for_each`", self.task.name);
                    self.problems.push(Problem::at(located(place), what).hint("write `for_each = [\"a\", \"b\"]`"));
                }
                Part::Of { task, said, place } => match self.places.get(task.as_str()) {
                    Some(_) if self.task.name == task => {
                        let what = format!("[tasks.{task}] uses its own result");
                        self.problems.push(Problem::at(located(place), what));
                    }
                    Some(of) => pieces.push(Piece::Of { task: *of, said }),
                    None => self.problems.push(no_such_task(located(place), "`{{ … }}`", &task, self.places)),
                },
            }
        }
        pieces
    }
}

fn items(task: &Written<PlanTaskTable>, filler: &mut Filler<'_, '_>) -> Items {
    match &task.table.for_each {
        None => Items::One,
        Some(OneOrMany::Many(items)) => Items::Listed(items.clone()),
        Some(OneOrMany::One(text)) => {
            let before = filler.problems.len();
            let pieces = filler.fill(text, task.span("for_each"));
            match pieces.as_slice() {
                [Piece::Of { task, said }] => Items::Lines { task: *task, of: *said },
                _ if filler.problems.len() > before => Items::One,
                _ => {
                    let what = "`for_each` is a list, or the result of one earlier task";
                    let problem = Problem::at(task.span("for_each"), what);
                    filler.problems.push(problem.hint("write [\"a\", \"b\"] or \"{{ list.result }}\""));
                    Items::One
                }
            }
        }
    }
}

/// Resolves each name in `needs` and `when`. A name that names nothing is reported and omitted.
fn needs(task: &Written<PlanTaskTable>, places: &Places, problems: &mut Vec<Problem>) -> Vec<PlanNeed> {
    let mut needs = Vec::new();
    for (target, when, span, key) in said_needs(task, problems) {
        match places.get(target.as_str()) {
            Some(place) => needs.push(PlanNeed { task: *place, when }),
            None => {
                let place = format!("`{key}` of [tasks.{}]", task.name);
                problems.push(no_such_task(span, &place, &target, places));
            }
        }
    }
    needs
}

/// Lists the needs that `needs` and `when` name, in this order: the name, how it must have ended, its position, and
/// under which key.
fn said_needs(
    task: &Written<PlanTaskTable>,
    problems: &mut Vec<Problem>,
) -> Vec<(String, When, Range<usize>, &'static str)> {
    let plain = task.table.needs.iter().enumerate();
    let mut said: Vec<_> =
        plain.map(|(at, target)| (target.clone(), When::Done, task.item_span("needs", at), "needs")).collect();
    let conditions = match &task.table.when {
        None => Vec::new(),
        Some(OneOrMany::One(text)) => vec![(text, task.span("when"))],
        Some(OneOrMany::Many(texts)) => {
            texts.iter().enumerate().map(|(at, text)| (text, task.item_span("when", at))).collect()
        }
    };
    for (text, span) in conditions {
        match condition(text) {
            Ok((when, target)) => said.push((target, when, span, "when")),
            Err((what, hint)) => problems.push(Problem::at(span, what).hint(hint)),
        }
    }
    said
}

/// Reads a condition such as `failed(build)`: how the task must have ended, and which task.
fn condition(text: &str) -> Result<(When, String), (String, String)> {
    let known = || CONDITIONS.map(|(word, _)| format!("`{word}(NAME)`")).join(", ");
    let parted = text.trim().strip_suffix(')').and_then(|text| text.split_once('('));
    let Some((word, target)) = parted.map(|(word, target)| (word.trim(), target.trim())) else {
        return Err((format!("`{}` is not a condition", text.escape_debug()), format!("expected {}", known())));
    };
    match CONDITIONS.iter().find(|(known, _)| *known == word) {
        Some((_, when)) => Ok((*when, target.to_owned())),
        None => {
            let what = format!("`{}` is not an outcome of a task", word.escape_debug());
            let nearest = did_you_mean(word, CONDITIONS.map(|(word, _)| word));
            Err((
                what,
                nearest.map_or_else(
                    || format!("expected {}", known()),
                    |near| format!("did you mean `{near}({target})`?"),
                ),
            ))
        }
    }
}

fn no_such_task(span: Range<usize>, place: &str, target: &str, places: &Places) -> Problem {
    let problem =
        Problem::at(span, format!("{place} names `{}`, which is not a task of the plan", target.escape_debug()));
    Problem { hint: hint_for_unknown(target, places.keys().copied()), ..problem }
}

/// Checks the graph as a whole, and reports its faults at their places in the file.
pub(super) fn graph(
    spec: &PlanSpec,
    written: &[Written<PlanTaskTable>],
    around: &Surroundings<'_>,
    problems: &mut Vec<Problem>,
) {
    let Err(faults) = graph::check(spec, around.policy) else { return };
    problems.extend(faults.into_iter().filter_map(|fault| placed(fault, spec, written, around)));
}

fn placed(
    fault: Fault,
    spec: &PlanSpec,
    written: &[Written<PlanTaskTable>],
    around: &Surroundings<'_>,
) -> Option<Problem> {
    let task = |at: u32| &written[at as usize];
    let of = |at: u32| task(at).name.as_str();
    let raise = |key: &str| format!("raise `{key}` in [plans] of agents.toml");
    Some(match fault {
        Fault::Empty => Problem::at(around.head.clone(), "the plan has no tasks").hint("write [tasks.NAME] for each"),
        Fault::SelfNeed { task: at, .. } => {
            Problem::at(need_span(task(at), of(at)), format!("task `{}` needs itself", of(at)))
                .hint("it would never start; remove it")
        }
        Fault::NeededTwice { task: at, need } => {
            let needed = of(spec.tasks[at as usize].needs[need as usize].task);
            let what = format!("task `{}` names `{needed}` twice in `needs` and `when`", of(at));
            Problem::at(last_need_span(task(at), needed), what).hint("name the task only once")
        }
        Fault::Cycle { path } => {
            let ring: Vec<&str> = path.iter().chain(path.first()).map(|at| of(*at)).collect();
            let (last, first) = (path.last().copied().unwrap_or(0), path.first().copied().unwrap_or(0));
            Problem::at(
                need_span(task(last), of(first)),
                format!("the tasks need each other in a circle: {}", ring.join(" → ")),
            )
            .hint("each task waits for the next, so none would ever start")
        }
        Fault::BadList { task: at, items: 0, .. } => {
            Problem::at(task(at).span("for_each"), format!("the list of [tasks.{}] has no items", of(at)))
        }
        Fault::BadList { task: at, items, items_max } => {
            let what = format!("the list of [tasks.{}] has {items} items; at most {items_max} are allowed", of(at));
            Problem::at(task(at).span("for_each"), what).hint(raise("items_max"))
        }
        Fault::TooManyTasks { tasks, tasks_max } => {
            let what = format!("the plan has {tasks} tasks; at most {tasks_max} are allowed");
            Problem::at(around.head.clone(), what).hint(raise("tasks_max"))
        }
        Fault::TooManyEdges { edges, edges_max } => {
            let what = format!("the plan's tasks have {edges} needs; at most {edges_max} are allowed");
            Problem::at(around.head.clone(), what).hint(raise("edges_max"))
        }
        Fault::TooDeep { task: at, depth, depth_max } => {
            let what =
                format!("{depth} tasks need one another in a row, up to `{}`; at most {depth_max} are allowed", of(at));
            Problem::at(task(at).name_span.clone(), what).hint(raise("depth_max"))
        }
        // Names are checked where they are read, and needs are added where a text uses another task's result.
        Fault::BadName { .. } | Fault::Duplicate { .. } | Fault::Dangling { .. } | Fault::HearsUnneeded { .. } => {
            return None;
        }
    })
}

/// The place where a task names another in `needs` or `when`; if it does neither, the place where it uses the other's
/// result.
fn need_span(task: &Written<PlanTaskTable>, target: &str) -> Range<usize> {
    spans(task, target).next().unwrap_or_else(|| task.span("prompt"))
}

fn last_need_span(task: &Written<PlanTaskTable>, target: &str) -> Range<usize> {
    spans(task, target).last().unwrap_or_else(|| task.name_span.clone())
}

fn spans(task: &Written<PlanTaskTable>, target: &str) -> impl Iterator<Item = Range<usize>> {
    let said = said_needs(task, &mut Vec::new());
    let target = target.to_owned();
    said.into_iter().filter(move |(name, ..)| *name == target).map(|(_, _, span, _)| span)
}
