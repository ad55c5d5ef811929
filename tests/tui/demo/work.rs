//! The work of the demo's agents: tasks, and plans of tasks.

use quarterdeck::api::plans::{FailMode, Plan, PlanDetail, PlanEdge, PlanNode, PlanState};
use quarterdeck::api::tasks::{Artifact, Happened, Task, TaskDetail, TaskExplanation, TaskState, Verified};

/// The demo's clock: 2026-03-14 15:09:26 UTC.
pub const NOW_MS: u64 = 1_773_500_966_000;

/// Returns a task with these values, and with defaults for everything else.
fn blank(number: u32, name: &str, title: &str, state: TaskState) -> Task {
    Task {
        id: format!("t{number}"),
        name: name.to_owned(),
        title: title.to_owned(),
        state,
        summary: word(state).to_owned(),
        held: None,
        plan: None,
        parent: None,
        parts: None,
        priority: 0,
        required_capabilities: Vec::new(),
        needs: Vec::new(),
        locks: Vec::new(),
        agent: None,
        run: None,
        attempt: 0,
        attempts_max: 3,
        barred: None,
        progress_percent: None,
        progress: None,
        verified: None,
        reason: None,
        queued_ms: NOW_MS - 1_500_000,
        started_ms: None,
        ended_ms: None,
    }
}

fn word(state: TaskState) -> &'static str {
    if state == TaskState::Done { "done (verified)" } else { state.word() }
}

fn run_by(task: Task, agent: &str, age_s: u64) -> Task {
    let ended_ms = quarterdeck::tui::model::tasks::is_over(task.state).then(|| NOW_MS - age_s * 500);
    let verified = (task.state == TaskState::Done).then_some(Verified::Verified);
    Task {
        agent: Some(agent.to_owned()),
        run: Some(format!("r{}", 10 + agent.len())),
        attempt: 1,
        started_ms: Some(NOW_MS - age_s * 1_000),
        ended_ms,
        verified,
        ..task
    }
}

fn held(task: Task, why: &str) -> Task {
    Task { summary: format!("held: {why}"), held: Some(why.to_owned()), ..task }
}

fn progress(task: Task, percent: u8, said: &str) -> Task {
    let summary = format!("{} · {percent}%", word(task.state));
    Task { progress_percent: Some(percent), progress: Some(said.to_owned()), summary, ..task }
}

/// Returns the tasks of the plan, each with its name in the plan.
fn planned() -> Vec<(&'static str, u32, Task)> {
    use TaskState as S;
    let node = |number, name: &'static str, layer, title: &str, state| {
        let task = blank(number, &format!("release.{name}"), title, state);
        (name, layer, Task { plan: Some("release".to_owned()), ..task })
    };
    let mut nodes = vec![
        node(1, "fetch", 0, "Fetch the sources and check their hashes", S::Done),
        node(2, "lint", 1, "Run clippy over the whole workspace", S::Done),
        node(3, "build", 1, "Build for Linux", S::Done),
        node(4, "test[lock]", 2, "Test the crate lock", S::Running),
        node(5, "test[lexer]", 2, "Test the crate lexer", S::Verifying),
        node(6, "test[plan]", 2, "Test the crate plan", S::Failed),
        node(7, "docs", 1, "Write what is new into docs/changes.md", S::Held),
        node(8, "pack", 3, "Pack the archives", S::Queued),
        node(9, "sign", 4, "Sign the archives", S::Queued),
        node(10, "rollback", 3, "Put the tag back where it was", S::Queued),
        node(11, "announce", 5, "Tell the list", S::Queued),
    ];
    for (name, _, task) in &mut nodes {
        let known = task.clone();
        *task = match *name {
            "fetch" => run_by(known, "indexer", 1_400),
            "lint" => run_by(known, "docs", 1_200),
            "build" => run_by(known, "builder", 1_100),
            "test[lock]" => progress(run_by(known, "builder", 252), 62, "92 of 148 tests"),
            "test[lexer]" => run_by(known, "translator", 301),
            "test[plan]" => Task {
                summary: "failed (verify): exit 101".to_owned(),
                reason: Some("the verification failed: exit 101".to_owned()),
                verified: Some(Verified::Refuted),
                attempt: 3,
                ..run_by(known, "fuzzer", 640)
            },
            "docs" => held(known, "waits for docs/changes.md held by reviewer"),
            _ => known,
        };
        task.needs =
            edges().iter().filter(|edge| edge.to == *name).map(|edge| format!("release.{}", edge.from)).collect();
        if name.starts_with("test") {
            task.locks = vec!["gpu".to_owned()];
            task.required_capabilities = vec!["rust".to_owned()];
        }
    }
    nodes
}

fn edges() -> Vec<PlanEdge> {
    let edge = |from: &str, to: &str, passed: bool| {
        let when = if to == "rollback" { "failed" } else { "done" };
        PlanEdge { from: from.to_owned(), to: to.to_owned(), when: when.to_owned(), passed }
    };
    vec![
        edge("fetch", "lint", true),
        edge("fetch", "build", true),
        edge("fetch", "docs", true),
        edge("build", "test[lock]", true),
        edge("build", "test[lexer]", true),
        edge("build", "test[plan]", true),
        edge("lint", "pack", true),
        edge("test[lock]", "pack", false),
        edge("test[lexer]", "pack", false),
        edge("test[plan]", "pack", false),
        edge("test[plan]", "rollback", true),
        edge("pack", "sign", false),
        edge("sign", "announce", false),
        edge("docs", "announce", false),
    ]
}

/// Returns every task of the demo.
pub fn tasks() -> Vec<Task> {
    use TaskState as S;
    let mut tasks: Vec<Task> = planned().into_iter().map(|(_, _, task)| task).collect();
    tasks.extend([
        Task { priority: 5, ..blank(21, "t21", "Find out why the lease test is slow on ARM", S::Queued) },
        Task {
            agent: Some("docs".to_owned()),
            ..blank(22, "spelling", "Correct the spelling of the guide", S::Assigned)
        },
        Task {
            parts: Some((1, 3)),
            ..run_by(blank(23, "TASK-7", "Divide the parser into files of their own", S::Running), "migrations", 7_400)
        },
        held(blank(24, "t24", "Draw the architecture as a picture", S::Held), "no agent can do drawing"),
        Task {
            verified: Some(Verified::Unverified),
            summary: "done (unverified)".to_owned(),
            ..run_by(blank(25, "kapitel-7", "第七章を翻訳する", S::Done), "translator", 3_600)
        },
        Task {
            reason: Some("no longer wanted".to_owned()),
            summary: "cancelled: no longer wanted".to_owned(),
            ended_ms: Some(NOW_MS - 60_000),
            ..blank(26, "t26", "Try another hash map", S::Cancelled)
        },
    ]);
    tasks
}

/// Returns one task with all its details.
pub fn detail(id: &str) -> TaskDetail {
    let all = tasks();
    let task = all.iter().find(|task| task.id == id).unwrap_or(&all[0]).clone();
    let fails = task.verified == Some(Verified::Refuted);
    let over = task.ended_ms.is_some();
    let began_ms = task.started_ms.unwrap_or(task.queued_ms);
    let lines = ["thread 'plan::slow_path' panicked at src/plan/run.rs:212:", "assertion failed: left == right"];
    TaskDetail {
        prompt: format!("{}\n\nStop and ask when a test fails that has nothing to do with it.", task.title),
        routed: None,
        verify: task.locks.first().map(|_| "cargo test --workspace".to_owned()),
        verify_output: fails.then(|| lines.join("\n")),
        outputs: vec!["target/report.json".to_owned()],
        artifacts: match over && !fails {
            true => {
                vec![Artifact { path: "target/report.json".to_owned(), bytes: 4_096, sha256: "9f86d081".repeat(8) }]
            }
            false => Vec::new(),
        },
        commit: over.then(|| "4acf430d1c".to_owned()),
        branch: task.agent.as_ref().map(|agent| format!("qd/{agent}")),
        result: fails.then(|| "All tests pass but one, which I believe to be flaky.".to_owned()),
        inputs: None,
        workspace: task.agent.as_ref().map(|agent| format!("/srv/lighthouse/workspaces/{agent}")),
        has_own_workspace: false,
        history: [(816, "waits for an agent"), (1, "assigned"), (0, "is worked on")]
            .map(|(before_s, what)| Happened { at_ms: began_ms - before_s * 1_000, what: what.to_owned() })
            .to_vec(),
        task,
    }
}

/// Returns the reasons for a task's state.
pub fn why(id: &str) -> TaskExplanation {
    let all = tasks();
    let task = all.iter().find(|task| task.id == id).unwrap_or(&all[0]);
    let held = task.held.clone();
    TaskExplanation {
        task: task.name.clone(),
        answer: format!("{} is {}.", task.name, task.summary),
        because: held
            .iter()
            .map(|_| "reviewer holds docs/changes.md since 3m (lease l8, token 18)".to_owned())
            .collect(),
        hints: held.iter().map(|_| "qd lock force l8 --reason WHY".to_owned()).collect(),
    }
}

/// Returns two plans, oldest first.
pub fn plans() -> Vec<Plan> {
    let tasks = planned();
    let count = |states: &[TaskState]| tasks.iter().filter(|(.., task)| states.contains(&task.state)).count() as u32;
    let release = Plan {
        id: "p4".to_owned(),
        name: "release".to_owned(),
        version: "5d41402abc4b".to_owned(),
        state: PlanState::Running,
        paused: false,
        fail_mode: FailMode::SkipDependents,
        summary: "running: 3 of 11 done, 2 running, 1 failed".to_owned(),
        tasks: tasks.len() as u32,
        done: count(&[TaskState::Done]),
        failed: count(&[TaskState::Failed]),
        running: count(&[TaskState::Running, TaskState::Verifying]),
        cancelled: 0,
        started_ms: NOW_MS - 1_500_000,
        ended_ms: None,
    };
    let nightly = Plan {
        id: "p3".to_owned(),
        name: "nightly".to_owned(),
        state: PlanState::Completed,
        summary: "completed: 3 of 3 done".to_owned(),
        tasks: 3,
        done: 3,
        failed: 0,
        running: 0,
        ended_ms: Some(NOW_MS - 40_000_000),
        ..release.clone()
    };
    vec![nightly, release]
}

/// Returns a plan with its nodes and edges.
pub fn plan(id: &str) -> PlanDetail {
    let plans = plans();
    let Some(plan) = plans.iter().find(|plan| plan.id == id).filter(|plan| plan.id != "p3") else {
        return chain(plans[0].clone(), 3, 1);
    };
    let node = |(name, layer, task): (&str, u32, Task)| PlanNode { name: name.to_owned(), layer, task: Some(task) };
    PlanDetail { plan: plan.clone(), nodes: planned().into_iter().map(node).collect(), edges: edges() }
}

/// Returns a plan of `nodes` nodes in `rows` rows, in which each node needs the node before it and a node of the row
/// beside it.
pub fn chain(plan: Plan, nodes: usize, rows: usize) -> PlanDetail {
    let name = |index: usize| format!("step[{index}]");
    let rows = rows.max(1);
    let node = |index: usize| PlanNode {
        name: name(index),
        layer: (index / rows) as u32,
        task: Some(run_by(blank(100 + index as u32, &name(index), "One of many", TaskState::Done), "builder", 60)),
    };
    let edge =
        |from: usize, to: usize| PlanEdge { from: name(from), to: name(to), when: "done".to_owned(), passed: true };
    let edges = (rows..nodes).flat_map(|to| {
        let beside = (to - rows + 1).min(to / rows * rows - 1);
        [Some(edge(to - rows, to)), (beside != to - rows).then(|| edge(beside, to))]
    });
    PlanDetail { plan, nodes: (0..nodes).map(node).collect(), edges: edges.flatten().collect() }
}
