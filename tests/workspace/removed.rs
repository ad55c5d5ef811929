//! Removal: refused with every reason, or nothing is lost.

use crate::support::*;
use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::{BranchFate, Fate, Gone, Parked, Refusal, RemoveError, Removed};
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) fn reasons(fleet: &Fleet, agent: &str, fate: Fate) -> Vec<Refusal> {
    match fleet.workspaces.remove(&worktree(agent), fate) {
        Err(RemoveError::Refused(refused)) => {
            assert!(
                fleet.root.join("workspaces").join(agent).join(".git").exists(),
                "a refused removal changes nothing"
            );
            assert!(!refused.to_string().is_empty());
            refused.reasons
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn removed(fleet: &Fleet, agent: &str, fate: Fate) -> Removed {
    let removed = fleet.workspaces.remove(&worktree(agent), fate).unwrap_or_else(|error| panic!("{error}"));
    assert!(
        !fleet.entries().iter().any(|name| name.trim_start_matches(".removing-") == agent),
        "{:?}",
        fleet.entries()
    );
    assert!(!fleet.worktrees().iter().any(|path| path.ends_with(&format!("workspaces/{agent}"))));
    removed
}

#[test]
fn a_clean_worktree_goes_and_its_branch_with_it_when_another_has_its_commits() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("build/out.o"), "ignored: can be made again");
    let result = removed(&fleet, "a", Fate::Remove);
    assert_eq!(
        result,
        Removed {
            ignored: Gone { named: vec!["build".into()], count: 1 },
            branch: BranchFate::Deleted("qd/a".to_owned()),
            ..Removed::default()
        }
    );
    assert_eq!(
        result.to_string(),
        "its workspace is gone; 1 ignored file was deleted (build); branch qd/a is deleted too, because another branch, tag or remote holds its commits"
    );
    assert!(fleet.branches().is_empty());
    // Asked again there is nothing to do.
    assert_eq!(removed(&fleet, "a", Fate::Remove).branch, BranchFate::None);
}

#[test]
fn a_branch_that_alone_holds_its_commits_stays() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("work"), "w");
    commit(&root, "work");
    assert_eq!(removed(&fleet, "a", Fate::Remove).branch, BranchFate::Kept("qd/a".to_owned()));
    assert_eq!(fleet.git(&["show", "qd/a:work"]), "w");
}

#[test]
fn two_branches_that_vouch_for_each_other_do_not_both_go() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("work"), "w");
    commit(&root, "work");
    fleet.git(&["branch", "qd/b", "qd/a"]);
    fleet.prepare("b");
    std::thread::scope(|scope| {
        for agent in ["a", "b"] {
            let fleet = &fleet;
            scope.spawn(move || {
                fleet.workspaces.remove(&worktree(agent), Fate::Remove).unwrap_or_else(|error| panic!("{error}"))
            });
        }
    });
    assert_eq!(fleet.branches().len(), 1);
    assert_eq!(fleet.git(&["show", &format!("{}:work", fleet.branches()[0])]), "w");
}

#[test]
fn removal_is_refused_with_every_reason() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;

    write(&root.join("untracked"), "u");
    assert!(
        matches!(reasons(&fleet, "a", Fate::Remove).as_slice(), [Refusal::Uncommitted { count: 1, paths }] if paths == &[Path::new("untracked")])
    );
    std::fs::remove_file(root.join("untracked")).expect("removed");

    write(&root.join("src/a.txt"), "changed");
    assert!(matches!(reasons(&fleet, "a", Fate::Remove).as_slice(), [Refusal::Uncommitted { count: 1, .. }]));
    git(&root, &["update-index", "--assume-unchanged", "src/a.txt"]);
    assert!(
        matches!(reasons(&fleet, "a", Fate::Remove).as_slice(), [Refusal::Uncommitted { count: 1, .. }]),
        "assumed unchanged is not unchanged"
    );
    git(&root, &["update-index", "--no-assume-unchanged", "src/a.txt"]);

    git(&root, &["stash", "--quiet"]);
    assert_eq!(reasons(&fleet, "a", Fate::Remove), [Refusal::Stashed { count: 1 }]);
    fleet.git(&["stash", "drop", "--quiet"]);

    git(&root, &["switch", "--quiet", "--detach"]);
    commit(&root, "on no branch");
    let found = reasons(&fleet, "a", Fate::Remove);
    assert!(matches!(found.as_slice(), [Refusal::Unreachable { .. }]), "{found:?}");
    git(&root, &["branch", "rescued"]);
    git(&root, &["switch", "--quiet", "qd/a"]);

    fleet.git(&["worktree", "lock", "--reason", "mine", "workspaces/a"]);
    assert_eq!(reasons(&fleet, "a", Fate::Park), [Refusal::Locked { reason: "mine".to_owned() }]);
    fleet.git(&["worktree", "unlock", "workspaces/a"]);

    let mut sleeper =
        Command::new("sleep").arg("600").current_dir(root.join("src")).stdin(Stdio::null()).spawn().expect("sleep");
    let found = reasons(&fleet, "a", Fate::Park);
    sleeper.kill().and_then(|()| sleeper.wait()).expect("the sleeper ends");
    assert!(
        matches!(found.as_slice(), [Refusal::LiveProcesses { occupants }] if occupants[0].pid == sleeper.id() && occupants[0].name == "sleep")
    );

    removed(&fleet, "a", Fate::Remove);
}

#[test]
fn something_in_progress_is_finished_by_a_person() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("src/a.txt"), "theirs\n");
    commit(&root, "theirs");
    fleet.write("src/a.txt", "ours\n");
    fleet.commit("ours");
    assert!(!try_git(&root, &["merge", "main"]).status.success(), "a conflict");
    assert!(reasons(&fleet, "a", Fate::Park).contains(&Refusal::InProgress { operation: "merge" }));
    git(&root, &["merge", "--abort"]);
    assert!(!try_git(&root, &["rebase", "main"]).status.success(), "a conflict");
    assert!(reasons(&fleet, "a", Fate::Park).contains(&Refusal::InProgress { operation: "rebase" }));
}

#[test]
fn a_copied_file_that_was_changed_is_not_thrown_away() {
    let fleet = Fleet::in_repository();
    fleet.write(".worktreeinclude", ".env\n");
    fleet.commit("include");
    fleet.write(".env", "A=1");
    let root = fleet.prepare("a").root;
    write(&root.join(".env"), "A=2");
    assert!(
        matches!(reasons(&fleet, "a", Fate::Remove).as_slice(), [Refusal::ChangedCopies { paths }] if paths == &[Path::new(".env")])
    );
    write(&root.join(".env"), "A=1");
    removed(&fleet, "a", Fate::Remove);
}

#[test]
fn parking_saves_everything_on_a_ref_of_its_own() {
    let fleet = Fleet::in_repository();
    let root = fleet.prepare("a").root;
    write(&root.join("src/a.txt"), "changed\n");
    write(&root.join("new dir/é"), "untracked");
    write(&root.join("staged"), "staged");
    git(&root, &["add", "staged"]);
    write(&root.join(".env"), "ignored: stays out of the repository");
    let before = fleet.git(&["rev-parse", "qd/a", "main"]);
    let removed = fleet.workspaces.remove(&worktree("a"), Fate::Park).expect("parked");
    let [Parked::Ref(name), Parked::Aside(aside)] = removed.parked.as_slice() else { panic!("{removed:?}") };
    assert_eq!(
        std::fs::read_to_string(aside.join(".env")).expect("moved aside"),
        "ignored: stays out of the repository"
    );
    assert!(name.starts_with("refs/qd/parked/a/"), "{name}");
    let show = |path: &str| fleet.git(&["show", &format!("{name}:{path}")]);
    assert_eq!(
        (show("src/a.txt"), show("new dir/é"), show("staged")),
        ("changed\n".into(), "untracked".into(), "staged".into())
    );
    assert!(!try_git(&fleet.root, &["show", &format!("{name}:.env")]).status.success());
    assert_eq!(lines(&before)[1], fleet.git(&["rev-parse", "main"]).trim());
    assert_eq!(
        lines(&before)[0],
        fleet.git(&["rev-parse", &format!("{name}^")]).trim(),
        "its parent is where the agent was"
    );
    assert_eq!(fleet.git(&["status", "--porcelain"]), "");
}

#[test]
fn an_interrupted_removal_is_finished_by_whoever_comes_next() {
    let fleet = Fleet::in_repository();
    for agent in ["a", "b"] {
        let root = fleet.prepare(agent).root;
        write(&root.join("work"), agent);
        commit(&root, "work");
        // Killed right after the move that makes it gone.
        std::fs::rename(&root, fleet.root.join(format!("workspaces/.removing-{agent}"))).expect("moved");
    }
    assert_eq!(std::fs::read_to_string(fleet.prepare("a").root.join("work")).expect("from its branch"), "a");
    removed(&fleet, "b", Fate::Remove);
    assert_eq!(fleet.entries(), ["a"]);
    assert_eq!(fleet.branches(), ["qd/a", "qd/b"], "what was committed is still there");
}

#[test]
fn a_plain_directory_goes_when_it_is_empty_or_moves_aside() {
    let fleet = Fleet::without_repository();
    let own = request("a", WorkspaceKind::Directory);
    let root = fleet.workspaces.prepare(&own).expect("prepared").root;
    write(&root.join("file"), "f");
    let refused = fleet.workspaces.remove(&own, Fate::Remove).expect_err("not empty");
    assert!(
        matches!(&refused, RemoveError::Refused(refused) if refused.reasons == [Refusal::NotEmpty { count: 1 }]),
        "{refused}"
    );
    let removed = fleet.workspaces.remove(&own, Fate::Park).expect("parked");
    let [Parked::Directory(parked)] = removed.parked.as_slice() else { panic!("{removed:?}") };
    assert_eq!(std::fs::read_to_string(parked.join("file")).expect("saved"), "f");
    fleet.workspaces.prepare(&own).expect("made anew");
    fleet.workspaces.remove(&own, Fate::Remove).expect("empty");
    assert!(!root.exists());
}
