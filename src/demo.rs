//! The demo agents: plain shell scripts, embedded so that `qd demo NAME` runs them in any repository.

/// What all of them share; put before each.
const COMMON: &str = include_str!("../assets/demo/common.sh");

/// The scripts by name, with what each does in a few words.
pub const DEMOS: [(&str, &str, &str); 4] = [
    ("languages", "counts the code by language", include_str!("../assets/demo/languages.sh")),
    ("todos", "every TODO with its age and author", include_str!("../assets/demo/todos.sh")),
    ("index", "an index of the public items", include_str!("../assets/demo/index.sh")),
    ("history", "what changes most, and by whom", include_str!("../assets/demo/history.sh")),
];

/// The whole script of a demo agent, to be run as `sh -c SCRIPT` in a worktree; none for an unknown name.
pub fn script(name: &str) -> Option<String> {
    let (.., own) = DEMOS.iter().find(|(demo, ..)| *demo == name)?;
    Some(format!("{COMMON}\n{own}"))
}
