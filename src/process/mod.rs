//! Processes as the operating system shows them: their identity, their descent, their use of resources, and how to
//! signal one without ever hitting another. Used by the keeper and by the supervisor; no async, no state of its own.
//!
//! * [`Identity`]: a process recognised across pid reuse and reboots.
//! * [`Census`]: one pass over `/proc`; descendants and usage of any number of trees are read from it.
//! * [`lineage()`]: the ancestors of a process.
//! * [`signal()`]: sends a signal to exactly the process that was meant, or to none.
//! * [`sweep_by_mark`]: kills the processes that remain of a lost keeper.
//! * [`line_discipline`], [`reads_terminal`]: the state of a process's terminal, read from outside.
//! * [`Cgroup`]: a cgroup (v2) of Quarterdeck's own, where the system allows one.
//!
//! Linux has full support. Elsewhere there is no `/proc`: a census finds nothing, an identity knows no start time, and
//! only functions that need no knowledge of other processes work.

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
pub use stat::{ProcessStat, ProcessState, ticks_per_second};
pub use sweep::{Also, MARK_VARIABLE, Swept, sweep_by_mark};
pub use terminal::{LineDiscipline, OutputLines, line_discipline, output_lines, reads_terminal, unread_bytes};
pub use tree::{Census, TreeUsage, on_sight, tree, usage};
pub use writing::{IoBytes, io_bytes, io_bytes_of_reaped, is_writing, ran_ns};
