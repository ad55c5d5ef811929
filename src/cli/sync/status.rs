//! `qd sync status`: lists scopes and the states of their synchronisation.

use crate::api;
use crate::api::state::{SyncScope, SyncState};
use crate::cli::Context;
use crate::clock::now_ms;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Cell, Tone};
use crate::tui::age;
use clap::Args;

/// The command-line arguments of `qd sync status`.
#[derive(Args, Debug)]
pub struct Status {
    /// Show only this scope [default: all]
    scope: Option<String>,
    /// Print a JSON array of objects, one per scope
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Runs `qd sync status` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let mut scopes = context.client().await?.call(&api::state::LIST_SYNC, &[], &()).await?;
        if let Some(wanted) = self.scope {
            scopes.retain(|scope| scope.scope == wanted);
            if scopes.is_empty() {
                let unknown = Failure::new(Exit::Refused, format!("nobody has started the scope `{wanted}`"));
                return Err(unknown.hint("`qd sync status` lists the scopes"));
            }
        }
        match self.json {
            true => context.out.json(&scopes)?,
            false => context.out.table(&rows(&scopes, now_ms()))?,
        }
        Ok(Exit::Ok)
    }
}

fn rows(scopes: &[SyncScope], now_ms: u64) -> Vec<Vec<Cell>> {
    let heading = ["SCOPE", "STATE", "SINCE", "BY", "RETRIES", "NEEDS", "WHY"];
    let heading = heading.iter().map(|name| Cell::new(Tone::Faint, name)).collect();
    std::iter::once(heading).chain(scopes.iter().map(|scope| row(scope, now_ms))).collect()
}

fn row(scope: &SyncScope, now_ms: u64) -> Vec<Cell> {
    vec![
        Cell::plain(&scope.scope),
        Cell::new(scope.state.look(), scope.state.word()),
        Cell::plain(age::text(scope.since_ms, now_ms)),
        Cell::plain(scope.by.as_deref().unwrap_or("-")),
        Cell::plain(scope.retries.to_string()),
        Cell::plain(if scope.needs.is_empty() { "-".to_owned() } else { scope.needs.join(",") }),
        Cell::plain(why(scope)),
    ]
}

fn why(scope: &SyncScope) -> String {
    match (scope.state, &scope.reason) {
        (_, Some(reason)) => reason.clone(),
        (SyncState::Queued, None) if scope.waits_for.is_empty() => "waits for a free place".to_owned(),
        (SyncState::Queued, None) => format!("waits for {}", scope.waits_for.join(", ")),
        _ => String::new(),
    }
}

/// Returns the state of a scope in words: `app: queued, waits for lexer`.
pub fn sentence(scope: &SyncScope) -> String {
    match why(scope).as_str() {
        "" => format!("{}: {}", scope.scope, scope.state.word()),
        why => format!("{}: {}, {why}", scope.scope, scope.state.word()),
    }
}
