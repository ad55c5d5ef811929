//! The keeper protocol: what a supervisor and a keeper say to each other over the keeper's socket.
//!
//! A keeper outlives the program that started it, so this protocol only ever grows: a kind keeps its number and
//! its layout for ever, a new need gets a new kind, and a peer skips kinds that it does not know. No serde here.
//!
//! ```text
//!  frame:  kind u8 │ 0 u8 │ 0 u16 │ length u32 │ offset u64 │ payload (length bytes)     all little-endian
//! ```
//!
//! A conversation: the supervisor connects and says [`ToKeeper::Hello`] with the output offset it has seen. The
//! keeper answers [`FromKeeper::Welcome`] (or [`FromKeeper::Refused`], and closes), then tells everything that
//! happened to the run so far, in order, and then goes on as things happen. The newest connection wins; an
//! older one is closed. Output carries absolute offsets, so nothing is lost or seen twice across a reconnect.

pub mod codec;
pub mod errand;
mod fields;
pub mod launch;
pub mod record;

use quarterdeck_core::ending::{Exit, TreeReport};

/// The lowest and highest protocol versions this build speaks.
pub const VERSIONS: Versions = Versions { min: 1, max: 1 };

/// What a keeper that listens says on its standard output, before it lets go of it.
pub const READY: &str = "ready\n";

/// The largest payload of one frame, bytes. Beyond it, the connection ends.
pub const PAYLOAD_BYTES_MAX: usize = 256 * 1024;

/// Input a keeper holds for a program that does not read, bytes. Beyond it, input is dropped, and who sent it is told.
pub const INPUT_QUEUE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An inclusive range of protocol versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The oldest understood.
    pub min: u16,
    /// The newest understood.
    pub max: u16,
}

/// What a supervisor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToKeeper<'a> {
    /// First word. Send output from this absolute offset on.
    Hello {
        /// What the supervisor speaks.
        versions: Versions,
        /// The first output byte it has not seen.
        resume_from: u64,
    },
    /// Type these bytes into the terminal.
    Input(&'a [u8]),
    /// The terminal has a new size.
    Resize {
        /// Character columns.
        columns: u16,
        /// Character rows.
        rows: u16,
    },
    /// Send this signal, and SIGCONT after it, to every process group of the run's session.
    Signal {
        /// The signal's number.
        signal: i32,
    },
    /// SIGKILL the whole tree until it is proved empty.
    KillTree,
    /// Stop every process of the tree.
    Freeze,
    /// Continue every process of the tree.
    Thaw,
    /// The run's ending is on record: end, once the tree is empty.
    Dismiss,
}

/// What a keeper says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromKeeper<'a> {
    /// The answer to a hello.
    Welcome {
        /// The version both will speak.
        version: u16,
        /// The keeper's own process id.
        keeper_pid: u32,
        /// The first output byte that is still on disk.
        oldest: u64,
        /// One past the newest output byte.
        newest: u64,
    },
    /// No version in common.
    Refused {
        /// What the keeper speaks.
        versions: Versions,
    },
    /// The agent's process runs.
    Started {
        /// Its process id.
        pid: u32,
    },
    /// The agent's process could not be started; a sentence for people. Nothing is left.
    StartFailed {
        /// What failed and, where known, the fix.
        reason: &'a str,
    },
    /// Output of the terminal; its first byte has this absolute offset. An offset larger than expected means
    /// that the bytes between are gone (rotated away, or the disk was full).
    Output {
        /// Absolute offset of the first byte.
        offset: u64,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// So many input bytes, counted over the run's life, were taken by the terminal.
    InputTaken {
        /// The count.
        total: u64,
    },
    /// So many input bytes, counted over the run's life, did not fit the queue.
    InputDropped {
        /// The count.
        total: u64,
    },
    /// Every process of the tree is stopped, by the kernel's own word.
    Frozen {
        /// How many.
        processes: u32,
    },
    /// The tree could not be stopped; a sentence for people.
    FreezeFailed {
        /// What was in the way.
        reason: &'a str,
    },
    /// Every process runs again.
    Thawed,
    /// The agent's own process was reaped and the PTY is drained.
    Exited {
        /// How.
        exit: Exit,
        /// Processes of the tree that remain.
        left: u32,
    },
    /// The tree is proved empty.
    Emptied {
        /// What it took.
        report: TreeReport,
    },
    /// The transcript can't be written; the run goes on.
    TranscriptFailing {
        /// What the system said.
        reason: &'a str,
    },
    /// The transcript is written again.
    TranscriptRecovered,
}
