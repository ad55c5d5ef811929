//! The data plane: one WebSocket (`/api/v1/stream`) that carries pictures of screens to viewers, and keys from viewers,
//! for any number of agents. Messages are encoded with postcard; [`STREAM_VERSION`] in the first message guards their
//! format.
//!
//! A viewer acknowledges each picture. At most one picture per agent is in transit; changes in the meantime are sent as
//! one update. So a slow viewer gets fewer pictures, and no queue grows.

use super::agents::Agent;
use super::route::routes;
use crate::term::frame::{Frame, FrameUpdate, Row, Size};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

routes! {
    pub const ROUTES;
    pub const STREAM: GET "/stream", () => ();
}

/// The version of the stream, which both sides must share. It increases with every change to these types or to the
/// frame types.
pub const STREAM_VERSION: u32 = 3;

/// The largest message that either side of the stream accepts, in bytes. Beyond it, the connection is closed and opened
/// again.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The messages that a viewer sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromViewer {
    /// The first message, with the viewer's version of the stream.
    Hello { version: u32 },
    /// A request to send pictures of this agent from now on.
    Watch { agent: String },
    /// A request to send no more pictures of this agent.
    Unwatch { agent: String },
    /// An acknowledgement that the picture with this number was drawn.
    Drawn { agent: String, seq: u64 },
    /// A request to type these bytes into the agent's terminal.
    Input { agent: String, bytes: Vec<u8> },
    /// A notice that this viewer now shows the agent at this size, and that the user looks at it.
    Resize { agent: String, size: Size },
    /// A request for up to `lines` lines from above the agent's screen, for scrolling and search in the viewer.
    History { agent: String, lines: u32 },
    /// A request for the list of agents, and for every change in it from now on. While a viewer watches the fleet, the
    /// consumption of agents is sampled.
    WatchFleet,
}

/// The messages that the supervisor sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToViewer {
    /// The answer to a viewer's hello. If the versions differ, the stream ends after it.
    Hello { version: u32 },
    /// The whole picture of a screen: the first after a watch, or after a new run began.
    Whole { agent: String, frame: Frame },
    /// The changes since the last picture that the viewer acknowledged.
    Update { agent: String, update: FrameUpdate },
    /// A refusal of a viewer's request: there is no such agent, it has no live run, or the input queue is full.
    Refused { agent: String, why: String },
    /// Lines from above the screen together with the screen's own lines, read at the same instant so that they fit;
    /// oldest first. `complete` means that no older line than the first exists.
    History { agent: String, rows: Vec<Arc<Row>>, complete: bool },
    /// The agents that are new or changed since the last such message, the agents that are gone, and what is wrong with
    /// the fleet as a whole. At most [`FLEET_UPDATES_PER_SECOND_MAX`] of these messages are sent each second.
    Fleet { changed: Vec<Agent>, removed: Vec<String>, banners: Vec<String> },
}

/// How many times a second a viewer of the fleet is told of changes. Beyond it, several changes are sent together.
pub const FLEET_UPDATES_PER_SECOND_MAX: u32 = 10;
