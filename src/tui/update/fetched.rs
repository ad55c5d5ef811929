//! Stores data that were fetched for a tab where the tab shows them.

use super::super::link::{Data, Topic};
use super::super::model::{Line, Model, Tone};
use super::graph;
use crate::api::error::Problem;

pub(super) fn take(model: &mut Model, topic: &Topic, data: Result<Data, Problem>) {
    let now_ms = model.now_ms;
    model.tabs.wants.answered(topic, data.is_err(), now_ms);
    match (topic, data) {
        (Topic::Tasks, Ok(Data::Tasks(tasks))) => model.tabs.tasks.apply(tasks),
        (Topic::SomeTasks(ids), Ok(Data::Tasks(tasks))) => model.tabs.tasks.apply_some(ids, tasks),
        (Topic::Task(_), Ok(Data::Task(detail))) => model.tabs.detail = Some(*detail),
        (Topic::Why(_), Ok(Data::Why(task, why))) => model.tabs.why = Some((task, why)),
        (Topic::Plans, Ok(Data::Plans(plans))) => model.tabs.plan.apply_list(plans),
        (Topic::Plan(_), Ok(Data::Plan(detail))) => {
            if model.tabs.plan.apply(*detail) {
                graph::show_selected(model);
            }
        }
        (Topic::Locks, Ok(Data::Locks(locks))) => model.tabs.locks.apply(locks),
        (Topic::Conflicts, Ok(Data::Conflicts(conflicts))) => model.tabs.locks.apply_conflicts(conflicts),
        (Topic::Conflict(_), Ok(Data::Conflict(detail))) => model.tabs.conflict = Some(*detail),
        (Topic::Messages(agent), Ok(Data::Messages(messages))) => {
            // Meanwhile the user may have chosen another agent's messages.
            if *agent == model.tabs.messages.agent {
                model.tabs.messages.apply(messages);
            }
        }
        // Data that do not fit their topic are dropped.
        (_, Ok(_)) => {}
        (topic, Err(problem)) if model.line == Line::Up => {
            model.toast(Tone::Failure, format!("{}: {}", name(topic), problem.why));
        }
        (_, Err(_)) => {}
    }
}

fn name(topic: &Topic) -> String {
    match topic {
        Topic::Tasks | Topic::SomeTasks(_) => "the tasks".to_owned(),
        Topic::Task(task) | Topic::Why(task) => format!("task {task}"),
        Topic::Plans => "the plans".to_owned(),
        Topic::Plan(plan) => format!("plan {plan}"),
        Topic::Locks => "the locks".to_owned(),
        Topic::Conflicts => "the conflicts".to_owned(),
        Topic::Conflict(id) => format!("conflict {id}"),
        Topic::Messages(None) => "the messages".to_owned(),
        Topic::Messages(Some(agent)) => format!("the messages of {agent}"),
    }
}
