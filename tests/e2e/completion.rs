//! Completion in real shells: what Tab makes of words that only the fleet knows. A shell that is not installed is told, and
//! not tried.

use crate::harness::config::shell;
use crate::harness::{Console, Fleet};
use std::path::Path;

/// A shell without anybody's settings, with the completion of the qd under test, which is the qd on its PATH.
const SHELLS: [(&str, &str); 3] =
    [("bash", "exec bash --norc --noprofile -i"), ("zsh", "exec zsh -f -i"), ("fish", "exec fish --no-config -i")];

/// What is typed first. The prompt tells that the shell has read all of it.
fn opening(name: &str) -> &'static str {
    match name {
        "bash" => "PS1='at-your-service '; bind 'set bell-style none'; source <(qd completions bash)\n",
        "zsh" => "autoload -U compinit; compinit -u; source <(qd completions zsh); PS1='at-your-service '\n",
        _ => "qd completions fish | source; function fish_prompt; echo 'at-your-service '; end\n",
    }
}

fn is_installed(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|place| place.join(name).is_file()))
}

#[test]
fn agents_tasks_plans_and_files_are_completed_in_every_shell() {
    let text = shell("claude-parser", "echo up; exec sleep 1000", "") + &shell("later", "true", "autostart = false");
    let fleet = Fleet::up(&text);
    fleet.fact("claude-parser", "agent.ready");
    fleet.qd(["task", "add", "Fix the lexer.", "--name", "lexer-fix"]).ok();
    std::fs::write(fleet.root.join("release.toml"), "[tasks.build]\nprompt = \"Build it.\"\n").expect("a plan");
    std::fs::write(fleet.root.join("release.txt"), "").expect("no plan");
    for (name, start) in SHELLS {
        if !is_installed(name) {
            eprintln!("{name} is not installed: completion in it is not tested");
            continue;
        }
        let bin = Path::new(env!("CARGO_BIN_EXE_qd")).parent().expect("a directory").display().to_string();
        let console = Console::open(&fleet, 100, 30, &format!("PATH={bin}:$PATH; export PATH; {start}"));
        console.send(opening(name));
        console.until("at-your-service ");
        for (typed, completed) in [
            ("qd stop cl", "qd stop claude-parser"),
            ("qd start --no-wait la", "qd start --no-wait later"),
            ("qd task show le", "qd task show lexer-fix"),
            ("qd plan start rel", "qd plan start release.toml"),
            ("qd wait --until needs", "qd wait --until needs-you"),
        ] {
            console.send(format!("{typed}\t"));
            console.until(completed);
            // The line is thrown away.
            console.send("\x15\x0c");
            console.until_true("an empty line", |screen| !screen.contains(typed));
        }
    }
}

#[test]
fn without_a_supervisor_the_agents_of_the_file_are_completed() {
    let fleet = Fleet::new(&shell("worker", "true", "count = 2"));
    let mut asked = fleet.command(["--", "qd", "stop", "wor"]);
    asked.envs([("QD_COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", "2"), ("_CLAP_IFS", "\n")]);
    let told = crate::harness::command::finish(asked, b"").ok().text();
    assert_eq!(told.lines().collect::<Vec<&str>>(), ["worker-1", "worker-2", "worker"]);
}

#[test]
fn every_verb_has_a_manual_page() {
    let fleet = Fleet::new("");
    assert!(fleet.qd(["man"]).ok().text().contains(".TH qd 1"));
    let directory = fleet.base().join("man1");
    fleet.qd(["man", &directory.display().to_string()]).ok();
    for page in ["qd.1", "qd-stop.1", "qd-task-add.1"] {
        let text = std::fs::read_to_string(directory.join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
}
