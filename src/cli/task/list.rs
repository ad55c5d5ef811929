//! `qd task list`: lists the tasks.

use crate::api;
use crate::api::tasks::{Task, TaskQuery, TaskState};
use crate::cli::Context;
use crate::cli::complete;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone};
use crate::tui::age;
use clap::Args;

/// The command-line arguments of `qd task list`.
#[derive(Args, Debug)]
pub struct List {
    /// Only tasks in this state
    #[arg(long, value_enum)]
    state: Option<TaskState>,
    /// Only tasks that have not ended
    #[arg(long, conflicts_with = "state")]
    open: bool,
    /// Only tasks of this agent
    #[arg(long, value_name = "NAME", add = complete::agent())]
    agent: Option<String>,
    /// Only tasks of this plan
    #[arg(long, value_name = "NAME", add = complete::plans())]
    plan: Option<String>,
    /// Print a JSON array of objects, one per task
    #[arg(long)]
    json: bool,
}

impl List {
    /// Runs `qd task list` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let query = TaskQuery { state: self.state, agent: self.agent, plan: self.plan, ids: None };
        let mut tasks = context.client().await?.call(&api::tasks::LIST_TASKS, &[], &query).await?;
        tasks.retain(|task| !self.open || !task.state.has_ended());
        match self.json {
            true => context.out.json(&tasks)?,
            false => context.out.table(&rows(&tasks, now_ms()))?,
        }
        Ok(Exit::Ok)
    }
}

fn rows(tasks: &[Task], now_ms: u64) -> Vec<Vec<Cell>> {
    let heading = ["ID", "NAME", "STATE", "AGE", "AGENT", "ATTEMPT", "DETAIL"];
    let heading = heading.iter().map(|name| Cell::new(Tone::Faint, name)).collect();
    std::iter::once(heading).chain(tasks.iter().map(|task| row(task, now_ms))).collect()
}

fn row(task: &Task, now_ms: u64) -> Vec<Cell> {
    let parts = task.parts.map(|(done, of)| format!("{done}/{of} parts · ")).unwrap_or_default();
    let progress = task.progress_percent.map(|percent| format!("{percent} % · ")).unwrap_or_default();
    let detail = match task.state {
        state if state == TaskState::Held || state.has_ended() => &task.summary,
        _ => task.progress.as_ref().unwrap_or(&task.title),
    };
    vec![
        Cell::plain(&task.id),
        Cell::plain(&task.name),
        Cell::new(task.state.look(), task.state.word()),
        Cell::plain(age::text(task.ended_ms.or(task.started_ms).unwrap_or(task.queued_ms), now_ms)),
        Cell::plain(task.agent.as_deref().unwrap_or("-")),
        Cell::plain(format!("{}/{}", task.attempt, task.attempts_max)),
        Cell::plain(format!("{parts}{progress}{detail}")),
    ]
}
