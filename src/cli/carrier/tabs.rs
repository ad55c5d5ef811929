//! Fetches the data of the dashboard's tabs, and carries out the actions that are started from them.

use crate::api;
use crate::api::messages::MessageQuery;
use crate::api::tasks::TaskQuery;
use crate::client::{Client, ClientError};
use crate::tui::model::messages::MESSAGES_MAX;
use crate::tui::{Answer, Data, Deed, Topic};

/// Fetches the data of a tab.
pub(super) async fn fetch(client: &Client, topic: &Topic) -> Result<Data, ClientError> {
    match topic {
        Topic::Tasks => client.call(&api::tasks::LIST_TASKS, &[], &TaskQuery::default()).await.map(Data::Tasks),
        Topic::Task(task) => {
            client.call(&api::tasks::GET_TASK, &[task], &()).await.map(|task| Data::Task(Box::new(task)))
        }
        Topic::Why(task) => {
            client.call(&api::tasks::EXPLAIN_TASK, &[task], &()).await.map(|why| Data::Why(task.clone(), why))
        }
        Topic::Plans => client.call(&api::plans::LIST_PLANS, &[], &()).await.map(Data::Plans),
        Topic::Plan(plan) => {
            client.call(&api::plans::GET_PLAN, &[plan], &()).await.map(|plan| Data::Plan(Box::new(plan)))
        }
        Topic::Locks => client.call(&api::locks::LIST_LOCKS, &[], &()).await.map(Data::Locks),
        Topic::Conflicts => client.call(&api::conflicts::LIST_CONFLICTS, &[], &()).await.map(Data::Conflicts),
        Topic::Conflict(id) => {
            client.call(&api::conflicts::GET_CONFLICT, &[id], &()).await.map(|detail| Data::Conflict(Box::new(detail)))
        }
        Topic::Messages(agent) => {
            let query = MessageQuery { agent: agent.clone(), limit: Some(MESSAGES_MAX), ..MessageQuery::default() };
            client.call(&api::messages::LIST_MESSAGES, &[], &query).await.map(Data::Messages)
        }
    }
}

/// Carries out an action that a person started in a tab.
pub(super) async fn perform(client: &Client, deed: Deed) -> Result<Answer, ClientError> {
    match deed {
        Deed::AddTask(task) => client.call(&api::tasks::ADD_TASK, &[], &task).await.map(drop),
        Deed::CancelTask { task, reason } => client.call(&api::tasks::CANCEL_TASK, &[&task], &reason).await.map(drop),
        Deed::RetryTask { task, reason } => client.call(&api::tasks::RETRY_TASK, &[&task], &reason).await.map(drop),
        Deed::PausePlan { plan, pause } => client.call(&api::plans::PAUSE_PLAN, &[&plan], &pause).await.map(drop),
        Deed::ResumePlan { plan } => client.call(&api::plans::RESUME_PLAN, &[&plan], &()).await.map(drop),
        Deed::CancelPlan { plan } => {
            let reason = api::tasks::Reason { reason: Some("cancelled in the dashboard".to_owned()) };
            client.call(&api::plans::CANCEL_PLAN, &[&plan], &reason).await.map(drop)
        }
        Deed::ForceLock(force) => client.call(&api::locks::FORCE_LOCK, &[], &force).await.map(drop),
        Deed::TakeConflict { conflict, take } => {
            client.call(&api::conflicts::TAKE_CONFLICT, &[&conflict], &take).await.map(drop)
        }
        Deed::SendMessage(message) => client.call(&api::messages::SEND_MESSAGE, &[], &message).await.map(drop),
        Deed::Commit { agent, request } => {
            client.call(&api::work::COMMIT_AGENT_WORK, &[&agent], &request).await.map(drop)
        }
    }
    .map(|()| Answer::Done)
}
