//! Measures the cost of 50 worktrees of a repository with 300 files, against 50 times `git worktree add` one after the
//! other in the same run. Prints one line of JSON per round and the median ratio; the aim is at most 0.6.

use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::{Request, Workspaces};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const AGENTS: usize = 50;
const FILES: usize = 300;
const ROUNDS: usize = 5;

fn git(directory: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=b", "-c", "user.email=b@example.org"];
    let status = Command::new("git").current_dir(directory).args(identity).args(arguments).status().expect("git");
    assert!(status.success(), "git {arguments:?}");
}

/// Makes a repository with `FILES` files in a directory of its own.
fn repository() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    git(directory.path(), &["init", "--quiet", "--initial-branch=main"]);
    for number in 0..FILES {
        let folder = directory.path().join(format!("d{}", number % 20));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("f{number}.txt")), format!("line {number}\n").repeat(120)).expect("a file");
    }
    git(directory.path(), &["add", "--all"]);
    git(directory.path(), &["commit", "--quiet", "-m", "files"]);
    directory
}

fn sequential() -> Duration {
    let repository = repository();
    let begun = Instant::now();
    for number in 0..AGENTS {
        let (branch, path) = (format!("s{number}"), format!("worktrees/w{number}"));
        git(repository.path(), &["worktree", "add", "--quiet", "-b", &branch, &path, "main"]);
    }
    begun.elapsed()
}

fn ours() -> Duration {
    let repository = repository();
    let root = repository.path().canonicalize().expect("a path");
    let workspaces = Workspaces::new(&root, &"workspaces".parse().expect("a path"));
    let requests: Vec<Request> = (0..AGENTS)
        .map(|number| Request {
            agent: format!("w{number}"),
            kind: WorkspaceKind::Worktree,
            base: None,
            copy: Vec::new(),
            cwd: ".".parse().expect("a path"),
            abandon: Default::default(),
        })
        .collect();
    let begun = Instant::now();
    let failed = AtomicUsize::new(0);
    workspaces.prepare_many(&requests, |_, result| {
        failed.fetch_add(usize::from(result.is_err()), Ordering::Relaxed);
    });
    let took = begun.elapsed();
    assert_eq!(failed.into_inner(), 0);
    took
}

fn main() {
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (theirs, ours) = (sequential(), ours());
            let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
            println!(
                "{{\"sequential_ms\":{},\"ours_ms\":{},\"ratio\":{ratio:.2}}}",
                theirs.as_millis(),
                ours.as_millis()
            );
            ratio
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("{{\"median_ratio\":{:.2},\"aim\":0.6}}", ratios[ROUNDS / 2]);
}
