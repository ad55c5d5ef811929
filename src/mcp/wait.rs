//! Calls that may take long report their progress to a caller that asked for it: a program that hears nothing gives up.

use super::answer::Wrong;
use crate::api;
use crate::api::locks::{Acquire, Blocker, Granted, Waiting};
use crate::api::messages::{InboxQuery, Message};
use crate::api::tasks::{Claim, Task, TaskDetail, TaskQuery, TaskState};
use crate::client::locks::Asked;
use crate::client::{Client, ClientError};
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer};
use std::time::Duration;
use tokio::time::Instant;

/// The longest time between two progress reports, even if nothing changed. Programs give up after a minute, counted
/// from the last report.
const STILL_WAITING: Duration = Duration::from_secs(10);
/// The number of parties in the way that are named. Beyond it, the rest is counted.
const NAMES_MAX: usize = 3;

/// The caller that waits for the answer.
pub(super) struct Listener {
    to: Option<(Peer<RoleServer>, ProgressToken)>,
    began: Instant,
    said: u32,
}

impl Listener {
    /// Returns the caller of this request; it gets no reports if it did not ask for them.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Listener {
        let token = context.meta.get_progress_token();
        Listener { to: token.map(|token| (context.peer.clone(), token)), began: Instant::now(), said: 0 }
    }

    /// Reports the progress to the caller.
    async fn say(&mut self, words: &str) {
        self.said += 1;
        let Some((peer, token)) = &self.to else { return };
        let words = match self.began.elapsed().as_secs() {
            0 => words.to_owned(),
            seconds => format!("{words} ({seconds} s)"),
        };
        let progress = ProgressNotificationParam::new(token.clone(), f64::from(self.said)).with_message(words);
        // A program that is gone closes our standard input, which ends this process.
        let _gone = peer.notify_progress(progress).await;
    }
}

/// Requests a lock and waits for it, and reports which parties are in the way.
pub(super) async fn lock(client: &Client, wanted: &Acquire, listener: &mut Listener) -> Result<Granted, Wrong> {
    let mut asking = client.acquire(wanted).await?;
    let mut words = String::new();
    loop {
        match tokio::time::timeout(STILL_WAITING, asking.next()).await {
            Ok(asked) => match asked? {
                Asked::Granted(granted) => return Ok(granted),
                Asked::Waiting(waiting) => words = in_the_way(&waiting),
            },
            Err(_still) => {}
        }
        listener.say(&words).await;
    }
}

/// Returns the parties in the way in words: `waiting: builder holds src; 2 before you in the queue`.
fn in_the_way(waiting: &Waiting) -> String {
    let named: Vec<String> = waiting.behind.iter().take(NAMES_MAX).map(Blocker::words).collect();
    let more = waiting.behind.len().saturating_sub(NAMES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("waiting: {}{more}; {} before you in the queue", named.join(", "), waiting.ahead)
}

/// The things that a call can wait for.
enum Awaited {
    Task,
    Message,
}

impl Awaited {
    async fn words(&self, client: &Client) -> String {
        match self {
            Awaited::Task => {
                open_tasks(&client.call(&api::tasks::LIST_TASKS, &[], &TaskQuery::default()).await.unwrap_or_default())
            }
            Awaited::Message => "no message for you yet".to_owned(),
        }
    }
}

/// Requests a task and waits for one, and reports which tasks exist in the meantime.
pub(super) async fn task(client: &Client, claim: &Claim, listener: &mut Listener) -> Result<Option<TaskDetail>, Wrong> {
    meanwhile(client.claim_task(claim), claim.wait_ms, client, listener, Awaited::Task).await
}

/// Waits for messages, and reports that there are none yet.
pub(super) async fn inbox(
    client: &Client,
    agent: &str,
    query: &InboxQuery,
    listener: &mut Listener,
) -> Result<Vec<Message>, Wrong> {
    meanwhile(client.inbox(agent, query), query.wait_ms, client, listener, Awaited::Message).await
}

/// Waits for an answer, and reports what it waits for: at once, if it may wait at all, and again from time to time.
async fn meanwhile<T>(
    answer: impl Future<Output = Result<T, ClientError>>,
    wait_ms: Option<u64>,
    client: &Client,
    listener: &mut Listener,
    awaited: Awaited,
) -> Result<T, Wrong> {
    tokio::pin!(answer);
    if wait_ms.unwrap_or(0) == 0 {
        return Ok(answer.await?);
    }
    let mut next = Duration::ZERO;
    loop {
        match tokio::time::timeout(next, &mut answer).await {
            Ok(answer) => return Ok(answer?),
            Err(_still) => {
                listener.say(&awaited.words(client).await).await;
                next = STILL_WAITING;
            }
        }
    }
}

/// Returns the open tasks in words: `no task for you yet: 2 held, 1 running`.
fn open_tasks(tasks: &[Task]) -> String {
    let counted = TaskState::ALL.iter().filter(|state| !state.has_ended()).filter_map(|state| {
        let count = tasks.iter().filter(|task| task.state == *state).count();
        (count > 0).then(|| format!("{count} {}", state.word()))
    });
    let counted: Vec<String> = counted.collect();
    match counted.is_empty() {
        true => "no task for you yet: the fleet has no task".to_owned(),
        false => format!("no task for you yet: {}", counted.join(", ")),
    }
}
