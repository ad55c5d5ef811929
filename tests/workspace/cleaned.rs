//! Cleaning up: what nobody needs goes if nothing is lost by it, and nothing else does.

use crate::support::*;
use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::{Cleaned, Cleaning, Fate, Kind, Needs, Outcome, Request};
use std::fs;

/// A fleet of which these agents run, and of which nobody else is configured.
struct Running(&'static [&'static str]);

impl Needs for Running {
    fn request(&self, _name: &str) -> Option<Request> {
        None
    }

    fn why_needed(&self, name: &str) -> Option<String> {
        self.0.contains(&name).then(|| "it runs".to_owned())
    }
}

fn clean(fleet: &Fleet, cleaning: Cleaning) -> Vec<Cleaned> {
    fleet.workspaces.clean(&Running(&["runs"]), cleaning).unwrap_or_else(|error| panic!("{error}"))
}

fn told(cleaned: &[Cleaned]) -> Vec<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Removed(_) => "removed",
        Outcome::WouldGo(..) => "would go",
        Outcome::Stays { .. } => "stays",
        Outcome::Failed(_) => "failed",
    };
    let kind = |kind| if kind == Kind::Branch { "branch " } else { "" };
    cleaned.iter().map(|it| format!("{}{} {}: {it}", kind(it.kind), it.name, word(&it.outcome))).collect()
}

/// Everything that a cleaning may meet.
fn mixed() -> Fleet {
    let fleet = Fleet::in_repository();
    for name in ["dirty", "done", "runs", "work"] {
        fleet.prepare(name);
    }
    write(&fleet.root.join("workspaces/dirty/notes"), "mine");
    write(&fleet.root.join("workspaces/work/work"), "w");
    commit(&fleet.root.join("workspaces/work"), "work");
    fleet.git(&["branch", "qd/alone", "qd/work"]);
    write(&fleet.root.join("workspaces/work/more"), "m");
    commit(&fleet.root.join("workspaces/work"), "more");
    fleet.git(&["branch", "qd/merged", "main"]);
    write(&fleet.root.join("workspaces/plain/file"), "only here");
    fleet
}

#[test]
fn what_nobody_needs_goes_and_the_rest_says_why_it_stays() {
    let fleet = mixed();
    let expected = [
        "branch alone removed: another branch, tag or remote holds its commits",
        "dirty stays: 1 uncommitted or untracked file (notes)",
        "done removed: its workspace is gone; branch qd/done is deleted too, because another branch, tag or remote holds its commits",
        "branch merged removed: another branch, tag or remote holds its commits",
        "plain stays: the directory holds 1 entry of which there is no other copy",
        "runs stays: it runs",
        "work removed: its workspace is gone; branch qd/work stays, because no other branch, tag or remote holds its commits",
    ];
    assert_eq!(told(&clean(&fleet, Cleaning::Do(Fate::Remove))), expected);
    assert_eq!(fleet.branches(), ["qd/dirty", "qd/runs", "qd/work"]);
    assert_eq!(fleet.git(&["show", "qd/work:more"]), "m");
    let again = told(&clean(&fleet, Cleaning::Do(Fate::Remove)));
    assert_eq!(
        again[3], "branch work stays: no other branch, tag or remote holds its commits: merge it, or delete it",
        "{again:?}"
    );
}

#[test]
fn a_look_changes_nothing_and_says_what_would_happen() {
    let fleet = mixed();
    let before = (fleet.entries(), fleet.branches());
    let looked = told(&clean(&fleet, Cleaning::Look(Fate::Park)));
    let expected = [
        "branch alone would go: another branch, tag or remote holds its commits",
        "dirty would go: parked first: 1 uncommitted or untracked file (notes); branch qd/dirty would be deleted too, because another branch, tag or remote holds its commits",
        "done would go: nothing would be lost; branch qd/done would be deleted too, because another branch, tag or remote holds its commits",
        "branch merged would go: another branch, tag or remote holds its commits",
        "plain would go: parked first: the directory holds 1 entry of which there is no other copy",
        "runs stays: it runs",
        "work would go: nothing would be lost; branch qd/work stays, because no other branch, tag or remote holds its commits",
    ];
    assert_eq!(looked, expected);
    assert_eq!((fleet.entries(), fleet.branches()), before);
}

#[test]
fn what_is_parked_is_found_again() {
    let fleet = mixed();
    clean(&fleet, Cleaning::Do(Fate::Park));
    assert_eq!(fleet.entries(), [".parked", "runs"].map(str::to_owned).to_vec().as_slice(), "{:?}", fleet.entries());
    let refs = fleet.git(&["for-each-ref", "--format=%(refname)", "refs/qd/parked/dirty"]);
    assert_eq!(fleet.git(&["show", &format!("{}:notes", refs.trim())]), "mine");
    let parked = fs::read_dir(fleet.root.join("workspaces/.parked")).expect("parked").flatten().next().expect("one");
    assert_eq!(fs::read_to_string(parked.path().join("file")).expect("the file"), "only here");
}

#[test]
fn two_branches_that_vouch_for_each_other_do_not_both_go_and_a_look_knows_it() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("work"), "w");
    commit(&root, "work");
    fleet.git(&["branch", "qd/b", "qd/a"]);
    let looked = told(&clean(&fleet, Cleaning::Look(Fate::Remove)));
    assert!(looked[1].starts_with("branch b stays"), "{looked:?}");
    assert!(told(&clean(&fleet, Cleaning::Do(Fate::Remove)))[1].starts_with("branch b stays"));
    assert_eq!(fleet.git(&["show", "qd/b:work"]), "w");
}

#[test]
fn what_others_have_checked_out_and_what_is_theirs_is_left_alone() {
    let fleet = Fleet::in_repository();
    fleet.prepare("a");
    let other = fleet.outside().join("other");
    fleet.git(&["worktree", "add", "--quiet", "-b", "qd/theirs", &other.display().to_string()]);
    fleet.git(&["branch", "qd/group/x", "main"]);
    // An agent that has left its branch, which the user has now.
    git(&fleet.root.join("workspaces/a"), &["switch", "--quiet", "--detach"]);
    fleet.git(&["switch", "--quiet", "qd/a"]);
    let cleaned = told(&clean(&fleet, Cleaning::Do(Fate::Remove)));
    assert_eq!(cleaned.len(), 1, "{cleaned:?}");
    assert_eq!(fleet.branches(), ["qd/a", "qd/group/x", "qd/theirs"]);
}

#[test]
fn commits_that_only_a_branchs_reflog_leads_to_are_kept() {
    let fleet = Fleet::in_repository();
    fleet.git(&["switch", "--quiet", "-c", "qd/a"]);
    fleet.write("dropped", "d");
    fleet.commit("dropped");
    let dropped = fleet.git(&["rev-parse", "HEAD"]);
    fleet.git(&["reset", "--quiet", "--hard", "main"]);
    fleet.git(&["switch", "--quiet", "main"]);
    clean(&fleet, Cleaning::Do(Fate::Remove));
    assert!(fleet.branches().is_empty());
    let kept = fleet.git(&["for-each-ref", "--contains", dropped.trim(), "--format=%(refname)", "refs/qd/kept"]);
    assert!(kept.starts_with("refs/qd/kept/a/"), "{kept}");
}

#[test]
fn a_removal_that_was_interrupted_is_finished() {
    let fleet = Fleet::in_repository();
    fleet.prepare("a");
    let all = fleet.root.join("workspaces");
    fs::rename(all.join("a"), all.join(".removing-a")).expect("moved");
    clean(&fleet, Cleaning::Do(Fate::Remove));
    assert!(fleet.entries().is_empty() && fleet.branches().is_empty(), "{:?}", fleet.entries());
}

#[test]
fn where_there_is_no_git_empty_directories_go() {
    let fleet = Fleet::without_repository();
    for name in ["a", "b"] {
        fleet.workspaces.prepare(&request(name, WorkspaceKind::Directory)).unwrap_or_else(|error| panic!("{error}"));
    }
    write(&fleet.root.join("workspaces/b/file"), "mine");
    clean(&fleet, Cleaning::Do(Fate::Remove));
    assert_eq!(fleet.entries(), ["b"]);
}
