//! The words of states stand in one table, `src/api/states.rs`, and no other line of the program gives a state a word of
//! its own, or lists again which states are over. As far as the text of a line can tell.

use crate::source::{Source, lines_that, names_word, sources};
use quarterdeck::api::agents::{AgentHealth, AgentState};
use quarterdeck::api::messages::Delivery;
use quarterdeck::api::plans::PlanState;
use quarterdeck::api::state::SyncState;
use quarterdeck::api::system::HealthStatus;
use quarterdeck::api::tasks::{TaskState, Verified};

/// The room of the words, and the core, which may name nothing of the API.
const OWN: [&str; 2] = ["src/api/states.rs", "src/core/"];

/// The types of states, in the API and in the core.
const TYPES: [&str; 11] = [
    "AgentState",
    "AgentHealth",
    "HealthStatus",
    "TaskState",
    "Stage",
    "Verified",
    "Verdict",
    "PlanState",
    "Delivery",
    "SyncState",
    "Standing",
];

/// States that are over, and the type that they are of: who names all of them in a line makes the list again.
const ENDS: [[&str; 3]; 2] = [
    ["TaskState::Done", "TaskState::Failed", "TaskState::Cancelled"],
    ["PlanState::Completed", "PlanState::Failed", "PlanState::Cancelled"],
];

fn words() -> Vec<&'static str> {
    let tasks = TaskState::ALL.iter().map(|state| state.word()).chain(Verified::ALL.iter().map(|state| state.word()));
    let agents = AgentState::ALL.iter().map(|state| state.word()).chain(AgentHealth::ALL.iter().map(|of| of.word()));
    let others = PlanState::ALL.iter().map(|state| state.word()).chain(Delivery::ALL.iter().map(|state| state.word()));
    let parts = SyncState::ALL.iter().map(|state| state.word()).chain(HealthStatus::ALL.iter().map(|of| of.word()));
    tasks.chain(agents).chain(others).chain(parts).collect()
}

/// Whether a line names a variant of a type of states, and has one of the words as a text.
fn words_a_state(line: &str, words: &[&str]) -> bool {
    let mut texts = line.split('"').skip(1).step_by(2);
    let is_of_state = || TYPES.iter().any(|of| names_word(line, of) && line.contains(&format!("{of}::")));
    texts.any(|text| words.contains(&text.to_lowercase().as_str())) && is_of_state()
}

fn lists_ends(line: &str) -> bool {
    ENDS.iter().any(|ends| ends.iter().all(|end| names_word(line, end)))
}

#[test]
fn a_state_is_worded_in_one_room() {
    let words = words();
    let crosses = |file: &Source, line: &str| {
        !OWN.iter().any(|own| file.path.starts_with(own)) && (words_a_state(line, &words) || lists_ends(line))
    };
    let found = lines_that(&sources("src"), crosses);
    assert!(found.is_empty(), "these word a state by themselves; use `word()`, `has_ended()` …:\n{}", found.join("\n"));
}

/// A test of the test: what it is to find is found.
#[test]
fn another_table_is_found() {
    let words = words();
    assert!(words_a_state(r#"TaskState::Held => "held","#, &words));
    assert!(words_a_state(r#"(PlanState::Running, "Running"),"#, &words));
    assert!(!words_a_state(r#"TaskState::Held => "waits for its locks","#, &words));
    assert!(!words_a_state(r#"Exit::Ok => "completed","#, &words));
    assert!(lists_ends("matches!(state, TaskState::Done | TaskState::Failed | TaskState::Cancelled)"));
    assert!(!lists_ends("matches!(state, TaskState::Failed | TaskState::Cancelled)"));
}
