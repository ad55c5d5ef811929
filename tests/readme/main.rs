//! The README holds what it promises: every command in it is run, its tables are the program's own, its links lead
//! somewhere.
//!
//! What a block needs depends on the section it stands in, see the tests. Three of its lines are not run as they stand,
//! because a test within `cargo test` that builds everything again would take minutes: see [`stand_in`].

mod guide;
mod markdown;
mod stage;
mod tables;

use clap::Parser;
use clap::error::ErrorKind;
use markdown::{Block, blocks, links, quoted, with_part};
use quarterdeck::cli::CommandLine;
use quarterdeck::config;
use quarterdeck::report::exit::Exit;
use stage::Stage;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../README.md");

/// Sections with commands; each has a test below.
const SECTIONS: [&str; 5] =
    ["Run it", "In your own repository", "From a prompt to your branch", "Commands", "Headless"];

/// What may be seen at the top of the repository.
const TOP: [&str; 12] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "agents.toml",
    "assets",
    "src",
    "tests",
    "workspaces",
];

/// A line of the README as it is run here. The program that `cargo run` would build is the one on PATH, and its
/// standard output is no terminal; this test is itself part of `cargo test`; and what `cargo install` would put on PATH
/// is there. Attaching wants a terminal, and its program asks for no trust. A machine with Rust, git and sh may have no
/// curl.
fn stand_in(line: &str) -> &str {
    match line.split(" #").next().unwrap_or_default().trim() {
        "cargo run --release" => "qd",
        "cargo test" | "qd attach claude" => "true",
        "cargo install --path . --locked --profile dist" => "command -v qd",
        command if command.starts_with("cargo") => panic!("nothing stands in for `{command}`"),
        command if command.starts_with("curl ") && !stage::has("curl") => "qd ps --json",
        _ => line,
    }
}

/// Runs a section's commands, and returns what each block printed.
fn run(section: &str, stage: &Stage) -> Vec<String> {
    assert!(SECTIONS.contains(&section));
    let scripts = blocks(PAGE).into_iter().filter(|block| block.section == section && block.language == "sh");
    scripts
        .map(|block| stage.run(&block.lines.iter().map(|line| stand_in(line)).collect::<Vec<_>>().join("\n")))
        .collect()
}

fn agents_toml() -> String {
    let mut tables = blocks(PAGE).into_iter().filter(|block: &Block<'_>| block.language == "toml");
    let table = tables.next().expect("a toml block").lines;
    assert!(tables.next().is_none(), "which toml block is the example?");
    assert!(table.len() <= 15, "the example has {} lines", table.len());
    table.join("\n")
}

#[test]
fn a_fresh_clone_runs_its_fleet_and_shows_what_it_did() {
    let stage = Stage::clone_of_ours();
    let printed = run("Run it", &stage);
    assert!(printed[0].contains("fleet demo ended") && printed[0].contains("4 completed"), "{}", printed[0]);
    assert!(printed[1].contains("REPORT-languages.md"), "{}", printed[1]);
    let printed = run("Headless", &stage);
    assert!(printed[0].contains("4 completed"), "{}", printed[0]);
    let facts = std::fs::read_to_string(stage.fleet().join("facts.jsonl")).expect("the file the README names");
    let last: serde_json::Value = serde_json::from_str(facts.lines().last().expect("a line")).expect("json");
    assert_eq!((last["type"].as_str(), last["exit"].as_u64()), (Some("result"), Some(0)));
    assert_eq!(stage.exit_code("ps"), Some(Exit::NotRunning.code().into()), "nothing is left running");
}

#[test]
fn another_repository_gets_a_fleet_that_does_something_at_once() {
    let stage = Stage::with_a_repository();
    let printed = run("In your own repository", &stage);
    assert!(printed[0].contains("found on PATH: claude") && printed[0].contains("4 completed"), "{}", printed[0]);
    assert_eq!(stage.exit_code("ps"), Some(Exit::NotRunning.code().into()), "nothing is left running");
}

#[test]
fn a_prompt_becomes_a_merged_commit_in_eight_steps() {
    let steps: usize = blocks(PAGE)
        .iter()
        .filter(|block| block.section == "From a prompt to your branch" && block.language == "sh")
        .map(|block| block.lines.len())
        .sum();
    assert_eq!(steps, 8, "a step is a line");
    let stage = Stage::with_a_repository();
    let printed = run("From a prompt to your branch", &stage);
    assert!(printed[0].contains("claude: committed 1 file to qd/claude"), "{}", printed[0]);
    let merged = std::fs::read_to_string(stage.fleet().join("hello.txt")).expect("merged");
    assert_eq!(merged, "Create hello.txt with a greeting.\n");
}

#[test]
fn the_commands_drive_the_fleet_of_the_example() {
    let stage = Stage::with_a_fleet(&agents_toml());
    let printed = run("Commands", &stage);
    for says in ["started claude", "paused claude", "resumed claude", "stopped claude", "is down", "\"tests\""] {
        assert!(printed[0].contains(says), "{says:?} is not in:\n{}", printed[0]);
    }
    assert_eq!(stage.exit_code("ps"), Some(Exit::NotRunning.code().into()), "nothing is left running");
}

#[test]
fn no_commands_are_left_out() {
    for block in blocks(PAGE).iter().filter(|block| block.language == "sh") {
        assert!(SECTIONS.contains(&block.section), "no test runs the commands of `{}`", block.section);
    }
    let plain = blocks(PAGE).iter().any(|block| !["sh", "toml", "text"].contains(&block.language));
    assert!(!plain, "a block says what it is: sh, toml or text");
}

#[test]
fn commands_within_the_text_are_understood() {
    let commands: Vec<&str> = quoted(PAGE).filter(|quoted| *quoted == "qd" || quoted.starts_with("qd ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        // Such as `qd logs --raw`, which leaves out whose.
        let error = CommandLine::try_parse_from(command.split_whitespace()).err().map(|error| error.kind());
        let fine = [None, Some(ErrorKind::MissingRequiredArgument), Some(ErrorKind::DisplayHelp)];
        assert!(fine.contains(&error), "`{command}`: {error:?}");
    }
}

#[test]
fn the_example_is_a_valid_configuration() {
    let parsed = config::parse(&agents_toml(), Path::new("/srv/lighthouse/agents.toml"));
    let agents = parsed.unwrap_or_else(|errors| panic!("{errors}")).agents;
    assert_eq!(agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>(), ["claude", "tests"]);
}

#[test]
fn its_tables_are_the_programs_own() {
    let tables = [("keys", tables::keys()), ("exit codes", tables::exit_codes()), ("conditions", tables::conditions())];
    let made = tables.iter().fold(PAGE.to_owned(), |page, (name, table)| with_part(&page, name, table));
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"), &made).expect("written");
        return;
    }
    assert!(made == PAGE, "run `INSTA_UPDATE=always cargo test --test readme` to make the tables anew");
}

#[test]
fn its_links_lead_somewhere() {
    let broken: Vec<&str> =
        links(PAGE).filter(|target| !Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists()).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn the_top_level_holds_only_what_everyone_needs() {
    let listed = Command::new("git").args(["ls-files"]).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("git");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let mut top: Vec<&str> = listed.lines().filter_map(|path| path.split('/').next()).collect();
    top.retain(|name| !name.starts_with('.'));
    top.dedup();
    assert!(top.iter().all(|name| TOP.contains(name)), "{top:?}");
}
