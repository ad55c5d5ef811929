//! How a task reaches the run that is started for it, where that works, and what comes of it.

use crate::harness::config::shell;
use crate::harness::repository::{agent_branches, git, worktrees};
use crate::harness::{Fleet, eventually};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

impl Fleet {
    /// Adds a task; its number.
    #[track_caller]
    pub(crate) fn add_task(&self, task: Value) -> String {
        let added = self.ask("POST", "/tasks", Some(&task.to_string()));
        assert!(added.status < 300, "{added:?}");
        added.json()["id"].as_str().expect("a number").to_owned()
    }

    /// A task as the control plane shows it.
    #[track_caller]
    pub(crate) fn task(&self, task: &str) -> Value {
        self.ask("GET", &format!("/tasks/{task}"), None).json()
    }

    /// Waits until a task has come to its end, and returns it.
    #[track_caller]
    pub(crate) fn until_task_ended(&self, task: &str) -> Value {
        eventually(&format!("the end of {task}"), || {
            let task = self.task(task);
            let ended = ["done", "failed", "cancelled"].iter().any(|state| task["state"] == *state);
            ended.then_some(task)
        })
    }

    /// Adds a task, and waits until it is done.
    #[track_caller]
    pub(crate) fn done(&self, task: Value) -> Value {
        let ended = self.until_task_ended(&self.add_task(task));
        assert_eq!(ended["state"], "done", "{ended:#}");
        ended
    }

    /// Adds a task with one attempt, and waits until it has failed.
    #[track_caller]
    pub(crate) fn fails(&self, mut task: Value) -> Value {
        task["attempts"] = json!(1);
        let ended = self.until_task_ended(&self.add_task(task));
        assert_eq!(ended["state"], "failed", "{ended:#}");
        ended
    }

    /// Where a task of this number keeps what is its own.
    pub(crate) fn drawer(&self, task: &str) -> PathBuf {
        self.root.join(".quarterdeck/tasks").join(task)
    }
}

/// A one-shot agent that runs a shell line, with the prompt as its first argument.
pub(crate) fn one_shot(name: &str, line: &str, more: &str) -> String {
    shell(name, line, &format!("tasks = \"argument\"\n{more}"))
}

/// Does what its prompt says: trusting, and good for tests.
pub(crate) const OBEDIENT: &str = r#"sh -c "$1""#;

#[test]
fn a_prompt_is_an_argument_and_never_a_part_of_a_shell_line() {
    let fleet = Fleet::up(&one_shot("a", "printf '%s' \"$1\" > got; test \"$1\" = \"$QD_PROMPT\"", ""));
    let prompt = "say \"it\"; $(touch evil) `touch evil`\n'; touch evil #";
    fleet.done(json!({ "prompt": prompt }));
    let workspace = fleet.workspace("a");
    assert_eq!(fs::read_to_string(workspace.join("got")).expect("a file"), prompt);
    assert!(!workspace.join("evil").exists());
    assert_eq!(fleet.agent("a")["state"], "completed", "a run for each task, and none without");
}

#[test]
fn a_prompt_takes_its_place_among_the_arguments() {
    let agents = "[agents.a]\ncommand = 'sh'\ntasks = 'argument'\nargs = ['-c', 'printf \"%s|\" \"$@\" > got', 'x', '--task={prompt}', '-v']\n\n\
                  [agents.b]\ncommand = 'tee'\ntasks = 'argument'\nargs = ['-a']\n";
    let fleet = Fleet::up(agents);
    fleet.done(json!({ "prompt": "fix {prompt} it", "agent": "a" }));
    let got = fs::read_to_string(fleet.workspace("a").join("got")).expect("a file");
    assert_eq!(got, "--task=fix {prompt} it|-v|");
    let task = fleet.add_task(json!({ "prompt": "named-by-the-prompt", "agent": "b" }));
    let named = fleet.workspace("b").join("named-by-the-prompt");
    eventually("a file", || named.exists().then_some(()));
    fleet.qd(["stop", "b"]).ok();
    fleet.ask("POST", &format!("/tasks/{task}/cancel"), Some("{}"));
}

#[test]
fn a_prompt_is_standard_input_and_its_end_is_the_prompts() {
    let line = "cat > got; test ! -t 0 && test -t 1 && test -t 2 && cmp got \"$QD_TASK_PROMPT_FILE\"";
    let fleet = Fleet::up(&shell("a", line, "tasks = \"stdin\"\nsetup = [\"cat; echo ready\"]"));
    let prompt = "line 1\nline 2 without an end";
    fleet.done(json!({ "prompt": prompt }));
    assert_eq!(fs::read_to_string(fleet.workspace("a").join("got")).expect("a file"), prompt);
    let kept = fleet.drawer("t1").join("a1/prompt");
    assert_eq!(fs::metadata(kept).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_program_finds_its_task_in_its_environment() {
    let fleet = Fleet::up(&one_shot("a", "env > seen", ""));
    let first = fleet.add_task(json!({ "prompt": "x", "name": "first" }));
    fleet.until_task_ended(&first);
    let seen = fs::read_to_string(fleet.workspace("a").join("seen")).expect("a file");
    for line in ["QD_TASK=t1", "QD_TASK_NAME=first", "QD_AGENT=a", "QD_PROMPT=x"] {
        assert!(seen.lines().any(|seen| seen == line), "{line} is missing in:\n{seen}");
    }
    assert!(!seen.contains("QD_INPUTS="), "it needs nothing: {seen}");
    fleet.done(json!({ "prompt": "y", "needs": ["first"] }));
    let seen = fs::read_to_string(fleet.workspace("a").join("seen")).expect("a file");
    assert!(seen.contains(&format!("QD_INPUTS={}\n", fleet.drawer("t2").join("a1/in").display())), "{seen}");
}

#[test]
fn the_end_of_the_process_is_the_end_of_the_task() {
    let fleet = Fleet::up(&one_shot("a", OBEDIENT, ""));
    assert_eq!(fleet.done(json!({ "prompt": "exit 0" }))["verified"], "unverified");
    let failed = fleet.fails(json!({ "prompt": "exit 3" }));
    assert!(failed["reason"].as_str().expect("a reason").contains('3'), "{failed:#}");
    let late = fleet.fails(json!({ "prompt": "sleep 1000", "timeout_ms": 300 }));
    assert_eq!(late["attempt"], 1, "{late:#}");
    eventually("its tree to be gone", || fleet.tree("a").is_empty().then_some(()));
}

#[test]
fn a_fresh_workspace_is_the_tasks_alone_and_goes_when_its_work_is_on_its_branch() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    let work = "git commit --quiet --allow-empty --message mine; echo left > left; pwd > seen; git branch --show-current >> seen";
    let task = fleet.done(json!({ "prompt": work, "name": "build", "workspace": "fresh", "outputs": ["seen"] }));
    let seen = fs::read_to_string(fleet.drawer("t1").join("out/seen")).expect("collected");
    let workspace = fleet.root.join("workspaces/task+build");
    assert_eq!(seen, format!("{}\nqd/task+build\n", workspace.display()));
    assert_eq!(task["branch"], "qd/task+build", "{task:#}");
    assert!(!workspace.exists(), "it is removed");
    assert_eq!(worktrees(&fleet.root), [] as [&str; 0], "the agent never had one");
    let log = git(&fleet.root, &["log", "--format=%s", "main..qd/task+build"]);
    assert_eq!(log, "build: uncommitted work of its agent\nmine");
    assert_eq!(git(&fleet.root, &["rev-parse", "qd/task+build"]), task["commit"].as_str().expect("a commit"));

    let nothing = fleet.done(json!({ "prompt": "true", "name": "idle", "workspace": "fresh" }));
    assert_eq!(nothing["branch"], Value::Null, "a branch without work of its own goes too: {nothing:#}");
    assert_eq!(agent_branches(&fleet.root), ["qd/task+build"]);
}

#[test]
fn the_workspace_of_a_failed_attempt_stays_and_the_next_attempt_gets_another() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    let work = "test -e first && exit 9; echo x > first; test $(basename $PWD) = task+try+t1.2";
    let task = fleet.add_task(json!({ "prompt": work, "name": "try", "workspace": "fresh", "attempts": 2 }));
    let ended = fleet.until_task_ended(&task);
    assert_eq!((&ended["state"], &ended["attempt"]), (&json!("done"), &json!(2)), "{ended:#}");
    assert!(fleet.root.join("workspaces/task+try/first").exists(), "what failed can be looked at");
    assert!(!fleet.root.join("workspaces/task+try+t1.2").exists());
    assert_eq!(agent_branches(&fleet.root), ["qd/task+try", "qd/task+try+t1.2"]);
}

#[test]
fn a_workspace_that_is_in_the_way_is_not_taken() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    git(&fleet.root, &["branch", "qd/task+build"]);
    let task = fleet.done(json!({ "prompt": "echo x > new", "name": "build", "workspace": "fresh" }));
    assert_eq!(task["branch"], "qd/task+build+t1", "{task:#}");
    assert_eq!(git(&fleet.root, &["log", "--format=%s", "main..qd/task+build"]), "", "the user's branch is as it was");
}

#[test]
fn in_its_agents_workspace_a_task_leaves_the_tree_as_it_is() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    let first = fleet.done(json!({ "prompt": "git commit --quiet --allow-empty --message one; echo dirty > dirty" }));
    assert_eq!(first["branch"], "qd/a", "{first:#}");
    assert_eq!(first["commit"].as_str(), Some(&*git(&fleet.root, &["rev-parse", "qd/a"])));
    assert_eq!(git(&fleet.workspace("a"), &["status", "--porcelain"]), "?? dirty");
}

#[test]
fn outputs_are_what_the_next_task_starts_from() {
    let fleet = Fleet::up_in_repository(&one_shot("a", OBEDIENT, ""));
    let work = "mkdir -p dist; echo good > report.md; echo code > dist/a.js";
    let left = fleet
        .done(json!({ "prompt": work, "name": "build", "workspace": "fresh", "outputs": ["report.md", "dist/**"] }));
    let paths: Vec<&str> =
        left["artifacts"].as_array().expect("files").iter().flat_map(|f| f["path"].as_str()).collect();
    assert_eq!(paths, ["dist/a.js", "report.md"]);
    let uses = "cat \"$QD_INPUTS/build/report.md\" \"$QD_INPUTS/build/dist/a.js\" > got; cp \"$QD_INPUTS/build/manifest.json\" .";
    fleet.done(json!({ "prompt": uses, "needs": ["build"], "outputs": ["got"] }));
    let workspace = fleet.workspace("a");
    assert_eq!(fs::read_to_string(workspace.join("got")).expect("a file"), "good\ncode\n");
    let manifest = fs::read_to_string(workspace.join("manifest.json")).expect("a file");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["commit"], left["commit"]);
    assert_eq!(manifest["branch"], "qd/task+build");
    assert_eq!(manifest["files"][1]["sha256"], left["artifacts"][1]["sha256"]);
    let inputs = fleet.drawer("t2").join("a1/in/build");
    for (path, mode) in [("", 0o500), ("report.md", 0o400)] {
        assert_eq!(fs::metadata(inputs.join(path)).expect("there").permissions().mode() & 0o777, mode, "{path}");
    }
}

#[test]
fn an_output_that_is_missing_or_leads_out_is_a_failure() {
    let fleet = Fleet::up(&one_shot("a", OBEDIENT, ""));
    let missing = fleet.fails(json!({ "prompt": "true", "outputs": ["report.md"] }));
    assert_eq!(missing["verify_output"], "the task wrote no file that matches `report.md`", "{missing:#}");
    let leads_out = fleet.fails(json!({ "prompt": "ln -s /etc/passwd report.md", "outputs": ["*.md"] }));
    assert!(leads_out["verify_output"].as_str().expect("why").contains("leaves the workspace"), "{leads_out:#}");
    assert!(!fleet.drawer("t2").join("out").exists());
}

#[test]
fn inputs_that_were_tampered_with_are_noticed() {
    let fleet = Fleet::up(&one_shot("a", OBEDIENT, ""));
    fleet.done(json!({ "prompt": "echo good > report", "name": "build", "outputs": ["report"] }));
    let evil = "chmod -R u+w \"$QD_INPUTS\"; echo evil > \"$QD_INPUTS/build/report\"";
    let changed = fleet.fails(json!({ "prompt": evil, "needs": ["build"], "verify": "true" }));
    let why = changed["verify_output"].as_str().expect("why");
    assert_eq!(why, "its inputs were changed: report of build was changed after it was collected");
    fleet.done(json!({ "prompt": "grep good \"$QD_INPUTS/build/report\"", "needs": ["build"] }));

    let kept = fleet.drawer("t1").join("out/report");
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o600)).expect("the mode");
    fs::write(&kept, "evil\n").expect("a file");
    let refused = fleet.fails(json!({ "prompt": "true", "needs": ["build"] }));
    assert!(refused["reason"].as_str().expect("why").contains("report of build was changed"), "{refused:#}");
}

#[test]
fn a_secret_of_an_agent_is_in_nothing_that_is_kept_of_its_tasks() {
    const SECRET: &str = "hunter2-4711-not-for-others";
    let fleet = Fleet::up(&one_shot("a", "test -n \"$API_KEY\"", &format!("env = {{ API_KEY = \"{SECRET}\" }}")));
    let verify = "echo the key is $API_KEY and the token is $QD_TOKEN; exit 1";
    let refuted = fleet.fails(json!({ "prompt": "x", "verify": verify }));
    let said = refuted["verify_output"].as_str().expect("words");
    assert_eq!(said, "the key is [hidden] and the token is [hidden]\nverify ended with exit code 1");
    let told: Vec<PathBuf> = crate::secrets::files(&fleet.root.join(".quarterdeck"))
        .into_iter()
        .filter(|path| crate::secrets::holds(path, SECRET))
        .collect();
    assert_eq!(told, [] as [PathBuf; 0]);
}

#[test]
fn a_task_that_is_asked_for_comes_with_what_it_needs() {
    let agents = one_shot("maker", OBEDIENT, "");
    let asks = "while task=$(qd task claim --wait); do test -s $(ls -d $QD_CONFIG_DIR/.quarterdeck/tasks/t2/a*/in/build/report) && \
                qd task done --message got; done";
    let more = "capabilities = [\"asking\"]\nworkspace = \"shared\"";
    let asks = asks.replace("$QD_CONFIG_DIR", "$(dirname $QD_CONFIG)");
    let fleet = Fleet::up_in_repository(&format!("{agents}{}", shell("asker", &asks, more)));
    let make = json!({ "prompt": "echo good > report", "name": "build", "agent": "maker", "workspace": "fresh", "outputs": ["report"] });
    fleet.done(make);
    let task = fleet.done(
        json!({ "prompt": "use it", "needs": ["build"], "required_capabilities": ["asking"], "workspace": "fresh" }),
    );
    assert_eq!(task["result"], "got", "{task:#}");
    assert_eq!(task["workspace"], fleet.root.join("workspaces/task+t2").display().to_string(), "{task:#}");
}
