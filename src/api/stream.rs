//! The data plane: one WebSocket (`/api/v1/stream`) that carries pictures out and keys in, for any number of
//! agents. Messages are postcard, guarded by [`STREAM_VERSION`] in the first one.
//!
//! A viewer acknowledges each picture; at most one per agent is on its way, and what changed meanwhile is sent
//! as one update. So a slow viewer gets fewer pictures, never a queue.

use super::agents::Agent;
use crate::term::frame::{Frame, FrameUpdate, Row, Size};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Both sides must speak the same; it goes up with every change to these types or to the frame types.
pub const STREAM_VERSION: u32 = 3;

/// The largest message that either side of the stream accepts, bytes. Beyond it, the connection ends and is made anew.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a viewer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromViewer {
    /// First word.
    Hello { version: u32 },
    /// Send pictures of this agent from now on.
    Watch { agent: String },
    /// No more of this agent.
    Unwatch { agent: String },
    /// The picture with this number was drawn.
    Drawn { agent: String, seq: u64 },
    /// Type these bytes into its terminal.
    Input { agent: String, bytes: Vec<u8> },
    /// This viewer now shows it at this size, and has the user's attention.
    Resize { agent: String, size: Size },
    /// Send up to so many lines from above its screen, for scrolling and search on the viewer's side.
    History { agent: String, lines: u32 },
    /// Send the list of agents now, and what changes in it from now on. While someone watches the fleet,
    /// consumption is sampled.
    WatchFleet,
}

/// What the supervisor says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToViewer {
    /// The answer to a hello. Versions that differ end the stream after it.
    Hello { version: u32 },
    /// The whole picture: the first after a watch, or after a run began anew.
    Whole { agent: String, frame: Frame },
    /// What changed since the picture acknowledged last.
    Update { agent: String, update: FrameUpdate },
    /// What was asked can't be done: no such agent, no live run, the input queue is full.
    Refused { agent: String, why: String },
    /// Lines from above the screen and the screen's own, of one instant, so that they fit: oldest first.
    /// `complete`: there is nothing older than the first.
    History { agent: String, rows: Vec<Arc<Row>>, complete: bool },
    /// Agents that are new or changed since the last such message, those that are gone, and what is wrong with
    /// the fleet as a whole. At most [`FLEET_UPDATES_PER_SECOND_MAX`] of these a second.
    Fleet { changed: Vec<Agent>, removed: Vec<String>, banners: Vec<String> },
}

/// How often a viewer of the fleet is told of changes. Beyond it, changes are told together.
pub const FLEET_UPDATES_PER_SECOND_MAX: u32 = 10;
