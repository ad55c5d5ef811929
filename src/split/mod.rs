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
mod part;
mod render;
mod status;
mod structure;

#[cfg(test)]
mod tests;

pub use header::{HeaderProblem, TASK_FILE_BYTES_MAX, TaskFile, WhereItWorks, parse};
pub use part::{Division, PART_FILES_MAX, Part, Undivided};
pub use render::{PartResult, results, sub_task};
pub use status::with_fields;

/// The most parts that a task is divided into. Beyond it, several steps share a part.
pub const PARTS_MAX: u32 = 16;
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

/// Divides a task. `exists` says whether the repository has a file at a path: it decides about words that could be
/// files or not.
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
