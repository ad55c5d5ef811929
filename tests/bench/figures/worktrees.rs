//! Measures 50 agents with a git worktree each in a repository of 300 files: the time from the command until the last
//! agent's first line, against 50 sequential `git worktree add`.

use super::{Plan, in_turns};
use crate::fleet::{AgentTable, Fleet, PATIENCE};
use crate::measure::{median, ms_between, now_ns, stamps};
use crate::outcome::{Doing, Outcome, until};
use crate::report::{Row, Verdict};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const AGENTS: usize = 50;
const FILES: usize = 300;

pub(super) fn measure(plan: Plan) -> Outcome<Vec<Row>> {
    let results = in_turns(plan.either(3, 1), &mut [("git, one after the other", &mut git_turn), ("qd", &mut qd_turn)]);
    let [git, ours] = results.try_into().map_err(|_| "two contestants")?;
    let (git, ours) = (median(&git?), median(&ours?));
    let row = Row::new(
        "50 agents, a worktree each: last first line",
        format!("{:.2} s", ours / 1e3),
        "≤ 60 % of git",
        Verdict::at_most(ours, 0.6 * git),
    )
    .against(format!("50 × git worktree add {:.2} s", git / 1e3))
    .ratio(ours / git);
    Ok(vec![row])
}

fn git_turn() -> Outcome<f64> {
    let repository = repository()?;
    let began = now_ns();
    for number in 0..AGENTS {
        let (branch, path) = (format!("branch-{number}"), format!("trees/{number}"));
        git(repository.path(), &["worktree", "add", "--no-track", "-b", &branch, &path])?;
    }
    Ok(ms_between(began, now_ns()))
}

fn qd_turn() -> Outcome<f64> {
    let repository = repository()?;
    let file = repository.path().join("stamps");
    let table = AgentTable::new("tree", &["stamp", &file.display().to_string()])
        .with(&format!("count = {AGENTS}"))
        .with("workspace = \"worktree\"");
    let fleet = Fleet::inside(repository, &[table])?;
    let began = now_ns();
    fleet.run(&["up"])?;
    let stamped = until("every agent wrote its first line", PATIENCE, || {
        Some(stamps(&file)).filter(|stamped| stamped.len() >= AGENTS)
    })?;
    fleet.live(AGENTS)?;
    Ok(ms_between(began, stamped.into_iter().max().unwrap_or(0)))
}

/// Makes a repository with one commit of 300 files of about 3 KB in 20 directories.
fn repository() -> Outcome<TempDir> {
    let directory = TempDir::new()?;
    let path = directory.path();
    for number in 0..FILES {
        let parent = path.join(format!("src/module_{}", number % 20));
        fs::create_dir_all(&parent)?;
        let text = format!("// File {number} of a repository to measure with.\n").repeat(64);
        fs::write(parent.join(format!("file_{number}.rs")), text)?;
    }
    git(path, &["init", "-q", "-b", "main"])?;
    git(path, &["config", "user.name", "Figures"])?;
    git(path, &["config", "user.email", "figures@localhost"])?;
    git(path, &["add", "."])?;
    git(path, &["commit", "-q", "-m", "Files to measure with"])?;
    Ok(directory)
}

fn git(directory: &Path, arguments: &[&str]) -> Outcome<()> {
    let words = format!("git {}", arguments.join(" "));
    let status = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .doing(&words)?;
    if status.success() { Ok(()) } else { Err(format!("{words}: {status}").into()) }
}
