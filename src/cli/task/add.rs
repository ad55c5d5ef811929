//! `qd task add`: adds a task.

use super::meant::{STDIN_BYTES_MAX, text_or_stdin};
use crate::api;
use crate::api::tasks::{NewTask, TaskWorkspace};
use crate::cli::{Context, complete};
use crate::config::unix_lines;
use crate::regular;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// The command-line arguments of `qd task add`.
#[derive(Args, Debug)]
pub struct Add {
    /// The prompt: what the agent must do; - reads it from standard input
    #[arg(value_name = "PROMPT", required_unless_present = "file")]
    prompt: Option<String>,
    /// Read the prompt from this file
    #[arg(long, value_name = "FILE", conflicts_with = "prompt")]
    file: Option<PathBuf>,
    /// Name of the task [default: its number]
    #[arg(long)]
    name: Option<String>,
    /// Priority of the task; a higher one goes first
    #[arg(long, value_name = "NUMBER", default_value_t = 0, allow_negative_numbers = true)]
    priority: i32,
    /// Capabilities that the task's agent must have: rust,review
    #[arg(long, value_name = "CAPABILITY", value_delimiter = ',')]
    capability: Vec<String>,
    /// Let only this agent do the task
    #[arg(long, value_name = "NAME", add = complete::agent(), conflicts_with = "prefer")]
    agent: Option<String>,
    /// Put the task into this agent's queue, from which an idle agent may take it
    #[arg(long, value_name = "NAME", add = complete::agent())]
    prefer: Option<String>,
    /// Tasks that must be done first, by name or number
    #[arg(long, value_name = "TASK", add = complete::tasks(), value_delimiter = ',')]
    needs: Vec<String>,
    /// A scope that is locked while the task runs: src/parser, shared:docs, gpu
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    lock: Vec<String>,
    /// A shell command that verifies the task, run in its workspace
    #[arg(long, value_name = "COMMAND")]
    verify: Option<String>,
    /// A file that the task produces for its dependents, relative to its workspace; * patterns are allowed
    #[arg(long, value_name = "PATTERN")]
    output: Vec<String>,
    /// The workspace in which the task runs
    #[arg(long, value_enum, default_value_t = Workspace::Agent)]
    workspace: Workspace,
    /// How long an attempt may take (30s, 10m)
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    timeout: Option<Duration>,
    /// Number of attempts that are allowed [default: as configured]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    attempts: Option<u32>,
    /// The task that this task is a part of
    #[arg(long, value_name = "TASK", add = complete::tasks())]
    parent: Option<String>,
    /// Print the task as JSON
    #[arg(long)]
    json: bool,
}

/// The workspaces in which a task can run.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Workspace {
    /// Use the workspace of the task's agent
    Agent,
    /// Use a fresh worktree of the task's own
    Fresh,
    /// Use a fresh worktree that starts from the merge of the task's dependencies
    Merge,
}

impl Add {
    /// Runs `qd task add` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let json = self.json;
        let task = context.client().await?.call(&api::tasks::ADD_TASK, &[], &self.task()?).await?;
        match json {
            true => context.out.json(&task)?,
            false => context.out.line(&task.id)?,
        }
        Ok(Exit::Ok)
    }

    fn task(self) -> Result<NewTask, Failure> {
        let prompt = match (self.prompt, &self.file) {
            (_, Some(file)) => regular::text(file, STDIN_BYTES_MAX).map_err(|error| {
                Failure::new(Exit::Failed, format!("cannot read {}", file.display())).because(error)
            })?,
            (prompt, None) => text_or_stdin(prompt.unwrap_or_default())?,
        };
        Ok(NewTask {
            prompt: unix_lines(&prompt).into_owned(),
            name: self.name,
            priority: self.priority,
            required_capabilities: self.capability,
            agent: self.agent,
            prefer: self.prefer,
            needs: self.needs,
            locks: self.lock,
            verify: self.verify.map(|command| unix_lines(&command).into_owned()),
            outputs: self.output,
            workspace: match self.workspace {
                Workspace::Agent => TaskWorkspace::Agent,
                Workspace::Fresh => TaskWorkspace::Fresh,
                Workspace::Merge => TaskWorkspace::Merge,
            },
            timeout_ms: self.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            attempts: self.attempts,
            parent: self.parent,
        })
    }
}
