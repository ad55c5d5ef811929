//! Adopts the agents that run when a supervisor starts, whatever became of the journal.
//!
//! **Invariant:** no run whose keeper lives is ended, or started a second time, because the journal can't be read
//! (`tests/e2e`, `agents_that_run_go_on_once_whatever_the_journal_is`).

use super::context::Context;
use super::keepers::{self, Found};
use super::strays::{self, Stray};
use crate::api::system::Adoption;
use crate::supervisor::kernel::KernelHandle;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::policy::AgentPolicy;
use quarterdeck_core::severity::Severity;
use std::sync::Arc;
use std::time::Duration;

/// How long serving waits for the adopted runs' screens to be restored; a screen that takes longer follows later.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Finds the keepers of the runs that were live, and of those that the journal does not know, and tells the core which
/// are alive and which are gone. The gone ones are told last: a run that a later run of the same agent replaces is no
/// loss.
pub(super) async fn take_over(context: &Arc<Context>, live: &[(RunId, AgentId)]) {
    let mut adoption = Adoption::default();
    let (mut lost, mut waiting) = (Vec::new(), Vec::new());
    for (run, agent) in live {
        match keepers::adopt(context, *run, *agent) {
            Found::Alive => {
                adoption.adopted += 1;
                context.kernel.tell(Event::Adopted { run: *run }).await;
            }
            Found::Lost => lost.push(*run),
            Found::NotLaunched => waiting.push(*run),
        }
    }
    let mut known: Vec<RunId> = live.iter().map(|(run, _)| *run).collect();
    let strays = strays::find(context, &known).await;
    let is_alive = |run: &&RunId| !lost.contains(run) && !waiting.contains(run);
    let alive = known.iter().filter(is_alive).copied();
    let held: Vec<RunId> = alive.chain(strays.iter().map(|stray| stray.run)).collect();
    for stray in strays {
        known.push(stray.run);
        adoption.adopted += u32::from(take_in(context, stray, held.clone()).await);
    }
    for run in lost {
        adoption.lost += 1;
        adoption.reaped += keepers::hunt(context, run).await;
        context.kernel.tell(Event::KeeperLost { run }).await;
    }
    // Told after the runs that nobody knew, so that no run is launched beside a later live run of its agent.
    for run in waiting {
        context.kernel.tell(Event::NotLaunched { run }).await;
    }
    keepers::remove_left_sockets(&context.place, &known);
    let screens = async {
        for run in context.screens.runs.all() {
            run.caught_up().await;
        }
    };
    let _the_rest_follows = tokio::time::timeout(CATCH_UP, screens).await;
    if adoption.adopted + adoption.lost > 0 {
        tell(&context.kernel, &adoption).await;
    }
    context.life.adoption.send_replace(adoption);
}

/// Records the result of the adoption in one fact.
async fn tell(kernel: &KernelHandle, adoption: &Adoption) {
    let severity = if adoption.lost > 0 { Severity::Warning } else { Severity::Info };
    let text = format!("supervisor came back: {} adopted, {} lost", adoption.adopted, adoption.lost);
    let notice = Notice { severity, kind: "system.came_back".to_owned(), text };
    kernel.tell(Event::Noticed { notice }).await;
}

/// Adopts a run that the journal does not know, and records that. Returns whether it belongs to the fleet now.
async fn take_in(context: &Arc<Context>, stray: Stray, held: Vec<RunId>) -> bool {
    let Stray { run, name } = stray;
    let name = name.unwrap_or_else(|| format!("unknown-{run}"));
    let policy =
        context.configs.get(&name).map_or_else(|| AgentPolicy::of_name(name.clone()), |known| known.agent.policy());
    if let Err(error) = strays::restore_directory(context, run, &name) {
        tracing::error!(%run, %error, "its directory can't be made again");
    }
    context.kernel.tell(Event::RunFound { run, policy: Box::new(policy), held }).await;
    // The run must be in the view before it is looked up there.
    let _ended_already = context.kernel.examine().await;
    let agent = context.kernel.view().agents.iter().find(|(_, agent)| agent.run == Some(run)).map(|(agent, _)| *agent);
    let Some(agent) = agent else { return false };
    let adopted = keepers::adopt(context, run, agent) == Found::Alive;
    if adopted {
        context.kernel.tell(Event::Adopted { run }).await;
        let text = format!("{name}: {run} is adopted by its keeper's record; the journal did not have it");
        let notice = Notice { severity: Severity::Warning, kind: "system.run_found".to_owned(), text };
        context.kernel.tell(Event::Noticed { notice }).await;
    }
    adopted
}
