//! The small states of the dashboard: what it shows, where keys go, what is being told and selected.

use crate::term::frame::{Row, Size};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The mode of the dashboard: for the whole fleet, or for one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The dashboard shows the whole fleet.
    Dashboard,
    /// The dashboard shows one agent's terminal and nothing else (`qd attach`).
    Attach { agent: String },
}

/// The state of the connection to the supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing was received from the supervisor yet.
    Opening,
    /// The connection to the supervisor is up.
    Up,
    /// The connection is lost: since when the data may be out of date, why, and how many attempts were made to
    /// reconnect.
    Lost { since_ms: u64, reason: String, attempts: u32 },
}

/// The panel in which keys move the selection or the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    Agents,
    Terminal,
    Facts,
}

/// The receiver of the keys that the user presses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Keys go to the dashboard.
    Quarterdeck,
    /// Keys go to the line in which the shown tab's filter is written.
    Filter,
    /// Keys go to the selected agent.
    Agent,
}

/// How the terminal is divided into panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// The list, one terminal and the facts are shown.
    Panels,
    /// The terminals of many agents are shown.
    Grid,
    /// Only the terminal of the selected agent is shown.
    Zoom,
}

/// A toast: a remark that disappears by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Text of the toast.
    pub text: String,
    /// How serious the toast's remark is.
    pub tone: Tone,
    /// When the toast disappears, in milliseconds since the epoch.
    pub until_ms: u64,
}

/// How serious the remark of a toast is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Remark,
    Warning,
    Failure,
}

/// Text that is being selected with the mouse, in a copy of the rows as they were when the selection began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drag {
    /// Copy of the rows that were shown, top first.
    pub rows: Vec<Arc<Row>>,
    /// Row and column where the selection began.
    pub from: (usize, u16),
    /// Row and column where the selection is now.
    pub to: (usize, u16),
}

/// The sizes that were sent to the supervisor. The first change is sent at once, the last one after a pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// The newest size that was sent, by agent.
    pub told: BTreeMap<String, Size>,
    /// Until this instant, further changes are gathered.
    pub quiet_until_ms: u64,
    /// Whether a change waits for the end of the pause.
    pub waiting: bool,
}
