//! The interface between the dashboard and the client that talks to the supervisor: two bounded channels.
//!
//! The client connects, reconnects and follows the facts; the dashboard is only told of it. On every
//! [`FromFleet::Connected`] the dashboard asks again for the frames that it shows, so a link needs no memory: it may
//! drop messages that are sent while it is disconnected.

use super::topic::{Data, Topic};
use crate::api::agents::Agent;
use crate::api::call::Call;
use crate::api::error::Problem;
use crate::api::events::EventRecord;
use crate::term::frame::{Frame, FrameUpdate, Row, Size};
use std::sync::Arc;
use tokio::sync::mpsc;

/// The most messages that wait in each direction. Beyond it, the sender waits.
pub const LINK_MESSAGES_MAX: usize = 256;

/// The number by which an [`FromFleet::Answer`] finds its request. It counts up from 1 within one dashboard.
pub type RequestId = u64;

/// A message from the client to the dashboard.
#[derive(Clone, Debug, PartialEq)]
pub enum FromFleet {
    /// The stream and the control plane are connected. The whole list of agents follows as the first `Fleet`.
    Connected { fleet: String },
    /// The connection is lost, and no attempt to reconnect is under way yet.
    Disconnected { reason: String },
    /// The client is at its n-th attempt to reconnect.
    Reconnecting { attempt: u32 },
    /// The agents that are new or changed, the agents that are gone, and all banners of the fleet.
    Fleet { changed: Vec<Agent>, removed: Vec<String>, banners: Vec<String> },
    /// A whole frame of a watched agent.
    Whole { agent: String, frame: Frame },
    /// The changes since the frame that was acknowledged last.
    Update { agent: String, update: FrameUpdate },
    /// Lines from above an agent's screen and the lines of the screen, of one instant, oldest first.
    History { agent: String, rows: Vec<Arc<Row>>, complete: bool },
    /// A fact: first those of the history, then live ones; in order, possibly repeated after a reconnect.
    Fact(EventRecord),
    /// A message that the dashboard sent over the stream could not be carried out.
    Refused { agent: String, why: String },
    /// The answer to a request; each request gets exactly one.
    Answer { request: RequestId, answer: Answer },
    /// The answer to a [`ToFleet::Fetch`]; each gets exactly one.
    Fetched { topic: Topic, data: Box<Result<Data, Problem>> },
}

/// The answer of the supervisor to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The request was accepted; the facts tell the result.
    Done,
    /// The request was refused or failed.
    Problem(Problem),
}

/// A message from the dashboard to the client.
#[derive(Clone, Debug, PartialEq)]
pub enum ToFleet {
    /// Send frames of this agent's terminal from now on.
    Watch { agent: String },
    /// Stop sending frames of this agent's terminal.
    Unwatch { agent: String },
    /// The frame with this number was drawn on the user's terminal.
    Drawn { agent: String, seq: u64 },
    /// Type these bytes into the agent's terminal.
    Input { agent: String, bytes: Vec<u8> },
    /// The agent's terminal is shown at this size, and the user looks at it.
    Resize { agent: String, size: Size },
    /// Send up to `lines` lines from above the agent's screen.
    History { agent: String, lines: u32 },
    /// Fetch the data of a topic from the supervisor (`Topic::read`).
    Fetch { topic: Topic },
    /// Make a call that changes something; its answer only says whether the supervisor accepted it.
    Call { request: RequestId, call: Call },
}

/// The dashboard's ends of the two channels.
#[derive(Debug)]
pub struct Link {
    /// Receives the messages to the dashboard. When it is closed, the link cannot be restored, and the dashboard says
    /// so.
    pub from: mpsc::Receiver<FromFleet>,
    /// Sends the messages of the dashboard.
    pub to: mpsc::Sender<ToFleet>,
}

/// The other ends of the two channels, which the client (or a test) holds.
#[derive(Debug)]
pub struct Carrier {
    /// Sends messages to the dashboard.
    pub from: mpsc::Sender<FromFleet>,
    /// Receives the messages of the dashboard.
    pub to: mpsc::Receiver<ToFleet>,
}

/// Creates a pair of bounded channels and returns their ends.
pub fn link() -> (Link, Carrier) {
    let (from_sender, from) = mpsc::channel(LINK_MESSAGES_MAX);
    let (to, to_receiver) = mpsc::channel(LINK_MESSAGES_MAX);
    (Link { from, to }, Carrier { from: from_sender, to: to_receiver })
}
