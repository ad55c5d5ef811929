//! The exit codes of `qd`, in one table, which `qd --help` shows and scripts rely on: a code keeps its meaning.

use std::process::ExitCode;

/// The ways in which `qd` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The request was carried out.
    Ok,
    /// The request failed for a reason that has no exit code of its own.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
    /// No supervisor runs for this fleet.
    NotRunning,
    /// The request was refused, and qd says why.
    Refused,
    /// An agent of the fleet failed.
    AgentFailed,
    /// The change is made, but only in the supervisor's memory: the journal cannot be written.
    InMemory,
    /// A lock was refused because the requester would, through others, wait for itself.
    Cycle,
    /// A lease or its token is no longer valid.
    Stale,
    /// A task of the plan failed.
    TaskFailed,
    /// A task of the plan needs a person.
    NeedsPerson,
    /// The supervisor ended before the plan did.
    SupervisorFailed,
    /// The given time has passed (the same code as timeout(1)).
    TimedOut,
    /// SIGINT ended it (128 + 2, as in a shell).
    Interrupted,
    /// SIGTERM ended it (128 + 15, as in a shell).
    Terminated,
    /// The exit code of the command that was run (`qd lock run`).
    Of(u8),
}

impl Exit {
    /// All ways to end, with their meaning.
    pub const TABLE: [(Exit, &'static str); 15] = [
        (Exit::Ok, "done"),
        (Exit::Failed, "it failed"),
        (Exit::Usage, "the command line or the configuration is wrong"),
        (Exit::NotRunning, "no supervisor runs for this fleet"),
        (Exit::Refused, "the request was refused; the reason is printed"),
        (Exit::AgentFailed, "an agent failed (run, start, restart, spawn, wait)"),
        (Exit::TaskFailed, "a task failed, was cancelled, or was refuted by its verification (run, plan, task)"),
        (Exit::NeedsPerson, "a task of the plan needs a person (run, plan)"),
        (Exit::SupervisorFailed, "the supervisor ended before the plan did (run, plan)"),
        (Exit::InMemory, "done, but in memory only: the fleet's journal can't be written, as on a full disk"),
        (Exit::Cycle, "refused: the wait for a lock would have closed a cycle (lock)"),
        (Exit::Stale, "the lease or its token is no longer valid (lock)"),
        (Exit::TimedOut, "the time limit of --timeout or --wait passed"),
        (Exit::Interrupted, "interrupted (SIGINT)"),
        (Exit::Terminated, "terminated (SIGTERM)"),
    ];

    /// Returns the exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NotRunning => 3,
            Exit::Refused => 4,
            Exit::AgentFailed => 5,
            Exit::TaskFailed => 6,
            Exit::NeedsPerson => 7,
            Exit::SupervisorFailed => 8,
            Exit::InMemory => 9,
            Exit::Cycle => 10,
            Exit::Stale => 11,
            Exit::TimedOut => 124,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
            Exit::Of(code) => code,
        }
    }

    /// Returns the exit for a signal that ended this process; a hang-up counts as a termination.
    pub fn of_signal(signal: i32) -> Exit {
        if signal == libc::SIGINT { Exit::Interrupted } else { Exit::Terminated }
    }

    /// Returns the table as `qd --help` shows it.
    pub fn help() -> String {
        let rows: Vec<String> =
            Exit::TABLE.iter().map(|(exit, meaning)| format!("  {:>3}  {meaning}", exit.code())).collect();
        format!("Exit codes:\n{}", rows.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
