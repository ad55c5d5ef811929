//! `qd task show`: prints one task; and tasks as text for people.

use super::meant::named_or_own;
use crate::api;
use crate::api::tasks::{Happened, TaskDetail, TaskExplanation};
use crate::cli::{Context, complete};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Output, Tone, clean, painted};
use crate::report::time::time_of_day;
use clap::Args;
use std::io;

/// The command-line arguments of `qd task show`.
#[derive(Args, Debug)]
pub struct Show {
    /// Number (t12) or name of the task [default: your own]
    #[arg(value_name = "TASK", add = complete::tasks())]
    task: Option<String>,
    /// Print the task as one JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Runs `qd task show` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let task = client.call(&api::tasks::GET_TASK, &[&named_or_own(self.task, &client)?], &()).await?;
        if self.json {
            context.out.json(&task)?;
            return Ok(Exit::Ok);
        }
        let why = client.call(&api::tasks::EXPLAIN_TASK, &[&task.task.id], &()).await?;
        in_full(&mut context.out, &task)?;
        history(&mut context.out, &task)?;
        because(&mut context.out, &why)?;
        Ok(Exit::Ok)
    }
}

/// Prints one task in full: its settings, its state, and its prompt last.
pub(super) fn in_full(out: &mut Output, detail: &TaskDetail) -> io::Result<()> {
    let task = &detail.task;
    let name = if task.name == task.id { task.id.clone() } else { format!("{} {}", task.id, task.name) };
    let heading = format!("{}  {}", clean(&name), painted(&clean(&task.summary), task.state.look(), out.colors()));
    out.line(heading)?;
    let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
    let attempt = format!("{} of {}", task.attempt, task.attempts_max);
    let progress = match (task.progress_percent, &task.progress) {
        (Some(percent), Some(words)) => Some(format!("{percent} %: {words}")),
        (Some(percent), None) => Some(format!("{percent} %")),
        (None, words) => words.clone(),
    };
    let capabilities = list(&task.required_capabilities).map(|wanted| match &detail.routed {
        Some(word) => format!("{wanted} (its first line says `{word}`)"),
        None => wanted,
    });
    let rows = [
        ("agent", task.agent.clone()),
        ("run", task.run.clone()),
        ("attempt", Some(attempt).filter(|_| task.attempt > 0)),
        ("progress", progress),
        ("plan", task.plan.clone()),
        ("part of", task.parent.clone()),
        ("parts done", task.parts.map(|(done, of)| format!("{done} of {of}"))),
        ("priority", Some(task.priority.to_string()).filter(|_| task.priority != 0)),
        ("capabilities", capabilities),
        ("needs", list(&task.needs)),
        ("locks", list(&task.locks)),
        ("verify", detail.verify.clone()),
        ("outputs", list(&detail.outputs)),
        ("inputs", detail.inputs.clone()),
        ("workspace", detail.workspace.clone()),
        ("commit", detail.commit.clone()),
        ("branch", detail.branch.clone()),
        ("result", detail.result.clone()),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            out.line(format!("  {name:<13}{}", clean(&value)))?;
        }
    }
    for left in &detail.artifacts {
        out.line(format!("  {:<13}{} ({} bytes)", "produced", clean(&left.path), left.bytes))?;
    }
    block(out, "prompt", &detail.prompt)?;
    detail.verify_output.as_ref().map_or(Ok(()), |output| block(out, "verification", output))
}

fn history(out: &mut Output, detail: &TaskDetail) -> io::Result<()> {
    let told = |happened: &Happened| format!("{} {}", time_of_day(happened.at_ms), happened.what);
    let past: Vec<String> = detail.history.iter().map(told).collect();
    block(out, "history", &past.join("\n"))
}

fn because(out: &mut Output, why: &TaskExplanation) -> io::Result<()> {
    let lines: Vec<&str> = std::iter::once(&why.answer).chain(&why.because).map(String::as_str).collect();
    block(out, "why", &lines.join("\n"))?;
    why.hints.iter().try_for_each(|hint| out.line(format!("  hint: {}", clean(hint))))
}

fn block(out: &mut Output, name: &str, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    out.line(painted(name, Tone::Faint, out.colors()))?;
    text.lines().try_for_each(|line| out.line(format!("  {}", clean(line))))
}
