//! Calls that may take long tell how they stand meanwhile, to whoever asked to be told: a program that hears nothing
//! gives up.

use super::answer::Wrong;
use crate::api::locks::{Acquire, Granted, Waiting};
use crate::api::messages::{InboxQuery, Message};
use crate::api::tasks::{Claim, Task, TaskDetail, TaskQuery, TaskState};
use crate::client::locks::Asked;
use crate::client::{Client, ClientError};
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer};
use std::time::Duration;
use tokio::time::Instant;

/// So long after the last word another one is said, though nothing changed. Programs give up after a minute and count
/// anew with each word.
const STILL_WAITING: Duration = Duration::from_secs(10);
/// Names told of those in the way. Beyond it, the rest is counted.
const NAMES_MAX: usize = 3;

/// Whoever waits for the answer.
pub(super) struct Listener {
    to: Option<(Peer<RoleServer>, ProgressToken)>,
    began: Instant,
    said: u32,
}

impl Listener {
    /// Whoever made this request; they hear nothing if they did not ask for it.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Listener {
        let token = context.meta.get_progress_token();
        Listener { to: token.map(|token| (context.peer.clone(), token)), began: Instant::now(), said: 0 }
    }

    /// Tells how it stands.
    async fn say(&mut self, words: &str) {
        self.said += 1;
        let Some((peer, token)) = &self.to else { return };
        let words = match self.began.elapsed().as_secs() {
            0 => words.to_owned(),
            seconds => format!("{words} ({seconds} s)"),
        };
        let progress = ProgressNotificationParam::new(token.clone(), f64::from(self.said)).with_message(words);
        // A program that is gone closes our standard input, which ends us.
        let _gone = peer.notify_progress(progress).await;
    }
}

/// Asks for a lock and waits for it, telling whom for.
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

/// `waits for src, held by builder; 2 before you`.
fn in_the_way(waiting: &Waiting) -> String {
    let holders: Vec<String> = waiting
        .behind
        .iter()
        .take(NAMES_MAX)
        .map(|blocker| match blocker.holds {
            true => format!("{} held by {}", blocker.scope, blocker.who),
            false => format!("{}, who also waits for {}", blocker.who, blocker.scope),
        })
        .collect();
    let more = waiting.behind.len().saturating_sub(NAMES_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("waiting for {}{more}; {} before you in the line", holders.join(", "), waiting.ahead)
}

/// What is waited for.
enum Awaited {
    Task,
    Message,
}

impl Awaited {
    async fn words(&self, client: &Client) -> String {
        match self {
            Awaited::Task => open_tasks(&client.tasks(&TaskQuery::default()).await.unwrap_or_default()),
            Awaited::Message => "no message for you yet".to_owned(),
        }
    }
}

/// Asks for a task and waits for one, telling what there is meanwhile.
pub(super) async fn task(client: &Client, claim: &Claim, listener: &mut Listener) -> Result<Option<TaskDetail>, Wrong> {
    meanwhile(client.claim_task(claim), claim.wait_ms, client, listener, Awaited::Task).await
}

/// Waits for messages, telling that there are none yet.
pub(super) async fn inbox(
    client: &Client,
    agent: &str,
    query: &InboxQuery,
    listener: &mut Listener,
) -> Result<Vec<Message>, Wrong> {
    meanwhile(client.inbox(agent, query), query.wait_ms, client, listener, Awaited::Message).await
}

/// Waits for an answer, saying what for: at once, if there is a wait at all, and again from time to time.
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

/// `no task for you yet: 2 held, 1 running`.
fn open_tasks(tasks: &[Task]) -> String {
    let states = [
        (TaskState::Queued, "queued"),
        (TaskState::Held, "held"),
        (TaskState::Assigned, "assigned"),
        (TaskState::Running, "running"),
        (TaskState::Verifying, "being verified"),
    ];
    let counted = states.iter().filter_map(|(state, word)| {
        let count = tasks.iter().filter(|task| task.state == *state).count();
        (count > 0).then(|| format!("{count} {word}"))
    });
    let counted: Vec<String> = counted.collect();
    match counted.is_empty() {
        true => "no task for you yet: there is none at all".to_owned(),
        false => format!("no task for you yet: {}", counted.join(", ")),
    }
}
