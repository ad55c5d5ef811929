//! Cleans up the fleet's workspaces, with a supervisor or without one. The rules are those of a removal
//! ([`crate::workspace`]); this file determines which workspaces are still needed.

use super::configs::Configs;
use super::context::Context;
use super::lock::{StartError, take_lock};
use super::problem::Failure;
use super::{strays, workspaces};
use crate::api::work::{self, CleanRequest, CleanedKind, CleanedOutcome};
use crate::config::FleetConfig;
use crate::place::Place;
use crate::workspace::{self, Cleaned, Cleaning, Fate, Kind, Needs, Outcome, Request, WorkspaceError, Workspaces};
use axum::http::StatusCode;
use quarterdeck_core::event::Event;
use quarterdeck_core::view::View;
use std::sync::Arc;

/// Why a fleet without a supervisor can't be cleaned up.
#[derive(Debug, thiserror::Error)]
pub enum CleanError {
    /// A supervisor has started, or one that is ending does not release the fleet.
    #[error("a supervisor runs for this fleet, and does not answer yet")]
    Taken,
    /// The fleet's directories or its lock can't be used.
    #[error("{0}")]
    Unusable(String),
    /// The fleet's workspaces can't be listed.
    #[error(transparent)]
    Workspaces(#[from] WorkspaceError),
}

/// Cleans up while the supervisor serves the fleet.
pub(super) async fn attended(context: &Arc<Context>, ask: CleanRequest) -> Result<Vec<work::Cleaned>, Failure> {
    let cleaning = Arc::clone(context);
    let refused =
        |why: String| Failure::new(StatusCode::CONFLICT, "not_cleaned", "the workspaces can't be cleaned up", why);
    let cleaned = tokio::task::spawn_blocking(move || cleaning.trees.workspaces.clean(&*cleaning, of(ask))).await;
    let cleaned = cleaned.map_err(|error| refused(error.to_string()))?.map_err(|error| refused(error.to_string()))?;
    for gone in cleaned.iter().filter(|cleaned| matches!(cleaned.outcome, Outcome::Removed(_))) {
        let notice = workspaces::removed_notice(format!("{}: {gone}", gone.name));
        context.kernel.tell(Event::Noticed { notice }).await;
    }
    Ok(cleaned.into_iter().map(told).collect())
}

/// Cleans up a fleet without a supervisor, and prevents one from starting meanwhile.
///
/// # Errors
/// A supervisor has the fleet, its directories can't be used, or its workspaces can't be listed.
pub fn alone(place: &Place, file: FleetConfig, ask: CleanRequest) -> Result<Vec<work::Cleaned>, CleanError> {
    // A fleet that never ran has nothing that could conflict with a dry run.
    let _lock = match ask.dry_run && !place.state_directory.exists() {
        true => None,
        false => {
            place.prepare().map_err(|error| CleanError::Unusable(error.to_string()))?;
            Some(take_lock(place).map_err(|error| match error {
                StartError::Taken => CleanError::Taken,
                error => CleanError::Unusable(error.to_string()),
            })?)
        }
    };
    let workspaces = Workspaces::of(&file);
    let unattended = Unattended { configs: Configs::new(file, &place.state_directory), living: strays::living(place) };
    let cleaned = workspaces.clean(&unattended, of(ask))?;
    Ok(cleaned.into_iter().map(told).collect())
}

fn of(ask: CleanRequest) -> Cleaning {
    let fate = if ask.park { Fate::Park } else { Fate::Remove };
    if ask.dry_run { Cleaning::Look(fate) } else { Cleaning::Do(fate) }
}

/// Determines the needs of a fleet with a supervisor.
impl Needs for Context {
    fn request(&self, name: &str) -> Option<Request> {
        self.configs.get(name).map(|known| Request::from(&known.agent))
    }

    fn why_needed(&self, name: &str) -> Option<String> {
        let view = self.kernel.view();
        why_agent_needs(&view, name).or_else(|| why_task_needs(&view, name, &self.trees.workspaces))
    }
}

fn why_agent_needs(view: &View, name: &str) -> Option<String> {
    let agent = view.agents.values().find(|agent| agent.name == name)?;
    match (agent.state.is_live(), agent.state.is_on_its_way()) {
        (true, _) => Some("it runs".to_owned()),
        (_, true) => Some("it is about to start".to_owned()),
        (false, false) => None,
    }
}

/// Returns the reason if a task that has not ended works in this workspace, or a task is being given a workspace that
/// is not known yet.
fn why_task_needs(view: &View, name: &str, workspaces: &Workspaces) -> Option<String> {
    let path = workspaces.path_of(name).display().to_string();
    let may_be_its_own = workspace::task::is_own(name);
    let needs = |workspace: Option<&String>| workspace.map_or(may_be_its_own, |workspace| *workspace == path);
    let mut under_way = view.tasks.iter().map(|(_, task)| task).filter(|task| !task.has_ended() && task.attempt > 0);
    let task = under_way.find(|task| needs(task.workspace.as_ref()))?;
    Some(format!("task {} is under way", task.spec.name))
}

/// The needs of a fleet without a supervisor.
struct Unattended {
    configs: Configs,
    /// The agents whose keepers live although no supervisor does.
    living: Vec<Option<String>>,
}

impl Needs for Unattended {
    fn request(&self, name: &str) -> Option<Request> {
        self.configs.get(name).map(|known| Request::from(&known.agent))
    }

    /// Returns why a workspace is needed. The tasks of live agents are not known here, so no task's workspace is
    /// removed while an agent runs.
    fn why_needed(&self, name: &str) -> Option<String> {
        let own = |living: &Option<String>| living.as_deref().is_none_or(|living| living == name);
        match self.living.iter().any(own) {
            true => Some("it still runs: `qd up` takes it over, `qd down` ends it".to_owned()),
            false if !self.living.is_empty() && workspace::task::is_own(name) => {
                Some("an agent still runs that may work in it: `qd up` takes it over, `qd down` ends it".to_owned())
            }
            false => None,
        }
    }
}

fn told(cleaned: Cleaned) -> work::Cleaned {
    let text = cleaned.to_string();
    let kind = match cleaned.kind {
        Kind::Workspace => CleanedKind::Workspace,
        Kind::Branch => CleanedKind::Branch,
    };
    let (outcome, is_parkable) = match cleaned.outcome {
        Outcome::Removed(_) => (CleanedOutcome::Removed, false),
        Outcome::WouldGo(..) => (CleanedOutcome::WouldGo, false),
        Outcome::Stays { is_parkable, .. } => (CleanedOutcome::Stays, is_parkable),
        Outcome::Failed(_) => (CleanedOutcome::Failed, false),
    };
    work::Cleaned { name: cleaned.name, kind, outcome, text, is_parkable }
}
