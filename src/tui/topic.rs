//! What the dashboard reads of the supervisor, as plain values: a topic can be compared, and becomes a call that its
//! carrier performs without knowing it. The answer is decoded by the carrier's task, so that it delays no key.

use super::model::messages::MESSAGES_MAX;
use crate::api::agents::{EXPLAIN_AGENT, Explanation};
use crate::api::call::Read;
use crate::api::conflicts::{Conflict, ConflictDetail, GET_CONFLICT, LIST_CONFLICTS};
use crate::api::locks::{LIST_LOCKS, Locks};
use crate::api::messages::{LIST_MESSAGES, Message, MessageQuery};
use crate::api::plans::{GET_PLAN, LIST_PLANS, Plan, PlanDetail};
use crate::api::tasks::{EXPLAIN_TASK, GET_TASK, LIST_TASKS, Task, TaskDetail, TaskExplanation, TaskQuery};
use crate::api::work::{AGENT_WORK, WorkDetail};
use std::collections::BTreeSet;

/// Data that the dashboard shows and that are fetched as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// All tasks of the fleet (`GET /tasks`).
    Tasks,
    /// Some tasks of the list, by their numbers (`GET /tasks?ids=…`).
    SomeTasks(BTreeSet<String>),
    /// A task, by its number (`GET /tasks/{task}`).
    Task(String),
    /// The reasons for a task's state, by the number of the task (`GET /tasks/{task}/explain`).
    Why(String),
    /// All plans of the fleet (`GET /plans`).
    Plans,
    /// A plan, by its number (`GET /plans/{plan}`).
    Plan(String),
    /// All locks of the fleet (`GET /locks`).
    Locks,
    /// All conflicts that are kept (`GET /conflicts`).
    Conflicts,
    /// A conflict, by its id (`GET /conflicts/{conflict}`).
    Conflict(String),
    /// The newest messages, of all agents or of one (`GET /messages`).
    Messages(Option<String>),
    /// The reasons for an agent's condition (`GET /agents/{agent}/explain`).
    Explanation(String),
    /// The work that an agent has not committed (`GET /agents/{agent}/work`).
    Work(String),
}

/// The data that were fetched for a topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Tasks(Vec<Task>),
    Task(Box<TaskDetail>),
    Why(TaskExplanation),
    Plans(Vec<Plan>),
    Plan(Box<PlanDetail>),
    Locks(Locks),
    Conflicts(Vec<Conflict>),
    Conflict(Box<ConflictDetail>),
    Messages(Vec<Message>),
    Explanation(Explanation),
    Work(Box<WorkDetail>),
}

impl Topic {
    /// Returns the call that fetches the topic's data.
    pub fn read(&self) -> Read<Data> {
        match self {
            Topic::Tasks => LIST_TASKS.read(&[], &TaskQuery::default(), Data::Tasks),
            Topic::SomeTasks(ids) => {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                let query = TaskQuery { ids: Some(ids.join(",")), ..TaskQuery::default() };
                LIST_TASKS.read(&[], &query, Data::Tasks)
            }
            Topic::Task(task) => GET_TASK.read(&[task], &(), |task| Data::Task(Box::new(task))),
            Topic::Why(task) => EXPLAIN_TASK.read(&[task], &(), Data::Why),
            Topic::Plans => LIST_PLANS.read(&[], &(), Data::Plans),
            Topic::Plan(plan) => GET_PLAN.read(&[plan], &(), |plan| Data::Plan(Box::new(plan))),
            Topic::Locks => LIST_LOCKS.read(&[], &(), Data::Locks),
            Topic::Conflicts => LIST_CONFLICTS.read(&[], &(), Data::Conflicts),
            Topic::Conflict(id) => GET_CONFLICT.read(&[id], &(), |detail| Data::Conflict(Box::new(detail))),
            Topic::Messages(agent) => {
                let query = MessageQuery { agent: agent.clone(), limit: Some(MESSAGES_MAX), ..MessageQuery::default() };
                LIST_MESSAGES.read(&[], &query, Data::Messages)
            }
            Topic::Explanation(agent) => EXPLAIN_AGENT.read(&[agent], &(), Data::Explanation),
            Topic::Work(agent) => AGENT_WORK.read(&[agent], &(), |detail| Data::Work(Box::new(detail))),
        }
    }

    /// Returns what is fetched, in words.
    pub fn words(&self) -> String {
        match self {
            Topic::Tasks | Topic::SomeTasks(_) => "the tasks".to_owned(),
            Topic::Task(task) | Topic::Why(task) => format!("task {task}"),
            Topic::Plans => "the plans".to_owned(),
            Topic::Plan(plan) => format!("plan {plan}"),
            Topic::Locks => "the locks".to_owned(),
            Topic::Conflicts => "the conflicts".to_owned(),
            Topic::Conflict(id) => format!("conflict {id}"),
            Topic::Messages(None) => "the messages".to_owned(),
            Topic::Messages(Some(agent)) => format!("the messages of {agent}"),
            Topic::Explanation(agent) => format!("explain {agent}"),
            Topic::Work(agent) => format!("look at the work of {agent}"),
        }
    }
}
