//! `qd lock guard`: decides whether the staged files may be committed, or a branch moved. The git hooks of worktrees
//! run it.

use crate::api;
use crate::api::locks::{self, Enforce, Guarded, HeldPath};
use crate::cli::Context;
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::clean;
use crate::report::time::time_of_day;
use crate::workspace::moves;
use clap::Args;
use std::io::Read;
use std::process::Command;

/// How many files are sent in one request.
const PATHS_AT_A_TIME: usize = 5_000;

/// How much text about moves of branches is read, in bytes. Beyond it, the moves are not checked: a git that moves so
/// many branches is a fetch.
const MOVES_BYTES_MAX: u64 = 16 << 20;

/// The number of files that the message about a refused commit names. Beyond it, the rest is counted.
const NAMED_MAX: usize = 20;

/// The command-line arguments of `qd lock guard`.
#[derive(Args, Debug)]
pub struct Guard {
    /// Name of the agent that owns this worktree
    #[arg(long, value_name = "NAME", add = complete::agent())]
    agent: Option<String>,
    /// Check moves of branches, which are read from standard input: OLD NEW REF
    #[arg(long)]
    moves: bool,
}

impl Guard {
    /// Runs `qd lock guard` and returns its exit code. If no supervisor answers, the commit is allowed, with a warning.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let asks = if self.moves { Asks::BeforeMove } else { Asks::BeforeCommit };
        let changed: Vec<String> = match asks {
            Asks::BeforeCommit => moves::staged(&git),
            Asks::BeforeMove => moves::moved(&git, &moves_to_judge()?),
        }
        .map_err(|why| Failure::new(Exit::Failed, "git can't say what changes").because(why))?
        .into_iter()
        .collect();
        if changed.is_empty() {
            return Ok(Exit::Ok);
        }
        let mut guarded = Guarded::default();
        for paths in changed.chunks(PATHS_AT_A_TIME) {
            let asked = locks::Guard { paths: paths.to_vec(), agent: self.agent.clone() };
            let answer = match context.client().await {
                Ok(client) => client.call(&api::locks::GUARD_COMMIT, &[], &asked).await.map_err(Failure::from),
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(answer) => {
                    guarded.enforce = answer.enforce;
                    guarded.held.extend(answer.held);
                }
                Err(_) if asks == Asks::BeforeCommit => return Ok(Exit::Ok),
                Err(failure) => {
                    eprintln!(
                        "qd: it is not known whether others hold the files of this commit; the commit is allowed"
                    );
                    context.complain(failure);
                    return Ok(Exit::Ok);
                }
            }
        }
        judged(&guarded, asks)
    }
}

/// The moment at which the guard is run. Each commit is checked at both moments; a warning is printed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    BeforeCommit,
    BeforeMove,
}

/// Runs git in the environment that git gave the hook, with the index of the commit in progress, and returns its
/// output.
fn git(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(arguments).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

fn moves_to_judge() -> Result<String, Failure> {
    let mut moves = String::new();
    let read = std::io::stdin().take(MOVES_BYTES_MAX).read_to_string(&mut moves);
    read.map_err(|error| {
        Failure::new(Exit::Failed, "the list of branch moves can't be read").because(error.to_string())
    })?;
    Ok(moves)
}

fn judged(guarded: &Guarded, asks: Asks) -> Result<Exit, Failure> {
    let told = told(&guarded.held);
    match (guarded.enforce, guarded.held.is_empty()) {
        (Enforce::Off, _) | (_, true) => Ok(Exit::Ok),
        (Enforce::Warn, false) if asks == Asks::BeforeCommit => Ok(Exit::Ok),
        (Enforce::Warn, false) => {
            eprintln!("qd: warning: this commit changes files that others hold\n{told}");
            Ok(Exit::Ok)
        }
        (Enforce::Deny, false) => Err(Failure::new(Exit::Refused, "this commit changes files that others hold")
            .because(told)
            .hint("wait for them (`qd lock acquire`), or commit without these files")),
    }
}

/// Returns a line for each file: `src/lexer.rs: builder holds src since 09:30:07 (l7)`.
fn told(held: &[HeldPath]) -> String {
    let line = |held: &HeldPath| {
        let since = time_of_day(held.since_ms);
        clean(&format!("{}: {} holds {} since {since} ({})", held.path, held.holder, held.scope, held.lease))
    };
    let mut lines: Vec<String> = held.iter().take(NAMED_MAX).map(line).collect();
    if held.len() > NAMED_MAX {
        lines.push(format!("and {} more", held.len() - NAMED_MAX));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(enforce: Enforce, count: usize) -> Guarded {
        let held = HeldPath {
            path: "src/a\x1b.rs".into(),
            scope: "src".into(),
            lease: "l7".into(),
            holder: "builder".into(),
            since_ms: 0,
        };
        Guarded { enforce, held: vec![held; count] }
    }

    #[test]
    fn only_denial_refuses() {
        let refused = |enforce, count| judged(&guarded(enforce, count), Asks::BeforeMove).is_err();
        assert!(refused(Enforce::Deny, 1) && !refused(Enforce::Deny, 0));
        assert!(!refused(Enforce::Warn, 1) && !refused(Enforce::Off, 1));
    }

    #[test]
    fn files_are_named_and_the_rest_is_counted() {
        let told = told(&guarded(Enforce::Deny, NAMED_MAX + 2).held);
        assert!(told.starts_with("src/a .rs: builder holds src since ") && told.ends_with("\nand 2 more"), "{told}");
    }
}
