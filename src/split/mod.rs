//! Task files, and how one is divided into parts that several agents can work on at the same time.
//!
//! ```text
//!  TASK-7.md ── header ──► TaskFile ── outline ──► steps with their files ── strategy ──► parts ── render ──► TASK-7-SUBn.md
//! ```
//!
//! A task file is Markdown, with a header between two lines of `---` if it has something to say about itself:
//!
//! ```text
//! ---
//! id: TASK-7                  # the file's name without .md, unless told
//! priority: 5                 # higher goes first
//! agent: builder              # nobody else may do it; or `prefer: builder`
//! needs: [TASK-5, TASK-6]     # tasks that must be done first
//! capabilities: [rust]        # what its agent must be able to do
//! files: [src/parser]         # what it changes; locked while it runs
//! locks: [gpu, shared:docs]   # what else is locked while it runs
//! verify: cargo test          # run in its workspace when its agent says that it is done
//! ---
//! # Parse dates
//! …
//! ```
//!
//! Nothing here touches the world: text in, text out. Reading order: [`header`], [`outline`] with [`files`],
//! [`structure`] and [`keyword`] over [`group`] and [`order`], [`render`], [`status`].
//!
//! **Invariant:** whatever the text, the parts' files are disjoint, and the same text is divided the same way
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

/// Parts at most, whatever is asked for.
pub const PARTS_MAX: u32 = 16;
/// Files that a part may name: it locks each of them, and a task locks no more.
pub const PART_FILES_MAX: usize = 64;
/// A task of fewer steps is not divided.
pub const STEPS_MIN: usize = 5;
/// A task that is said to take no longer is not divided.
pub const ESTIMATE_MIN_MINUTES: i64 = 30;

/// By which rule a task is divided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// By headings, checklists, file lists and explicit dependencies.
    #[default]
    Structure,
    /// By the documented counting of keywords.
    Keyword,
}

/// Under which conditions a task is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// By which rule.
    pub rule: Rule,
    /// Parts at most.
    pub parts_max: u32,
    /// Agents of the fleet that could take a part.
    pub able_agents: usize,
}

/// How a task is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// The parts; empty when it is better left whole.
    pub parts: Vec<Part>,
    /// Why so.
    pub why: String,
}

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

/// Divides a task. `exists` says whether the repository has a file at a path: it decides about words that could be
/// files or not.
///
/// # Errors
/// It is large enough, and can't be divided as it is.
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

/// How many parts so many steps make: 5 to 10 two, then one for every five begun.
fn parts_of(steps: usize) -> usize {
    if steps <= 10 { 2 } else { steps.div_ceil(5) }
}
