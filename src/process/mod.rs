//! Processes as the kernel shows them: who they are, who descends from whom, what they use, and how to signal them
//! without ever hitting a stranger. Used by the keeper and by the supervisor; no async, no state of its own.
//!
//! * [`Identity`]: a process recognised across pid reuse and reboots.
//! * [`Census`]: one pass over `/proc`; descendants and usage of any number of trees are read from it.
//! * [`lineage()`]: what a process descends from.
//! * [`signal()`]: a signal that reaches the very process that was meant, or nobody.
//! * [`sweep_by_mark`]: hunts down what a lost keeper left behind.
//! * [`line_discipline`], [`reads_terminal`]: a process's terminal, seen from beside it.
//! * [`Cgroup`]: a cgroup (v2) of our own, where the system lets us have one.
//!
//! Linux first. Elsewhere there is no `/proc`: a census finds nothing, an identity knows no start time, and only
//! what needs no knowledge of other processes works.

mod cgroup;
mod identity;
mod lineage;
mod signal;
mod stat;
mod sweep;
mod terminal;
mod tree;
mod writing;

pub use cgroup::Cgroup;
pub use identity::Identity;
pub use lineage::lineage;
pub use signal::{outlive_file_size_limits, send as signal, send_to_group as signal_group};
pub use stat::{ProcessStat, ProcessState};
pub use sweep::{Also, Swept, sweep_by_mark};
pub use terminal::{LineDiscipline, OutputLines, line_discipline, output_lines, reads_terminal, unread_bytes};
pub use tree::{Census, TreeUsage, on_sight, ticks_per_second, tree, usage};
pub use writing::{IoBytes, io_bytes, io_bytes_of_reaped, is_writing, ran_ns};

/// The environment variable that marks every process of a run.
pub const MARK_VARIABLE: &str = "QD_RUN";
