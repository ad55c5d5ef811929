//! Watches a lease while a command runs: renews it, and reports when it is lost.

use crate::api;
use crate::api::events::EventQuery;
use crate::api::locks::{CheckQuery, Granted, Renew};
use crate::client::reconnect::reconnect;
use crate::client::{Client, ClientError, Followed};
use crate::clock::now_ms;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The time before a lease is watched. A command that ends sooner is not worth the cost.
const UNWATCHED: Duration = Duration::from_millis(100);

/// How often a lease is renewed within its time to live, so that two renewals may fail.
const RENEWALS: u32 = 3;

/// A watch over a lease, which lasts until it is dropped.
pub struct Watch {
    lost: oneshot::Receiver<String>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch a lease that was just granted.
    pub fn of(client: &Client, granted: &Granted) -> Watch {
        let (tell, lost) = oneshot::channel();
        let (client, granted) = (client.clone(), granted.clone());
        let task = tokio::spawn(async move {
            tokio::time::sleep(UNWATCHED).await;
            let why = tokio::select! {
                why = ended(client.clone(), &granted) => why,
                why = renew(&client, &granted) => why,
            };
            let _nobody_listens = tell.send(why);
        });
        Watch { lost, task }
    }

    /// Waits until the lease is lost, and returns the reason.
    pub async fn lost(&mut self) -> String {
        match (&mut self.lost).await {
            Ok(why) => why,
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits for the end of the lease. The lease is read again after the listening began, so that its end is not missed
/// in between.
async fn ended(mut client: Client, granted: &Granted) -> String {
    loop {
        match listen(&client, granted).await {
            Ok(Some(why)) => return why,
            Err(ClientError::Problem(problem)) if problem.code != "shutting_down" => return problem.why,
            // The supervisor is gone; the next one knows the lease too.
            Ok(None) | Err(_) => match reconnect(client.place(), None, |_| ()).await {
                Ok(found) => client = found,
                Err(error) => return error.to_string(),
            },
        }
    }
}

async fn listen(client: &Client, granted: &Granted) -> Result<Option<String>, ClientError> {
    let filters = EventQuery { kind: Some("lock".to_owned()), ..EventQuery::default() };
    let mut facts = client.follow(&filters).await?;
    let scope = granted.scopes.first().map(|scope| scope.scope.clone()).unwrap_or_default();
    let checked = client.call(&api::locks::CHECK_LOCK, &[], &CheckQuery { scope, token: granted.token }).await?;
    if !checked.valid {
        return Ok(Some(checked.why.unwrap_or_default()));
    }
    while let Some(heard) = facts.next().await? {
        let Followed::Fact(fact) = heard else { continue };
        if fact.ended_lease() == Some(granted.token) {
            return Ok(Some(fact.message));
        }
    }
    Ok(None)
}

/// Renews a lease that has a time to live, as long as possible. Returns when it cannot be renewed any more.
async fn renew(client: &Client, granted: &Granted) -> String {
    let Some(expires_ms) = granted.expires_ms else { return std::future::pending().await };
    let mut ttl = Duration::from_millis(expires_ms.saturating_sub(now_ms())).max(Duration::from_millis(1));
    loop {
        tokio::time::sleep(ttl / RENEWALS).await;
        match client.call(&api::locks::RENEW_LOCK, &[], &Renew { lease: granted.lease.clone(), ttl_ms: None }).await {
            Ok(renewed) => {
                let left_ms = renewed.expires_ms.unwrap_or(expires_ms).saturating_sub(now_ms());
                ttl = Duration::from_millis(left_ms.max(1));
            }
            Err(ClientError::Problem(problem)) if problem.code != "shutting_down" => return problem.why,
            // The renewal is tried again; the supervisor reports if the lease has ended in the meantime.
            Err(_) => {}
        }
    }
}
