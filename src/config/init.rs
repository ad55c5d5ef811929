//! `qd init`: writes an `agents.toml` for the repository at hand, with the agent programs that it finds on PATH.

use super::fleet::stands_in_repository;
use super::known::{KNOWN_AGENTS, KnownAgent};
use super::values::Name;
use crate::demo::DEMOS;
use crate::place::CONFIG_FILE;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file that `qd init` would write, and the agent programs that it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitPlan {
    /// Path of the file to write: `agents.toml` in the directory.
    pub path: PathBuf,
    /// The text of the file. It is always a valid configuration.
    pub text: String,
    /// The agent programs that were found on PATH.
    pub found: Vec<FoundAgent>,
}

/// An agent program that is installed on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAgent {
    /// The name of the agent program.
    pub program: &'static str,
    /// Path at which the program was found.
    pub path: PathBuf,
}

/// Returns the file that `qd init` would write into `directory`, with the agent programs found on `search_path` (a
/// PATH). Writes nothing.
pub fn init(directory: &Path, search_path: &OsStr) -> InitPlan {
    let found: Vec<FoundAgent> = KNOWN_AGENTS
        .iter()
        .filter_map(|known| {
            Some(FoundAgent { program: known.program, path: find_program(known.program, search_path)? })
        })
        .collect();
    let known = KNOWN_AGENTS.iter().filter(|known| found.iter().any(|found| found.program == known.program));
    let text = [head(directory)]
        .into_iter()
        .chain(known.map(agent_block))
        .chain([demo_blocks(directory)])
        .collect::<Vec<_>>()
        .join("\n");
    InitPlan { path: directory.join(CONFIG_FILE), text, found }
}

impl InitPlan {
    /// Writes the file, unless a file of this name exists.
    ///
    /// # Errors
    /// `AlreadyExists` when the file exists; it is not touched.
    pub fn write(&self) -> std::io::Result<()> {
        use std::io::Write;
        std::fs::File::create_new(&self.path)?.write_all(self.text.as_bytes())
    }
}

fn head(directory: &Path) -> String {
    let name = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if name.parse::<Name>().is_ok() { name } else { "fleet".to_owned() };
    format!(
        "# The fleet of this directory. `qd` starts it, `qd check` checks this file, `qd schema` prints its JSON Schema.\n\n\
         [fleet]\nname = \"{name}\"\n"
    )
}

/// The table of an agent program, as TOML. It does not start with the fleet: it costs money, and wants a task first.
fn agent_block(known: &KnownAgent) -> String {
    let list = |words: &[&str]| words.iter().map(|word| toml_string(word)).collect::<Vec<_>>().join(", ");
    let args = if known.args.is_empty() { String::new() } else { format!("args = [{}]\n", list(known.args)) };
    let notes: String = known.notes.iter().map(|note| format!("# {note}\n")).collect();
    let KnownAgent { program, title, .. } = known;
    let heading = heading(program, &format!("{title}; start it with `s` in the dashboard or `qd start {program}`"));
    format!(
        "{heading}{notes}command = \"{program}\"\n{args}autostart = false\nrestart = \"never\"\nstop_keys = [{}]\n\
         # tasks = \"type\"  # a task's prompt is typed in once it is idle; or let it ask: `qd task claim`\n",
        list(known.stop_keys),
    )
}

/// The line `[agents.NAME]` with a comment that says what the agent is; the comments of all agents are in one column.
fn heading(name: &str, what: &str) -> String {
    format!("{:<24} # {what}\n", format!("[agents.{name}]"))
}

/// A word as a TOML string: in single quotes, where nothing is escaped, when the word holds double quotes.
fn toml_string(word: &str) -> String {
    if word.contains('"') { format!("'{word}'") } else { format!("\"{word}\"") }
}

/// The tables of the demo agents, as TOML. In a repository they commit to branches; elsewhere, one agent that prints a
/// greeting shows that the fleet runs.
fn demo_blocks(directory: &Path) -> String {
    if !stands_in_repository(directory) {
        return "[agents.hello]\nshell = \"echo 'Hello from your fleet. Edit agents.toml to give it work.'\"\nrestart = \"never\"\n".to_owned();
    }
    let block = |(name, what, _): &(&str, &str, &str)| {
        let heading = heading(name, &format!("{what}; then: git show qd/{name}"));
        format!("{heading}shell = \"qd demo {name}\"\nrestart = \"never\"\n")
    };
    let intro = "# Demo agents: no key, no network, a commit each on a branch of its own. Delete them when you have seen them.\n\n";
    format!("{intro}{}", DEMOS.iter().map(block).collect::<Vec<_>>().join("\n"))
}

/// Finds a program on a PATH, in the way of execvp(3); relative entries of the PATH are skipped.
pub(crate) fn find_program(program: &str, search_path: &OsStr) -> Option<PathBuf> {
    let candidates = std::env::split_paths(search_path).filter(|directory| directory.is_absolute());
    candidates
        .map(|directory| directory.join(program))
        .find(|path| std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Program, parse};
    use quarterdeck_core::policy::Autostart;

    /// Makes a directory with all known agent programs in it, to be used as a PATH.
    fn everything_installed() -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        for known in KNOWN_AGENTS {
            let path = directory.path().join(known.program);
            std::fs::write(&path, "").expect("a file");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("the mode");
        }
        directory
    }

    #[test]
    fn what_it_writes_is_valid_and_names_what_it_found() {
        let installed = everything_installed();
        for repository in [false, true] {
            let directory = tempfile::tempdir().expect("a directory");
            if repository {
                std::fs::create_dir(directory.path().join(".git")).expect("a directory");
                std::fs::write(directory.path().join(".git/HEAD"), "ref: refs/heads/main\n").expect("a file");
            }
            let plan = init(directory.path(), installed.path().as_os_str());
            assert_eq!(plan.found.len(), KNOWN_AGENTS.len());
            let config = parse(&plan.text, &plan.path).unwrap_or_else(|errors| panic!("{errors}"));
            for agent in &config.agents {
                let known = KNOWN_AGENTS.iter().find(|known| known.program == agent.name);
                assert_eq!(agent.autostart == Autostart::OnRequest, known.is_some(), "{}", agent.name);
                if let Some(KnownAgent { program, args, .. }) = known {
                    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
                    assert_eq!(agent.program, Program::Command { program: (*program).to_owned(), args });
                }
            }
            assert!(
                config.agents.iter().any(|agent| agent.autostart == Autostart::WithFleet),
                "it does something at once"
            );
        }
    }

    #[test]
    fn only_what_can_be_executed_is_found() {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("claude"), "").expect("a file");
        std::fs::create_dir(directory.path().join("codex")).expect("a directory");
        assert_eq!(init(directory.path(), directory.path().as_os_str()).found, []);
    }

    #[test]
    fn a_file_that_is_there_is_never_overwritten() {
        let directory = tempfile::tempdir().expect("a directory");
        let plan = init(directory.path(), OsStr::new(""));
        plan.write().expect("written");
        std::fs::write(&plan.path, "mine").expect("written");
        assert_eq!(plan.write().expect_err("it exists").kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&plan.path).expect("there"), "mine");
    }
}
