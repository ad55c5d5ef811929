//! The demo agents of `qd demo NAME`: shell scripts that are embedded in the binary, so that they run in any
//! repository.

/// Shell code that all demo scripts share; it is put before each of them.
const COMMON: &str = include_str!("../assets/demo/common.sh");

/// The demo agents: the name, the script, and a short description of each.
pub const DEMOS: [(&str, &str, &str); 4] = [
    ("languages", "counts the code by language", include_str!("../assets/demo/languages.sh")),
    ("todos", "every TODO with its age and author", include_str!("../assets/demo/todos.sh")),
    ("index", "an index of the public items", include_str!("../assets/demo/index.sh")),
    ("history", "what changes most, and by whom", include_str!("../assets/demo/history.sh")),
];

/// Returns the whole script of a demo agent, to be run as `sh -c SCRIPT` in a worktree; none for an unknown name.
pub fn script(name: &str) -> Option<String> {
    let (.., own) = DEMOS.iter().find(|(demo, ..)| *demo == name)?;
    Some(format!("{COMMON}\n{own}"))
}
