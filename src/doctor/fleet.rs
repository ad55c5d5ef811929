//! Checks what the fleet's configuration needs: its agents' programs and room for its branches; and reports journals
//! that were set aside.

use super::check::Check;
use super::processes::counts_processes;
use crate::config::{AgentConfig, FleetConfig, Program, find_program};
use crate::place::{JOURNAL_FILE, JOURNAL_UNREAD, STATE_DIRECTORY};
use crate::workspace::Workspaces;
use nix::unistd::geteuid;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Stdio};

/// The number of agents that are named for one missing program. Beyond it, the rest is counted.
const AGENTS_NAMED_MAX: usize = 5;

/// Runs every check of one configuration.
pub(super) fn checks(fleet: &FleetConfig) -> Vec<Check> {
    let binds = if counts_processes() || !geteuid().is_root() { Binds::Yes } else { Binds::No };
    vec![programs(fleet), branches(fleet), limits(fleet, binds)]
}

/// Whether a limit on the number of processes is effective.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Binds {
    Yes,
    No,
}

/// Checks that `limits.processes` is effective: RLIMIT_NPROC has no effect for root (setrlimit(2)).
fn limits(fleet: &FleetConfig, binds: Binds) -> Check {
    const NAME: &str = "limits";
    let limited: Vec<&AgentConfig> = fleet.agents.iter().filter(|agent| agent.limits.processes.is_some()).collect();
    if limited.is_empty() || binds == Binds::Yes {
        return Check::pass(NAME, "have the configured effect");
    }
    let found = format!(
        "`limits.processes` has no effect for root here: {} may start any number of processes",
        names(&limited)
    );
    Check::warn(NAME, found, "start `qd` as another user, or in a cgroup with the pids controller (`Delegate=yes`)")
}

/// Checks that every agent finds its program, on the PATH that it will have.
fn programs(fleet: &FleetConfig) -> Check {
    const NAME: &str = "programs";
    let mut looked_for: BTreeMap<(String, OsString), bool> = BTreeMap::new();
    let mut missing: BTreeMap<String, Vec<&AgentConfig>> = BTreeMap::new();
    for agent in &fleet.agents {
        let Some(word) = program_of(&agent.program) else { continue };
        let path = agent.environment.search_path(std::env::vars_os());
        let is_there = match &agent.program {
            Program::Command { .. } => {
                looked_for.entry((word.clone(), path)).or_insert_with_key(|(word, path)| is_program(word, path))
            }
            Program::Shell(_) => looked_for
                .entry((word.clone(), path))
                .or_insert_with_key(|(word, path)| is_known_to_a_shell(word, path)),
        };
        if !*is_there {
            missing.entry(word).or_default().push(agent);
        }
    }
    if missing.is_empty() {
        return Check::pass(NAME, "every agent finds its program");
    }
    let found: Vec<String> =
        missing.iter().map(|(word, agents)| format!("`{word}` is not installed: {}", named(agents))).collect();
    let fix = "install it, or put its directory on the PATH that you start `qd` with, or on `env.PATH` of the agent";
    // The agent's setup may install a program that is missing.
    match missing.values().flatten().all(|agent| !agent.setup.is_empty()) {
        true => Check::warn(NAME, found.join("; "), format!("{fix}; or see that its `setup` does")),
        false => Check::fail(NAME, found.join("; "), fix),
    }
}

fn named(agents: &[&AgentConfig]) -> String {
    format!("{} can't start", names(agents))
}

fn names(agents: &[&AgentConfig]) -> String {
    let mut names: Vec<String> = agents.iter().take(AGENTS_NAMED_MAX).map(|agent| agent.name.clone()).collect();
    if agents.len() > AGENTS_NAMED_MAX {
        names.push(format!("and {} more", agents.len() - AGENTS_NAMED_MAX));
    }
    names.join(", ")
}

/// Returns the name of the program to look for. Returns none for a path within a workspace, and for a command line
/// whose first word is not a plain word, because the program is not known in advance then.
fn program_of(program: &Program) -> Option<String> {
    let word = match program {
        Program::Command { program, .. } => program.as_str(),
        Program::Shell(line) => line.split_whitespace().find(|word| *word != "exec")?,
    };
    let is_word = word.chars().all(|letter| letter.is_alphanumeric() || "_-+./".contains(letter));
    let is_plain = matches!(program, Program::Command { .. }) || is_word;
    (is_plain && (word.starts_with('/') || !word.contains('/'))).then(|| word.to_owned())
}

fn is_program(word: &str, path: &OsStr) -> bool {
    find_program(word, path).is_some()
}

/// Whether a word is a program on the path, or a word that the shell itself knows.
fn is_known_to_a_shell(word: &str, path: &OsStr) -> bool {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "command -v -- \"$1\"", "sh", word]).env("PATH", path);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Checks that git can make the agents' branches.
fn branches(fleet: &FleetConfig) -> Check {
    const NAME: &str = "branches";
    let names: Vec<&str> = fleet.agents.iter().map(|agent| agent.name.as_str()).collect();
    match Workspaces::of(fleet).branches_in_the_way(&names) {
        None => Check::pass(NAME, "git can make the agents' branches"),
        Some(in_the_way) => Check::fail(NAME, in_the_way.why(), in_the_way.advice()),
    }
}

/// Checks for journals that were set aside because they could not be read.
pub(super) fn journals(directory: &Path) -> Check {
    const NAME: &str = "journal";
    let state_directory = directory.join(STATE_DIRECTORY);
    let entries = std::fs::read_dir(&state_directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let prefix = format!("{JOURNAL_FILE}{JOURNAL_UNREAD}");
    let mut kept: Vec<String> =
        names.filter(|name| name.starts_with(&prefix) && !name.ends_with("-wal") && !name.ends_with("-shm")).collect();
    kept.sort_unstable();
    let Some(newest) = kept.last() else { return Check::pass(NAME, "none had to be set aside") };
    let found = match kept.len() {
        1 => format!("{STATE_DIRECTORY}/{newest} could not be read and was set aside"),
        count => format!("{count} could not be read and were set aside, the newest as {STATE_DIRECTORY}/{newest}"),
    };
    let fix = format!(
        "its readable content is in the new journal, and `qd events` says what is missing; keep it for the version \
         of qd \
         that wrote it, or delete it when you no longer need it: rm {STATE_DIRECTORY}/{prefix}*"
    );
    Check::warn(NAME, found, fix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::doctor::check::Verdict;

    fn fleet(directory: &Path, text: &str) -> FleetConfig {
        parse(text, &directory.join("agents.toml")).unwrap_or_else(|errors| panic!("{errors}"))
    }

    #[test]
    fn a_limit_that_does_not_bind_is_told_with_whose_it_is() {
        let directory = tempfile::tempdir().expect("a directory");
        let text = "[agents.a]\ncommand = \"sh\"\n[agents.b]\ncommand = \"sh\"\nlimits = { processes = 60 }";
        let fleet = fleet(directory.path(), text);
        let found = limits(&fleet, Binds::No).found;
        assert_eq!(found, "`limits.processes` has no effect for root here: b may start any number of processes");
        assert_eq!(limits(&fleet, Binds::Yes).verdict, Verdict::Pass);
    }

    #[test]
    fn programs_that_are_missing_are_named_with_who_needs_them() {
        let directory = tempfile::tempdir().expect("a directory");
        let text = "
            [agents.a]\ncommand = \"no-such-program\"
            [agents.b]\ncommand = \"no-such-program\"
            [agents.c]\nshell = \"exec no-such-other --now\"
            [agents.d]\nshell = \"if true; then :; fi\"
            [agents.e]\nshell = \"X=1 no-such && $Y\"
            [agents.f]\ncommand = \"./made/by/itself\"
            [agents.g]\ncommand = \"sh\"
            [agents.h]\ncommand = \"/no/such/file\"";
        let check = programs(&fleet(directory.path(), text));
        assert_eq!(check.verdict, Verdict::Fail);
        assert_eq!(
            check.found,
            "`/no/such/file` is not installed: h can't start; `no-such-other` is not installed: c can't start; \
             `no-such-program` is not installed: a, b can't start"
        );
        let fine = programs(&fleet(directory.path(), "[agents.a]\ncommand = \"sh\""));
        assert_eq!(fine.verdict, Verdict::Pass, "{}", fine.found);
        let setup = "[agents.a]\ncommand = \"no-such-program\"\nsetup = [\"install it\"]";
        assert_eq!(programs(&fleet(directory.path(), setup)).verdict, Verdict::Warn);
    }

    #[test]
    fn the_path_is_the_agents_own() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let program = directory.path().join("only-here");
        std::fs::write(&program, "").expect("a file");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("the mode");
        let text = |path: &str| format!("[agents.a]\ncommand = \"only-here\"\nenv = {{ PATH = \"{path}\" }}");
        let verdict = |path: &str| programs(&fleet(directory.path(), &text(path))).verdict;
        assert_eq!(verdict(&directory.path().display().to_string()), Verdict::Pass);
        assert_eq!(verdict("/nowhere"), Verdict::Fail);
    }

    #[test]
    fn journals_that_were_set_aside_are_named() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(journals(directory.path()).verdict, Verdict::Pass);
        let state_directory = directory.path().join(STATE_DIRECTORY);
        std::fs::create_dir(&state_directory).expect("a directory");
        for name in
            ["journal.sqlite3", "journal.sqlite3.unread-1", "journal.sqlite3.unread-1-wal", "journal.sqlite3.unread-2"]
        {
            std::fs::write(state_directory.join(name), "").expect("a file");
        }
        let check = journals(directory.path());
        assert_eq!(check.verdict, Verdict::Warn);
        assert!(check.found.starts_with("2 could not be read") && check.found.ends_with("unread-2"), "{}", check.found);
    }
}
