//! The parts of a divided task, and why one can't be divided.

use std::fmt;

/// One part of a divided task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Name of the part: `TASK-7-SUB1`.
    pub name: String,
    /// The objective that the part must reach, in one line.
    pub objective: String,
    /// The steps of the part, as Markdown.
    pub steps: Vec<String>,
    /// The criteria that show that the objective is reached.
    pub success_criteria: Vec<String>,
    /// The files that belong to this part alone.
    pub files: Vec<String>,
    /// Names of the parts that this part depends on.
    pub needs: Vec<String>,
}

/// The reasons why a task cannot be divided, though it is large enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undivided {
    /// Fewer than two agents could take a part.
    TooFewAgents {
        /// The number of agents that could.
        able: usize,
    },
    /// Only one agent may do the task.
    OneAgentOnly {
        /// The name of that agent.
        agent: String,
    },
    /// Several parts would change the same file.
    Overlap {
        /// Path of the file that would be shared.
        file: String,
        /// Two of the steps that name the file, or a file below it.
        steps: (usize, usize),
    },
    /// A part would name no files, so that no lock could keep the others from its work.
    NoFiles {
        /// The steps of which none names a file, in words.
        steps: String,
    },
    /// Each part would wait for another, so that no two would run at the same time.
    OneAfterAnother,
    /// The task exceeds a limit of the division.
    TooLarge {
        /// Name of the things that are too many: `steps`.
        what: &'static str,
        /// The number of such things in the task.
        count: usize,
        /// The largest number that is allowed.
        limit: usize,
    },
}

/// The result of dividing a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The parts of the task; empty when the task is better not divided.
    pub parts: Vec<Part>,
    /// The reason why the task was divided in this way, or not divided.
    pub why: String,
}

/// The most files that a part may name: the part locks each of them, and a task can lock no more. Beyond it, the part
/// names directories instead of their files.
pub const PART_FILES_MAX: usize = 64;

impl Undivided {
    /// Returns a stable word for programs that names the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Undivided::TooFewAgents { .. } | Undivided::OneAgentOnly { .. } => "too_few_agents",
            Undivided::Overlap { .. } => "files_overlap",
            Undivided::NoFiles { .. } => "no_files",
            Undivided::OneAfterAnother => "one_after_another",
            Undivided::TooLarge { .. } => "too_large",
        }
    }

    /// Returns a hint on what to do about the reason.
    pub fn hint(&self) -> &'static str {
        match self {
            Undivided::TooFewAgents { .. } => "add an agent with these capabilities, or do not divide it",
            Undivided::OneAgentOnly { .. } => "remove `agent` from its header, or do not divide it",
            Undivided::Overlap { .. } => "make one step of the steps that change this file, or do not divide it",
            Undivided::NoFiles { .. } => "name the files that each step changes, such as `src/parser.rs`",
            Undivided::OneAfterAnother => "do not divide it",
            Undivided::TooLarge { what: "files in one part", .. } => {
                "allow more parts (`--max`, or `max_subtasks` in agents.toml), or name directories rather than files"
            }
            Undivided::TooLarge { .. } => "write two task files instead, and divide each",
        }
    }
}

impl fmt::Display for Undivided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Undivided::TooFewAgents { able: 0 } => f.write_str("no agent of the fleet can take part"),
            Undivided::TooFewAgents { .. } => f.write_str("only one agent of the fleet can take part"),
            Undivided::OneAgentOnly { agent } => write!(f, "only {agent} may do it"),
            Undivided::Overlap { file, steps: (one, other) } => {
                write!(f, "the parts would overlap: steps {one} and {other} both change {file}")
            }
            Undivided::NoFiles { steps } => write!(f, "{steps} names no files, so nothing would keep the parts apart"),
            Undivided::OneAfterAnother => f.write_str("each part would wait for another, so nothing would be gained"),
            Undivided::TooLarge { what, count, limit } => write!(f, "it has {count} {what}; the limit is {limit}"),
        }
    }
}
