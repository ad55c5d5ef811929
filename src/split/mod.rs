//! Task files, and the division of a task into parts that several agents can work on at the same time.
//!
//! ```text
//!  TASK-7.md ── header ──► TaskFile ── outline ──► steps with their files ── strategy ──► parts ── render ──► TASK-7-SUBn.md
//! ```
//!
//! A task file is Markdown. It may have a header between two lines of `---`:
//!
//! ```text
//! ---
//! id: TASK-7                  # default: the file's name without .md
//! priority: 5                 # a higher one goes first
//! agent: builder              # the only agent that may do it; or `prefer: builder`
//! needs: [TASK-5, TASK-6]     # tasks that must be done first
//! capabilities: [rust]        # what the task's agent must be able to do
//! files: [src/parser]         # the files that it changes; locked while it runs
//! locks: [gpu, shared:docs]   # other scopes that are locked while it runs
//! verify: cargo test          # run in its workspace when its agent says that it is done
//! ---
//! # Parse dates
//! …
//! ```
//!
//! Nothing here reads or writes files: text in, text out. Reading order: [`header`], [`outline`] with [`files`],
//! [`structure`] and [`keyword`] over [`group`] and [`order`], [`render`], [`status`].
//!
//! **Invariant:** for any text, the parts' files are disjoint, and the same text is divided the same way
//! (`tests`, `any_text_is_divided_into_disjoint_parts_and_always_the_same`).

mod files;
mod group;
mod header;
mod keyword;
mod order;
mod outline;
mod render;
mod status;
mod structure;

#[cfg(test)]
mod tests;

pub use header::{HeaderProblem, TASK_FILE_BYTES_MAX, TaskFile, WhereItWorks, parse};
pub use render::{PartResult, results, sub_task};
pub use status::with_fields;

use std::fmt;

/// The largest number of parts, whatever number is requested.
pub const PARTS_MAX: u32 = 16;
/// The largest number of files that a part may name: it locks each of them, and a task can lock no more.
pub const PART_FILES_MAX: usize = 64;
/// The number of steps that a task must have to be divided.
pub const STEPS_MIN: usize = 5;
/// The estimate in minutes that a task must exceed to be divided.
pub const ESTIMATE_MIN_MINUTES: i64 = 30;

/// The rules by which a task is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Divide the task by headings, checklists, file lists and explicit dependencies.
    #[default]
    Structure,
    /// Divide the task by counting keywords in the documented way.
    Keyword,
}

/// The conditions under which a task is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The rule by which the task is divided.
    pub rule: Rule,
    /// The largest number of parts.
    pub parts_max: u32,
    /// The number of agents in the fleet that could take a part.
    pub able_agents: usize,
}

/// The result of dividing a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The parts of the task; empty when the task is better not divided.
    pub parts: Vec<Part>,
    /// The reason why the task was divided in this way, or not divided.
    pub why: String,
}

/// One part of a divided task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Name of the part: `TASK-7-SUB1`.
    pub name: String,
    /// The objective that the part is to reach, in one line.
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
        /// Two of the steps that name the file, or a file beneath it.
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

/// Divides a task into parts. `exists` says whether the repository has a file at a path; it decides about words that
/// may or may not be files.
///
/// # Errors
/// An error is returned for a task that is large enough, but cannot be divided as it is.
pub fn divide(task: &TaskFile, rules: Rules, exists: &dyn Fn(&str) -> bool) -> Result<Division, Undivided> {
    let outline = outline::read(&task.body, exists)?;
    let steps = outline.steps.len();
    if steps < STEPS_MIN {
        return Ok(whole(format!("it has {steps} steps; fewer than {STEPS_MIN} are one agent's work")));
    }
    if let Some(minutes) = task.estimate_minutes.filter(|minutes| *minutes <= ESTIMATE_MIN_MINUTES) {
        return Ok(whole(format!(
            "it is said to take {minutes} minutes; up to {ESTIMATE_MIN_MINUTES} are not divided"
        )));
    }
    let count = parts_of(steps).min(rules.parts_max.clamp(1, PARTS_MAX) as usize);
    if count < 2 {
        return Ok(whole("at most one part was asked for".to_owned()));
    }
    let grouped = match rules.rule {
        Rule::Structure => structure::group(&outline, count)?,
        Rule::Keyword => match keyword::verdict(&task.body) {
            Ok(why) => keyword::group(&outline, count, why)?,
            Err(why) => return Ok(whole(why)),
        },
    };
    if let Some(agent) = &task.agent {
        return Err(Undivided::OneAgentOnly { agent: agent.clone() });
    }
    if rules.able_agents < 2 {
        return Err(Undivided::TooFewAgents { able: rules.able_agents });
    }
    grouped.into_division(task, &outline)
}

fn whole(why: String) -> Division {
    Division { parts: Vec::new(), why }
}

/// Returns the number of parts for a number of steps: two for 5 to 10 steps, then one for every five steps begun.
fn parts_of(steps: usize) -> usize {
    if steps <= 10 { 2 } else { steps.div_ceil(5) }
}
