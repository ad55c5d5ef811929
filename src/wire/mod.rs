//! The keeper protocol: the messages between a supervisor and a keeper over the keeper's socket.
//!
//! A keeper outlives the program that started it, so this protocol only grows. A kind keeps its number and its layout
//! forever, a new need gets a new kind, and a peer skips kinds that it does not know. serde is not used here.
//!
//! ```text
//!  frame:  kind u8 │ 0 u8 │ 0 u16 │ length u32 │ offset u64 │ payload (length bytes)     all little-endian
//! ```
//!
//! A conversation: the supervisor connects and sends [`ToKeeper::Hello`] with the output offset that it has seen. The
//! keeper answers [`FromKeeper::Welcome`] (or [`FromKeeper::Refused`], and closes), then reports everything that
//! happened to the run so far, in order, and then continues as things happen. The newest connection wins; an older one
//! is closed. Output carries absolute offsets, so no byte is lost or seen twice across a reconnect. The other way, the
//! keeper counts the bytes of the messages that it heard: a supervisor says again what an earlier connection lost.

pub mod codec;
pub mod errand;
pub(super) mod fields;
pub mod launch;
pub mod record;

use quarterdeck_core::ending::{Exit, TreeReport};

/// The lowest and highest protocol versions that this build speaks.
pub const VERSIONS: Versions = Versions { min: 1, max: 1 };

/// The text that a keeper writes to its standard output when it listens, before it closes that output.
pub const READY: &str = "ready\n";

/// The largest payload of one frame, bytes. Beyond it, the connection ends.
pub const PAYLOAD_BYTES_MAX: usize = 256 * 1024;

/// The most input that a keeper holds for a program that does not read, bytes. Beyond it, input is dropped, and its
/// sender is told.
pub const INPUT_QUEUE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An inclusive range of protocol versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The oldest version that is understood.
    pub min: u16,
    /// The newest version that is understood.
    pub max: u16,
}

/// A message from a supervisor to a keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToKeeper<'a> {
    /// The first message: asks for output from this absolute offset on.
    Hello {
        /// The versions that the supervisor speaks.
        versions: Versions,
        /// The offset of the first output byte that the supervisor has not seen.
        resume_from: u64,
    },
    /// Type these bytes into the terminal.
    Input(&'a [u8]),
    /// Give the terminal a new size.
    Resize {
        /// The number of columns of the terminal.
        columns: u16,
        /// The number of rows of the terminal.
        rows: u16,
    },
    /// Send this signal, and SIGCONT after it, to every process group of the run's session.
    Signal {
        /// The number of the signal to send.
        signal: i32,
    },
    /// Send SIGKILL to the whole tree until it is proved empty.
    KillTree,
    /// Stop every process of the tree.
    Freeze,
    /// Continue every process of the tree.
    Thaw,
    /// End once the tree is empty: the run's ending is recorded.
    Dismiss,
}

/// A message from a keeper to a supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromKeeper<'a> {
    /// The keeper accepts the supervisor's hello.
    Welcome {
        /// The version of the protocol that both sides will speak.
        version: u16,
        /// The process id of the keeper.
        keeper_pid: u32,
        /// The offset of the first output byte that is still on disk.
        oldest: u64,
        /// The offset behind the newest output byte.
        newest: u64,
        /// The bytes of all messages heard over the run's life, each hello excepted; none if the keeper does not count.
        heard: Option<u64>,
    },
    /// The two sides have no version in common.
    Refused {
        /// The versions that the keeper speaks.
        versions: Versions,
    },
    /// The agent's process is running.
    Started {
        /// The id of the agent's process.
        pid: u32,
    },
    /// The agent's process could not be started. No process of it remains.
    StartFailed {
        /// A sentence for people: what failed and, where known, the remedy.
        reason: &'a str,
    },
    /// Output of the terminal. An offset larger than expected means that the bytes between are gone (rotated away, or
    /// the disk was full).
    Output {
        /// The absolute offset of the first byte of this output.
        offset: u64,
        /// The bytes that the terminal put out.
        bytes: &'a [u8],
    },
    /// The terminal has accepted a number of input bytes, counted over the run's life.
    InputTaken {
        /// The number of bytes of input that the terminal accepted.
        total: u64,
    },
    /// A number of input bytes, counted over the run's life, did not fit into the queue.
    InputDropped {
        /// The number of bytes of input that were dropped.
        total: u64,
    },
    /// Every process of the tree is stopped, as the operating system confirms.
    Frozen {
        /// The number of stopped processes.
        processes: u32,
    },
    /// The tree could not be stopped.
    FreezeFailed {
        /// A sentence for people that says what prevented it.
        reason: &'a str,
    },
    /// Every process of the run's tree runs again.
    Thawed,
    /// The agent's own process was reaped and the PTY is drained.
    Exited {
        /// The exit of the agent's process.
        exit: Exit,
        /// The number of processes of the tree that remain after the exit.
        left: u32,
    },
    /// The tree is proved to be empty.
    Emptied {
        /// The report on how the remaining processes ended.
        report: TreeReport,
    },
    /// The transcript can't be written; the run continues.
    TranscriptFailing {
        /// The error message of the system about the transcript.
        reason: &'a str,
    },
    /// The transcript can be written again.
    TranscriptRecovered,
    /// The keeper has heard messages of a number of bytes, counted over the run's life, each hello excepted.
    Heard {
        /// The number of bytes of all messages that were heard.
        total: u64,
    },
}
