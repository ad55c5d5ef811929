//! The call that requests locks, which may have to wait.

use super::control::Client;
use super::error::ClientError;
use super::http::Outgoing;
use super::sse::{Event, Parser};
use crate::api::error::Problem;
use crate::api::locks::{ACQUIRE_LOCK, Acquire, Granted, Waiting};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::collections::VecDeque;

/// The answers to a lock request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The request must wait for the parties in the way.
    Waiting(Waiting),
    /// The lock is granted. No further answer follows.
    Granted(Granted),
}

/// A lock request that was sent. If it is dropped, a waiting request is withdrawn.
#[derive(Debug)]
pub struct Asking {
    body: Incoming,
    parser: Parser,
    ready: VecDeque<Event>,
}

impl Client {
    /// Requests scopes, of which all or none are granted; the answers come from [`Asking::next`].
    ///
    /// # Errors
    /// [`ClientError::Problem`] when the request is refused at once; its `code` says why: `busy`, `cycle`, …
    pub async fn acquire(&self, wanted: &Acquire) -> Result<Asking, ClientError> {
        let call = Outgoing::to(&ACQUIRE_LOCK, &[], wanted).accept("text/event-stream");
        let body = call.open(self.place()).await?.into_body();
        Ok(Asking { body, parser: Parser::default(), ready: VecDeque::new() })
    }
}

impl Asking {
    /// Waits for the next answer. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`ClientError::Problem`] when the request is refused after a wait, [`ClientError::Broken`] when the supervisor
    /// is gone.
    pub async fn next(&mut self) -> Result<Asked, ClientError> {
        let broken = |error| ClientError::broken(&ACQUIRE_LOCK.to_string(), error);
        loop {
            while let Some(event) = self.ready.pop_front() {
                match event.name.as_str() {
                    "waiting" => return Ok(Asked::Waiting(serde_json::from_str(&event.data).map_err(broken)?)),
                    "granted" => {
                        let granted = serde_json::from_str(&event.data).map_err(broken)?;
                        self.drain().await?;
                        return Ok(Asked::Granted(granted));
                    }
                    "refused" => {
                        let problem: Problem = serde_json::from_str(&event.data).map_err(broken)?;
                        return Err(ClientError::Problem(problem));
                    }
                    // A newer supervisor may send other kinds of events.
                    _ => {}
                }
            }
            let ended = || ClientError::broken(&ACQUIRE_LOCK.to_string(), "the supervisor closed the connection");
            let frame = self.body.frame().await.ok_or_else(ended)?;
            let frame = frame.map_err(|error| ClientError::broken(&ACQUIRE_LOCK.to_string(), error))?;
            let bytes = frame.into_data().unwrap_or_default();
            self.ready.extend(
                self.parser.push(&bytes).map_err(|error| ClientError::broken(&ACQUIRE_LOCK.to_string(), error))?,
            );
        }
    }

    /// Reads the stream to its end: the supervisor ends it once it regards the lease as received, and releases a lease
    /// that nobody received.
    async fn drain(&mut self) -> Result<(), ClientError> {
        while let Some(frame) = self.body.frame().await {
            frame.map_err(|error| ClientError::broken(&ACQUIRE_LOCK.to_string(), error))?;
        }
        Ok(())
    }
}
