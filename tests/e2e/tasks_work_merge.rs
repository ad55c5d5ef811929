//! Tasks that start from the merge of what they need.

use crate::harness::Fleet;
use crate::harness::repository::{agent_branches, git, worktrees};
use crate::tasks_work::{OBEDIENT, one_shot};
use serde_json::json;

#[test]
fn what_several_tasks_did_is_what_the_next_starts_from() {
    let fleet = Fleet::up_in_repository(&one_shot("w", OBEDIENT, "count = 2"));
    for name in ["a", "b", "c"] {
        let work = format!("echo {name} > {name}.txt");
        fleet.done(json!({ "prompt": work, "name": name, "workspace": "fresh" }));
    }
    let work = "cat a.txt b.txt c.txt > all.txt; git add .; git commit --quiet --message all";
    let task = json!({ "prompt": work, "name": "all", "workspace": "merge", "needs": ["a", "b", "c"], "verify": "test $(wc -l < all.txt) = 3" });
    let all = fleet.done(task);
    assert_eq!((&all["verified"], &all["branch"]), (&json!("verified"), &json!("qd/task+all")), "{all:#}");
    let commit = all["commit"].as_str().expect("a commit");
    for name in ["a", "b", "c"] {
        git(&fleet.root, &["merge-base", "--is-ancestor", &format!("qd/task+{name}"), commit]);
    }
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0]);
    assert_eq!(git(&fleet.root, &["status", "--porcelain", "--", "src"]), "", "the user's tree is as it was");
}

#[test]
fn a_conflict_fails_the_task_names_the_files_and_leaves_nothing_half_made() {
    let fleet = Fleet::up_in_repository(&one_shot("w", OBEDIENT, ""));
    for name in ["left", "right"] {
        let work = format!("echo {name} > README.md; echo {name} > {name}.txt");
        fleet.done(json!({ "prompt": work, "name": name, "workspace": "fresh" }));
    }
    let failed =
        fleet.fails(json!({ "prompt": "true", "name": "both", "workspace": "merge", "needs": ["left", "right"] }));
    let why = failed["reason"].as_str().expect("why");
    assert!(why.contains("right does not merge with left: both change README.md"), "{failed:#}");
    assert_eq!(agent_branches(&fleet.root), ["qd/task+left", "qd/task+right"]);
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0]);
    assert!(!fleet.root.join("workspaces/task+both").exists());
    assert_eq!(fleet.history_of("w", "agent.started").len(), 2, "it never began");
}
