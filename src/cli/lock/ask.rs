//! Requests a lock and waits for it. While it waits, it prints on standard error which parties are in the way; Ctrl-C
//! withdraws the request; if the supervisor is replaced, the request is repeated.

use super::meant::failed;
use super::{meant, show};
use crate::api::locks::{Acquire, EndsWith, Granted, LockMode, LockScope, Waiting};
use crate::client::locks::Asked;
use crate::client::reconnect::reconnect;
use crate::client::{Client, ClientError};
use crate::clock::now_ms;
use crate::random;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::Args;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// How long to wait for a new supervisor, if the old one ended before it said how long the request may wait.
const ABSENCE: Duration = Duration::from_secs(10);

/// The scopes to lock, and the conditions of the lock.
#[derive(Args, Debug)]
pub struct Wanted {
    /// Scopes to lock: paths of the repository, and resources of agents.toml
    #[arg(required = true, value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Let others share the scopes; for paths only
    #[arg(long)]
    shared: bool,
    /// Wait at most this long (10s, 5m), then end with 124 [default, and at most: `max_block` of agents.toml]
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    wait: Option<Duration>,
    /// Do not wait: end with 124 if the scopes are not free
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Time to live: the lease ends unless it is renewed within this time [default: `lock_ttl` of agents.toml; for
    /// agents, the duration of their run]
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    ttl: Option<Duration>,
    /// Purpose of the lock in a few words, which others can read
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
}

impl Wanted {
    /// Returns the request for a lock by this holder.
    pub fn request(self, holder: Option<String>) -> Acquire {
        let mode = if self.shared { LockMode::Shared } else { LockMode::Exclusive };
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let wait = if self.no_wait { Some(Duration::ZERO) } else { self.wait };
        Acquire {
            scopes: self.scopes.into_iter().map(|scope| LockScope { scope, mode, unit: None }).collect(),
            wait_ms: wait.map(ms),
            ttl_ms: self.ttl.map(ms),
            holder,
            key: Some(key()),
            purpose: self.purpose,
            ends_with: EndsWith::Holder,
        }
    }
}

/// Returns a random key that nobody else chooses, by which the supervisor recognises a repeated request.
fn key() -> String {
    match random::bytes::<12>() {
        Ok(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Err(_) => format!("{}-{}", std::process::id(), now_ms()),
    }
}

/// Requests the lock, and waits until it is granted.
///
/// # Errors
/// An error says why the lock was not granted; each kind has its own exit code. An interrupt withdraws the request.
pub async fn obtain(client: &Client, mut wanted: Acquire) -> Result<Granted, Failure> {
    let written = wanted.scopes.iter().map(|scope| scope.scope.clone()).collect();
    let scopes = meant::meant(client, written).await?;
    for (scope, meant) in wanted.scopes.iter_mut().zip(&scopes) {
        scope.scope.clone_from(meant);
    }
    let mut terminated = signal(SignalKind::terminate())?;
    let interrupted = |exit| Err(Failure::new(exit, format!("no longer waiting for {}", scopes.join(", "))));
    tokio::select! {
        biased;
        granted = ask_until_answered(client, wanted) => granted,
        _ = tokio::signal::ctrl_c() => interrupted(Exit::Interrupted),
        _ = terminated.recv() => interrupted(Exit::Terminated),
    }
}

async fn ask_until_answered(client: &Client, wanted: Acquire) -> Result<Granted, Failure> {
    let began = Instant::now();
    let mut client = client.clone();
    let mut wanted = wanted;
    // The time until which the request may wait, once it is known.
    let mut until = wanted.wait_ms.map(|wait_ms| began + Duration::from_millis(wait_ms));
    loop {
        let error = match ask_once(&client, &wanted, &mut until).await {
            Ok(granted) => return Ok(granted),
            Err(error) => error,
        };
        let left = until.map_or(ABSENCE, |until| until.saturating_duration_since(Instant::now()));
        if !is_absence(&error) {
            return Err(failed(error));
        }
        if left.is_zero() {
            return Err(too_late(&error));
        }
        eprintln!("qd: the supervisor is gone; asking again when there is one");
        client = match tokio::time::timeout(left, reconnect(client.place(), None, |_| ())).await {
            Ok(found) => found?,
            Err(_) if until.is_some() => return Err(too_late(&error)),
            Err(_) => return Err(failed(error)),
        };
        wanted.wait_ms = until.map(|until| {
            u64::try_from(until.saturating_duration_since(Instant::now()).as_millis()).unwrap_or(u64::MAX)
        });
    }
}

fn too_late(error: &ClientError) -> Failure {
    Failure::new(Exit::TimedOut, "the lock was not granted in time: the supervisor is gone").because(error)
}

/// Whether the error means that the supervisor is gone and a new one may run soon.
fn is_absence(error: &ClientError) -> bool {
    error.is_absent() || matches!(error, ClientError::Broken { .. } | ClientError::Silent { .. }) || is_ending(error)
}

fn is_ending(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if problem.code == "shutting_down")
}

async fn ask_once(client: &Client, wanted: &Acquire, until: &mut Option<Instant>) -> Result<Granted, ClientError> {
    let mut asking = client.acquire(wanted).await?;
    let mut told: Option<String> = None;
    loop {
        match asking.next().await? {
            Asked::Granted(granted) => return Ok(granted),
            Asked::Waiting(waiting) => {
                *until = Some(Instant::now() + Duration::from_millis(waiting.until_ms.saturating_sub(now_ms())));
                tell(&waiting, &mut told);
            }
        }
    }
}

/// Prints on standard error which parties the request waits for, if they changed.
fn tell(waiting: &Waiting, told: &mut Option<String>) {
    let line = show::waiting(waiting);
    if told.as_ref() != Some(&line) {
        eprintln!("qd: {line}");
        *told = Some(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_requests_have_the_same_key() {
        assert_ne!(key(), key());
        assert_eq!(key().len(), 24);
    }
}
