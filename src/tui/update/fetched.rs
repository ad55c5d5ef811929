//! Stores data that were fetched for a tab where the tab shows them.

use super::super::model::dialog::Overlay;
use super::super::model::{Line, Model, Tone};
use super::super::topic::{Data, Topic};
use super::{commit, graph};
use crate::api::error::Problem;

pub(super) fn take(model: &mut Model, topic: &Topic, data: Result<Data, Problem>) {
    let now_ms = model.now_ms;
    model.tabs.wants.answered(topic, data.is_err(), now_ms);
    match (topic, data) {
        (Topic::Tasks, Ok(Data::Tasks(tasks))) => model.tabs.tasks.apply(tasks),
        (Topic::SomeTasks(ids), Ok(Data::Tasks(tasks))) => model.tabs.tasks.apply_some(ids, tasks),
        (Topic::Task(_), Ok(Data::Task(detail))) => model.tabs.detail = Some(*detail),
        (Topic::Why(task), Ok(Data::Why(why))) => model.tabs.why = Some((task.clone(), why)),
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
        (Topic::Explanation(name), Ok(Data::Explanation(heard))) => {
            if let Some(Overlay::Explain { agent, explanation, .. }) = &mut model.overlay
                && agent == name
            {
                *explanation = Some(heard);
            }
        }
        (Topic::Work(_), Ok(Data::Work(detail))) => commit::take(model, *detail),
        // Data that do not fit their topic are dropped.
        (_, Ok(_)) => {}
        (topic, Err(problem)) if model.line == Line::Up => {
            close(model, topic);
            model.toast(Tone::Failure, format!("{}: {}", topic.words(), problem.why_and_hint()));
        }
        (_, Err(_)) => {}
    }
}

/// Closes the overlay that waits for the data of a topic, because they do not come.
fn close(model: &mut Model, topic: &Topic) {
    let waits = match (&model.overlay, topic) {
        (Some(Overlay::Explain { agent, explanation: None, .. }), Topic::Explanation(name)) => agent == name,
        (Some(Overlay::Commit(form)), Topic::Work(name)) => form.detail.is_none() && form.agent == *name,
        _ => false,
    };
    if waits {
        model.overlay = None;
    }
}
