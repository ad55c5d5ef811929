//! What must stay between an agent and its user: the environment, and what is typed.

use crate::harness::config::shell;
use crate::harness::{Fleet, processes};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SECRET: &str = "hunter2-4711-not-for-others";

pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}

pub(crate) fn holds(path: &Path, text: &str) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn an_environment_and_what_is_typed_are_in_no_log_journal_list_or_command_line() {
    let line = "stty -echo; echo ${#API_KEY}; read word; echo got ${#word}; exec sleep 1000";
    let fleet = Fleet::up(&shell("a", line, &format!("env = {{ API_KEY = \"{SECRET}\" }}")));
    fleet.until_screen("a", &SECRET.len().to_string());
    fleet.qd(["send", "a", &format!("typed-{SECRET}"), "--key", "enter"]).ok();
    fleet.until_screen("a", "got");
    let listed: Vec<_> = fleet.processes().into_iter().filter(|process| process.line.contains(SECRET)).collect();
    assert_eq!(listed, [], "a command line holds the secret");
    let told: Vec<PathBuf> =
        files(&fleet.root.join(".quarterdeck")).into_iter().filter(|path| holds(path, SECRET)).collect();
    assert_eq!(told, [] as [PathBuf; 0], "the state directory holds the secret");
    for words in [&["ps", "--json"][..], &["events", "--json"], &["explain", "a"], &["screen", "a"]] {
        let said = fleet.qd(words.iter().copied()).ok().text();
        assert!(!said.contains(SECRET), "`qd {}` tells the secret", words.join(" "));
    }
}

#[test]
fn a_keeper_does_not_carry_its_agents_environment() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", &format!("env = {{ API_KEY = \"{SECRET}\" }}")));
    fleet.fact("a", "agent.ready");
    let keeper = fleet.keeper("a");
    let carries = processes::that_hold(&[SECRET.to_owned()]);
    assert!(carries.iter().all(|process| process.pid != keeper), "{carries:?}");
    assert!(carries.iter().any(|process| process.pid == fleet.pid("a")), "the agent has its key");
}

#[test]
fn variables_that_no_list_names_are_not_inherited() {
    let fleet = Fleet::new(&shell("a", "env > seen; echo up; exec sleep 1000", "workspace = \"shared\""));
    let mut up = fleet.command(["up"]);
    up.env("AWS_SECRET_ACCESS_KEY", SECRET).env("SSH_AUTH_SOCK", "/nowhere").env("SOME_PRIVATE_THING", SECRET);
    crate::harness::command::finish(up, b"").ok();
    fleet.fact("a", "agent.ready");
    let seen = fs::read_to_string(fleet.root.join("seen")).expect("a file");
    assert!(!seen.contains(SECRET), "{seen}");
    for name in ["PATH=", "HOME=", "TERM=xterm-256color", "COLORTERM=truecolor", "QD_AGENT=a"] {
        assert!(seen.lines().any(|line| line.starts_with(name)), "{name} is missing in:\n{seen}");
    }
}

#[test]
fn state_and_sockets_are_for_the_owner_alone() {
    let fleet = Fleet::up(&shell("a", "echo up; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    fleet.qd(["spawn", "b", "--no-wait", "--env", &format!("API_KEY={SECRET}"), "--", "sleep", "1000"]).ok();
    let mode = |path: &Path| fs::metadata(path).map(|found| found.permissions().mode() & 0o777).unwrap_or(0);
    let sockets = fleet.socket_directory().expect("a directory");
    for private in [fleet.root.join(".quarterdeck"), sockets.clone(), fleet.run_directory("a")] {
        assert_eq!(mode(&private), 0o700, "{}", private.display());
    }
    let entries: Vec<PathBuf> = fs::read_dir(&sockets).expect("a directory").flatten().map(|one| one.path()).collect();
    for socket in entries.iter().filter(|path| path.extension().is_some_and(|end| end == "sock")) {
        assert_eq!(mode(socket), 0o600, "{}", socket.display());
    }
    for told in files(&fleet.root.join(".quarterdeck")).into_iter().filter(|path| holds(path, SECRET)) {
        assert_eq!(mode(&told), 0o600, "{} holds a secret", told.display());
    }
}
