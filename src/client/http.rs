//! One HTTP/1.1 request over the control socket, with a connection for each: a Unix socket costs microseconds, and a
//! separate connection can have a deadline and be dropped without harm to anything else.

use super::error::ClientError;
use crate::amounts;
use crate::api::call::Call;
use crate::api::error::Problem;
use crate::api::route::Route;
use crate::api::{AGENT_HEADER, DURABLE_HEADER, REQUEST_BYTES_MAX, TOKEN_HEADER};
use crate::place::Place;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long the connection and the head of an answer may take.
pub(crate) const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

/// How long the body of an answer may take.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// The largest answer that is accepted, in bytes: 10,000 events of a few kilobytes. Beyond it, the call fails and says
/// so.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

tokio::task_local! {
    /// Whether a change that was requested in this task is only in memory.
    static IN_MEMORY_ONLY: Cell<bool>;
}

/// Whether the requested changes are on the supervisor's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durable {
    /// All requested changes are on disk.
    Yes,
    /// The changes are made, but are lost if the supervisor ends: its journal cannot be written.
    No,
}

/// Returns the result of `asking`, and whether the changes that it requested are on disk.
pub async fn with_durability<T>(asking: impl Future<Output = T>) -> (T, Durable) {
    let told = async {
        let answer = asking.await;
        let durable = if IN_MEMORY_ONLY.with(Cell::get) { Durable::No } else { Durable::Yes };
        (answer, durable)
    };
    IN_MEMORY_ONLY.scope(Cell::new(false), told).await
}

/// A call on its way to a supervisor.
pub(crate) struct Outgoing {
    call: Call,
    accept: &'static str,
    deadline: Duration,
}

impl From<Call> for Outgoing {
    fn from(call: Call) -> Outgoing {
        let deadline = call.within.unwrap_or(ANSWER_DEADLINE);
        Outgoing { call, accept: "application/json", deadline }
    }
}

impl Outgoing {
    /// Returns the call of a route; `names` fill the variable parts of its path, in their order.
    pub(crate) fn to<Asked: Serialize, Answer>(
        route: &Route<Asked, Answer>,
        names: &[&str],
        asked: &Asked,
    ) -> Outgoing {
        route.call(names, asked).into()
    }

    pub(crate) fn accept(mut self, kind: &'static str) -> Outgoing {
        self.accept = kind;
        self
    }

    /// Prolongs the deadline by the time that the request itself waits.
    pub(crate) fn waiting(mut self, wait_ms: Option<u64>) -> Outgoing {
        self.deadline = self.deadline.saturating_add(Duration::from_millis(wait_ms.unwrap_or(0)));
        self
    }

    fn name(&self) -> String {
        self.call.to_string()
    }

    /// Sends the request and reads the answer's JSON. An answer that is not a success becomes [`ClientError::Problem`].
    pub(crate) async fn answer<T: DeserializeOwned>(self, place: &Place) -> Result<T, ClientError> {
        let what = self.name();
        let response = self.open(place).await?;
        let body = read(&what, response).await?;
        serde_json::from_slice(&body).map_err(|error| ClientError::broken(&what, error))
    }

    /// Sends the request and reads the answer's text.
    pub(crate) async fn text(self, place: &Place) -> Result<String, ClientError> {
        let what = self.name();
        let response = self.open(place).await?;
        let body = read(&what, response).await?;
        String::from_utf8(body.into()).map_err(|error| ClientError::broken(&what, error))
    }

    /// Sends the request and reads the answer's JSON, whatever its status.
    pub(crate) async fn answer_of_any_status<T: DeserializeOwned>(self, place: &Place) -> Result<T, ClientError> {
        let what = self.name();
        let response = self.send(place).await?;
        let status = response.status();
        let body = read(&what, response).await?;
        serde_json::from_slice(&body).map_err(|_| problem(status, &what, &body))
    }

    /// Sends the request and returns the answer once its status is a success, with its body still to be read.
    pub(crate) async fn open(self, place: &Place) -> Result<Response<Incoming>, ClientError> {
        let what = self.name();
        let response = self.send(place).await?;
        if response.status().is_success() {
            if response.headers().get(DURABLE_HEADER).is_some_and(|word| word == "false") {
                let _nobody_wants_to_know = IN_MEMORY_ONLY.try_with(|only| only.set(true));
            }
            return Ok(response);
        }
        let status = response.status();
        let body = read(&what, response).await?;
        Err(problem(status, &what, &body))
    }

    async fn send(self, place: &Place) -> Result<Response<Incoming>, ClientError> {
        let (what, deadline) = (self.name(), self.deadline);
        let stream = connect(place).await?;
        let conversation = async {
            let broken = |error: hyper::Error| ClientError::broken(&what, error);
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
            tokio::spawn(connection);
            sender.send_request(self.request(&what, place)?).await.map_err(broken)
        };
        match timeout(deadline, conversation).await {
            Ok(answer) => answer,
            Err(_) => Err(ClientError::Silent { what, waited: deadline }),
        }
    }

    fn request(self, what: &str, place: &Place) -> Result<Request<Full<Bytes>>, ClientError> {
        let broken = |error| ClientError::broken(what, error);
        let body = self.call.body.map_err(|error| ClientError::broken(what, error))?.unwrap_or_default();
        if body.len() > REQUEST_BYTES_MAX {
            return Err(too_large(what));
        }
        let mut request = Request::builder()
            .method(self.call.method)
            .uri(self.call.path)
            .header(HOST, "localhost")
            .header(ACCEPT, self.accept);
        for (name, word) in [(TOKEN_HEADER, place.token()), (AGENT_HEADER, place.claim())] {
            if let Some(word) = word {
                request = request.header(name, fit_for_a_header(&word));
            }
        }
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::from(body)).map_err(broken)
    }
}

/// Returns the error for a body that is too large. The supervisor would refuse it, and break off while it is still
/// being sent.
fn too_large(what: &str) -> ClientError {
    ClientError::Problem(Problem {
        status: 413,
        code: "too_large".to_owned(),
        what: format!("{what} was not sent"),
        why: format!("a request has at most {}", amounts::bytes(REQUEST_BYTES_MAX as u64)),
        hint: Some("write it into a file, and send the path of the file".to_owned()),
    })
}

/// Connects to the fleet's supervisor, or returns why that is not possible.
pub(crate) async fn connect(place: &Place) -> Result<UnixStream, ClientError> {
    place.check_runtime()?;
    let (root, socket) = (place.root.clone(), &place.control_socket);
    let silent = || ClientError::Silent { what: "a connection".to_owned(), waited: ANSWER_DEADLINE };
    let connected = timeout(ANSWER_DEADLINE, UnixStream::connect(socket)).await.map_err(|_| silent())?;
    let stream = connected.map_err(|error| match error.kind() {
        ErrorKind::NotFound => ClientError::NotRunning { root },
        // Reset: the supervisor was killed, or ended, while we waited in its queue.
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => ClientError::Stale { root },
        // connect(2): the listener's queue is full, so nobody accepts connections.
        ErrorKind::WouldBlock => silent(),
        _ => ClientError::system(format!("cannot connect to {}", socket.display()), error),
    })?;
    let peer = stream.peer_cred().map_err(|error| ClientError::system("cannot find the owner of the socket", error))?;
    if peer.uid() != rustix::process::geteuid().as_raw() {
        return Err(ClientError::Foreign { socket: socket.clone(), uid: peer.uid() });
    }
    Ok(stream)
}

async fn read(what: &str, response: Response<Incoming>) -> Result<Bytes, ClientError> {
    let body = Limited::new(response.into_body(), BODY_BYTES_MAX).collect();
    match timeout(BODY_DEADLINE, body).await {
        Ok(collected) => Ok(collected.map_err(|error| ClientError::broken(what, error))?.to_bytes()),
        Err(_) => Err(ClientError::Silent { what: what.to_owned(), waited: BODY_DEADLINE }),
    }
}

/// Returns a text that a header can hold: other characters become `?`, so that even a wrong value is sent.
fn fit_for_a_header(word: &str) -> String {
    word.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { '?' }).collect()
}

/// Returns the problem in an answer's body; an answer without one (a proxy's, or a bug's) is described by its status.
fn problem(status: hyper::StatusCode, what: &str, body: &[u8]) -> ClientError {
    ClientError::Problem(serde_json::from_slice(body).unwrap_or_else(|_| Problem {
        status: status.as_u16(),
        code: "no_problem_body".to_owned(),
        what: format!("{what} failed"),
        why: format!("the supervisor answered {status}"),
        hint: None,
    }))
}
