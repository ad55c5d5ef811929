//! Values that are written as text in `agents.toml`: spans of time, amounts of memory, signals, sizes, names, paths.
//! Each parses with [`FromStr`](std::str::FromStr) and an error that says what was expected, prints as it is written,
//! and describes itself in the JSON Schema.

mod bytes;
mod duration;
mod key;
mod kinds;
mod loss;
mod name;
mod path;
mod pattern;
mod signal;
mod size;
mod text;
mod units;
mod word_or_table;

pub use bytes::Bytes;
pub use duration::Duration;
pub use key::StopKey;
pub use kinds::{ProgramKind, WorkspaceKind};
pub use loss::SupervisorLoss;
pub use name::{NAME_BYTES_MAX, Name};
pub(super) use path::RESERVED;
pub use path::RelativePath;
pub use pattern::{PATTERN_BYTES_MAX, Pattern};
pub use signal::SignalName;
pub use size::TerminalSize;
pub use text::BadValue;
pub use units::{UNITS_MAX, Units};
pub(super) use word_or_table::WordOrTable;
