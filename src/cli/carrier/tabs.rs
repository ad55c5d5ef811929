//! Fetches the data of the dashboard's tabs, and carries out the actions that are started from them.

use crate::api::messages::MessageQuery;
use crate::api::tasks::TaskQuery;
use crate::client::{Client, ClientError};
use crate::tui::model::messages::MESSAGES_MAX;
use crate::tui::{Answer, Data, Deed, Topic};

/// Fetches the data of a tab.
pub(super) async fn fetch(client: &Client, topic: &Topic) -> Result<Data, ClientError> {
    match topic {
        Topic::Tasks => client.tasks(&TaskQuery::default()).await.map(Data::Tasks),
        Topic::Task(task) => client.task(task).await.map(|task| Data::Task(Box::new(task))),
        Topic::Why(task) => client.explain_task(task).await.map(|why| Data::Why(task.clone(), why)),
        Topic::Plans => client.plans().await.map(Data::Plans),
        Topic::Plan(plan) => client.plan(plan).await.map(|plan| Data::Plan(Box::new(plan))),
        Topic::Locks => client.locks().await.map(Data::Locks),
        Topic::Conflicts => client.conflicts().await.map(Data::Conflicts),
        Topic::Conflict(id) => client.conflict(id).await.map(|detail| Data::Conflict(Box::new(detail))),
        Topic::Messages(agent) => {
            let query = MessageQuery { agent: agent.clone(), limit: Some(MESSAGES_MAX), ..MessageQuery::default() };
            client.messages(&query).await.map(Data::Messages)
        }
    }
}

/// Carries out an action that a person started in a tab.
pub(super) async fn perform(client: &Client, deed: Deed) -> Result<Answer, ClientError> {
    match deed {
        Deed::AddTask(task) => client.add_task(&task).await.map(drop),
        Deed::CancelTask { task, reason } => client.cancel_task(&task, &reason).await.map(drop),
        Deed::RetryTask { task, reason } => client.retry_task(&task, &reason).await.map(drop),
        Deed::PausePlan { plan, pause } => client.pause_plan(&plan, &pause).await.map(drop),
        Deed::ResumePlan { plan } => client.resume_plan(&plan).await.map(drop),
        Deed::CancelPlan { plan } => client.cancel_plan(&plan, Some("cancelled in the dashboard")).await.map(drop),
        Deed::ForceLock(force) => client.force(&force).await.map(drop),
        Deed::TakeConflict { conflict, take } => client.take_conflict(&conflict, &take).await.map(drop),
        Deed::SendMessage(message) => client.send_message(&message).await.map(drop),
        Deed::Commit { agent, request } => client.commit(&agent, &request).await.map(drop),
    }
    .map(|()| Answer::Done)
}
