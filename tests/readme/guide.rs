//! The guide's worked examples, run as they stand: the files are written, the commands run, and what the guide shows is
//! what they print.

use crate::markdown::{Block, blocks, links, quoted};
use crate::stage::Stage;
use clap::Parser;
use clap::error::ErrorKind;
use quarterdeck::cli::CommandLine;
use std::path::Path;

const GUIDE: &str = include_str!("../../assets/guide.md");

/// What one example is made of, in the order of the page.
fn example(title: &str) -> Vec<Block<'static>> {
    let parts: Vec<Block<'_>> = blocks(GUIDE).into_iter().filter(|block| block.section == title).collect();
    assert!(!parts.is_empty(), "the guide has no example `{title}`");
    parts
}

/// Writes the example's files, runs its commands, and holds what the guide shows against what they printed.
fn run(title: &str) -> (Stage, String) {
    let stage = Stage::with_a_repository();
    let mut printed = String::new();
    for block in example(title) {
        let text = block.lines.join("\n") + "\n";
        match block.language.split_once(' ') {
            Some((_language, file)) => write(&stage.fleet().join(file), &text),
            None if block.language == "sh" => printed = stage.run(&text),
            None => shown(&text, &printed),
        }
    }
    assert_eq!(stage.exit_code("ps"), Some(quarterdeck::report::exit::Exit::NotRunning.code().into()), "nothing runs");
    (stage, printed)
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// Each line that the guide shows begins a line of what was printed.
fn shown(text: &str, printed: &str) {
    for line in text.lines() {
        assert!(printed.lines().any(|printed| printed.trim().starts_with(line)), "{line:?} is not in:\n{printed}");
    }
}

#[test]
fn example_one_port_each_one_writer() {
    run("Example: one port each, one writer");
}

#[test]
fn example_a_folder_of_tasks() {
    run("Example: a folder of tasks");
}

#[test]
fn example_a_plan_here_and_in_ci() {
    run("Example: a plan, here and in CI");
}

#[test]
fn example_an_agent_from_another_terminal() {
    run("Example: an agent from another terminal");
}

#[test]
fn the_configuration_is_valid() {
    let table = example("Configuration").remove(0).lines.join("\n");
    let parsed = quarterdeck::config::parse(&table, Path::new("/srv/lighthouse/agents.toml"));
    parsed.unwrap_or_else(|errors| panic!("{errors}"));
}

#[test]
fn every_example_is_run() {
    let examples = GUIDE.lines().filter(|line| line.starts_with("## Example")).count();
    assert_eq!(examples, 4);
    for block in blocks(GUIDE).iter().filter(|block| block.language == "sh") {
        assert!(block.section.starts_with("Example"), "no test runs the commands of `{}`", block.section);
    }
}

#[test]
fn commands_within_the_text_are_understood() {
    let commands: Vec<&str> = quoted(GUIDE).filter(|quoted| quoted.starts_with("qd ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let error = CommandLine::try_parse_from(command.split_whitespace()).err().map(|error| error.kind());
        // Such as `qd lock`, which leaves out what is done with locks.
        let fine = [
            None,
            Some(ErrorKind::MissingRequiredArgument),
            Some(ErrorKind::DisplayHelp),
            Some(ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
        ];
        assert!(fine.contains(&error), "`{command}`: {error:?}");
    }
}

#[test]
fn its_links_lead_somewhere() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let broken: Vec<&str> = links(GUIDE).filter(|target| !beside.join(target).exists()).collect();
    assert!(broken.is_empty(), "{broken:?}");
}
