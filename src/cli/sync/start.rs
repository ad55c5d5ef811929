//! `qd sync start`: starts the synchronisation of a scope.

use super::status::sentence;
use crate::api::state::{SyncPriority, SyncRequest, SyncState};
use crate::cli::Context;
use crate::client::state::SyncAct;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::time::parse_span;
use clap::{Args, ValueEnum};
use std::time::Duration;

/// The command-line arguments of `qd sync start`.
#[derive(Args, Debug)]
pub struct Start {
    /// Name of the scope to synchronise
    scope: String,
    /// The scopes that it depends on, separated by commas; '' for none [default: as before]
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    needs: Option<Vec<String>>,
    /// How urgent the synchronisation is
    #[arg(long, value_enum, default_value_t = Priority::Normal)]
    priority: Priority,
    /// Wait this long for the scope's turn (30s, 10m), then end with 124; the scope stays in the queue
    #[arg(long, value_name = "DURATION", value_parser = parse_span)]
    wait: Option<Duration>,
    /// Print the state of the scope as a JSON object
    #[arg(long)]
    json: bool,
}

/// The priorities that can be given on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Priority {
    Low,
    Normal,
    High,
    Critical,
}

impl From<Priority> for SyncPriority {
    fn from(priority: Priority) -> SyncPriority {
        match priority {
            Priority::Low => SyncPriority::Low,
            Priority::Normal => SyncPriority::Normal,
            Priority::High => SyncPriority::High,
            Priority::Critical => SyncPriority::Critical,
        }
    }
}

impl Start {
    /// Runs `qd sync start` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let request = SyncRequest {
            scope: self.scope,
            needs: self.needs.map(|needs| needs.into_iter().filter(|need| !need.is_empty()).collect()),
            priority: self.priority.into(),
            reason: None,
            wait_ms: self.wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        };
        let scope = context.client().await?.sync(SyncAct::Start, &request).await?;
        match self.json {
            true => context.out.json(&scope)?,
            false => context.out.line(sentence(&scope))?,
        }
        match (scope.state, self.wait) {
            (SyncState::Syncing, _) | (SyncState::Queued, None) => Ok(Exit::Ok),
            (SyncState::Queued, Some(_)) => Ok(Exit::TimedOut),
            // During the wait the agent's run ended, or a person ended the synchronisation.
            (SyncState::Idle | SyncState::Completed | SyncState::Failed, _) => Ok(Exit::Refused),
        }
    }
}
