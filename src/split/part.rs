//! The parts of a divided task, and why one can't be divided.

use std::fmt;

/// One part of a divided task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name: `TASK-7-SUB1`.
    pub name: String,
    /// What it is to reach, in one line.
    pub objective: String,
    /// Its steps, as Markdown.
    pub steps: Vec<String>,
    /// By what it is known to be reached.
    pub success_criteria: Vec<String>,
    /// The files that are its own.
    pub files: Vec<String>,
    /// Parts that come first, by name.
    pub needs: Vec<String>,
}

/// Why a task can't be divided, though it is large enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undivided {
    /// Fewer than two agents could take part.
    TooFewAgents {
        /// How many could.
        able: usize,
    },
    /// Only one agent may do it.
    OneAgentOnly {
        /// The name of the agent.
        agent: String,
    },
    /// Parts would change the same file.
    Overlap {
        /// The file.
        file: String,
        /// Two of the steps that name it, or one beneath it.
        steps: (usize, usize),
    },
    /// A part would name no files, so that nothing could keep the others out of its way.
    NoFiles {
        /// The steps of which none names a file, in words.
        steps: String,
    },
    /// Each part would wait for another: nothing would run at the same time.
    OneAfterAnother,
    /// It has more of something than a limit allows.
    TooLarge {
        /// What is too many: `steps`.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many may be.
        limit: usize,
    },
}

/// How a task is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The parts; empty when it is better left whole.
    pub parts: Vec<Part>,
    /// Why so.
    pub why: String,
}

/// Files that a part may name: it locks each of them, and a task locks no more. Beyond it, names of directories
/// stand for several of them.
pub const PART_FILES_MAX: usize = 64;

impl Undivided {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Undivided::TooFewAgents { .. } | Undivided::OneAgentOnly { .. } => "too_few_agents",
            Undivided::Overlap { .. } => "files_overlap",
            Undivided::NoFiles { .. } => "no_files",
            Undivided::OneAfterAnother => "one_after_another",
            Undivided::TooLarge { .. } => "too_large",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Undivided::TooFewAgents { .. } => "add an agent with these capabilities, or do it in one piece",
            Undivided::OneAgentOnly { .. } => "take `agent` out of its header, or do it in one piece",
            Undivided::Overlap { .. } => "let the steps that change this file be one step, or do it in one piece",
            Undivided::NoFiles { .. } => "name the files that each step changes, such as `src/parser.rs`",
            Undivided::OneAfterAnother => "do it in one piece",
            Undivided::TooLarge { what: "files in one part", .. } => {
                "allow more parts (`--max`, or `max_subtasks` in agents.toml), or name directories rather than files"
            }
            Undivided::TooLarge { .. } => "make two task files of it, and divide each",
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
            Undivided::TooLarge { what, count, limit } => write!(f, "it has {count} {what}; {limit} are the limit"),
        }
    }
}
