//! Fetches the data of the dashboard's tabs.

use crate::api;
use crate::api::messages::MessageQuery;
use crate::api::tasks::TaskQuery;
use crate::client::{Client, ClientError};
use crate::tui::model::messages::MESSAGES_MAX;
use crate::tui::{Data, Topic};

/// Fetches the data of a tab.
pub(super) async fn fetch(client: &Client, topic: &Topic) -> Result<Data, ClientError> {
    match topic {
        Topic::Tasks => client.call(&api::tasks::LIST_TASKS, &[], &TaskQuery::default()).await.map(Data::Tasks),
        Topic::SomeTasks(ids) => {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let query = TaskQuery { ids: Some(ids.join(",")), ..TaskQuery::default() };
            client.call(&api::tasks::LIST_TASKS, &[], &query).await.map(Data::Tasks)
        }
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
