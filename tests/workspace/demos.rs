//! The demo agents in repositories that are not ours.

use crate::support::*;
use quarterdeck::demo::{DEMOS, script};
use std::path::Path;
use std::process::{Command, Output};

fn run(name: &str, directory: &Path) -> Output {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script(name).expect("a script")).current_dir(directory);
    // Nobody's identity and nobody's configuration.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").env("HOME", directory);
    command.env_remove("EMAIL").output().expect("sh")
}

fn succeeds(name: &str, directory: &Path) -> String {
    let output = run(name, directory);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{name}: {printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

/// A repository in several languages, with hostile names, in a directory with a space and an é.
fn foreign() -> Fleet {
    let fleet = Fleet::in_repository();
    fleet.write("lib/main.py", "def visible(x):\n    # TODO: say | more `here`\n    return x\n\nclass Thing(Base):\n    pass\n\ndef _hidden():\n    pass\n");
    fleet.write(
        "web/app.ts",
        "export function start(a: number) {\n}\n\nexport default class App {}\nconst inner = 1; // FIXME later\n",
    );
    fleet.write(
        "go/main.go",
        "package main\nfunc Public(a int) int { return a }\nfunc private() {}\ntype Shape struct {}\n",
    );
    fleet.write("rust/lib.rs", "pub fn open<T>(t: T) -> T { t }\npub(crate) fn inner() {}\npub struct Deck;\n");
    fleet.write("odd names/é and\ttab.py", "class Ünicode:\n    pass\n\ndef ok():\n    pass\n");
    fleet.write("odd names/line\nbreak.py", "def unseen():\n    pass\n");
    fleet.write("-dash.sh", "echo TODO\n");
    fleet.write("bin.dat", "TODO\0\u{1}");
    fleet.commit("many languages");
    fleet
}

#[test]
fn each_leaves_one_commit_of_its_own_on_its_branch() {
    let fleet = foreign();
    let main = fleet.git(&["rev-parse", "main"]);
    for (name, ..) in DEMOS {
        let root = fleet.prepare(name).root;
        let printed = succeeds(name, &root);
        assert!(printed.contains(&format!("git show qd/{name}")), "{printed}");
        let changed = git(&root, &["diff", "--name-only", "main", "HEAD"]);
        assert_eq!(changed.trim(), format!("REPORT-{name}.md"));
        assert_eq!(git(&root, &["rev-list", "--count", "main..HEAD"]).trim(), "1");
        assert_eq!(git(&root, &["status", "--porcelain"]), "");
    }
    assert_eq!(fleet.git(&["rev-parse", "main"]), main);
    assert_eq!((fleet.branches().len(), fleet.git(&["status", "--porcelain"])), (4, String::new()));
}

#[test]
fn a_second_run_adds_a_commit_only_for_news() {
    let fleet = foreign();
    for (name, ..) in DEMOS {
        let root = fleet.prepare(name).root;
        succeeds(name, &root);
        let first = git(&root, &["rev-parse", "HEAD"]);
        assert!(succeeds(name, &root).contains("nothing new"), "{name}");
        assert_eq!(git(&root, &["rev-parse", "HEAD"]), first, "{name}");
        write(&root.join("more.py"), "def another():\n    pass # TODO\n");
        commit(&root, "more");
        assert!(succeeds(name, &root).contains("committed"), "{name}");
    }
}

#[test]
fn the_reports_say_what_is_there() {
    let fleet = foreign();
    let report = |name: &str| {
        let root = fleet.prepare(name).root;
        succeeds(name, &root);
        std::fs::read_to_string(root.join(format!("REPORT-{name}.md"))).expect("the report")
    };
    let languages = report("languages");
    assert!(languages.contains("| Python | 2 | 14 |") || languages.contains("| Python | 3 |"), "{languages}");
    assert!(languages.contains("| Rust | 1 | 3 | 0 |"), "{languages}");

    let todos = report("todos");
    assert!(todos.contains("`lib/main.py:2` | t | `# TODO: say / more here` |"), "{todos}");
    assert!(todos.contains("web/app.ts:5") && todos.contains("-dash.sh:1") && !todos.contains("bin.dat"), "{todos}");

    let index = report("index");
    for item in [
        "`def visible`",
        "`class Thing`",
        "`export function start`",
        "`export default class App`",
        "`func Public`",
        "`type Shape struct`",
        "`pub struct Deck`",
    ] {
        assert!(index.contains(item), "{item} in {index}");
    }
    for hidden in ["_hidden", "private", "inner"] {
        assert!(!index.contains(hidden), "{hidden} in {index}");
    }

    let history = report("history");
    assert!(history.contains("2 commits.") && history.contains("| 2 | t |"), "{history}");
}

#[test]
fn they_commit_on_a_branch_of_ours_only_and_say_why_they_fail() {
    let fleet = foreign();
    let main = fleet.git(&["rev-parse", "main"]);
    for (name, ..) in DEMOS {
        let output = run(name, &fleet.root);
        assert!(
            !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("own qd/ branch only"),
            "{name}"
        );
        let output = run(name, fleet.outside());
        assert!(
            !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("no git repository"),
            "{name}"
        );
    }
    assert_eq!(fleet.git(&["rev-parse", "main"]), main);
}

#[test]
fn the_fleet_at_the_top_of_the_repository_is_made_of_them() {
    let config = quarterdeck::config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("agents.toml"))
        .unwrap_or_else(|errors| panic!("{errors}"));
    assert!(config.agents.len() >= 3);
    for agent in &config.agents {
        assert_eq!(agent.program.command_text(), format!("qd demo {}", agent.name));
        assert!(script(&agent.name).is_some(), "{}", agent.name);
    }
}
