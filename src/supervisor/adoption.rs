//! What a supervisor does about agents that run when it comes: it follows them, whatever became of the journal.
//!
//! **Invariant:** no run whose keeper lives is ended, or started a second time, because the journal can't be read
//! (`tests/e2e`, `journal_lost`).

use super::context::Context;
use super::keepers::{self, Found};
use super::strays::{self, Stray};
use crate::api::system::Adoption;
use quarterdeck_core::event::{Event, Notice};
use quarterdeck_core::ids::{AgentId, RunId};
use quarterdeck_core::policy::AgentPolicy;
use quarterdeck_core::severity::Severity;
use std::sync::Arc;
use std::time::Duration;

/// The screens of adopted runs are as they were before we serve, unless a keeper takes longer than this.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Finds the keepers of the runs that were live, and of those that the journal does not know, and tells the core who is
/// there and who is not. Those that are gone are told last: what a later run of the same agent stands for is no loss.
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
    // After those that nobody knew: a run of which only a later one lives is not launched beside it.
    for run in waiting {
        context.kernel.tell(Event::NotLaunched { run }).await;
    }
    keepers::remove_left_sockets(context, &known);
    let screens = async {
        for run in context.runs.all() {
            run.caught_up().await;
        }
    };
    let _the_rest_follows = tokio::time::timeout(CATCH_UP, screens).await;
    if adoption.adopted + adoption.lost > 0 {
        tell(context, &adoption).await;
    }
    context.adoption.send_replace(adoption);
}

/// Puts on record, in one fact, what was found.
async fn tell(context: &Arc<Context>, adoption: &Adoption) {
    let severity = if adoption.lost > 0 { Severity::Warning } else { Severity::Info };
    let text = format!("supervisor came back: {} adopted, {} lost", adoption.adopted, adoption.lost);
    let notice = Notice { severity, kind: "system.came_back".to_owned(), text };
    context.kernel.tell(Event::Noticed { notice }).await;
}

/// Takes in a run that the journal does not know, and says so. Whether it is one of the fleet now.
async fn take_in(context: &Arc<Context>, stray: Stray, held: Vec<RunId>) -> bool {
    let Stray { run, name } = stray;
    let name = name.unwrap_or_else(|| format!("unknown-{run}"));
    let policy =
        context.configs.get(&name).map_or_else(|| AgentPolicy::of_name(name.clone()), |known| known.agent.policy());
    if let Err(error) = strays::restore_directory(context, run, &name) {
        tracing::error!(%run, %error, "its directory can't be made again");
    }
    context.kernel.tell(Event::RunFound { run, policy: Box::new(policy), held }).await;
    // Whoever looks at the view must find it there.
    let _ended_already = context.kernel.examine().await;
    let agent = context.kernel.view().agents.iter().find(|(_, agent)| agent.run == Some(run)).map(|(agent, _)| *agent);
    let Some(agent) = agent else { return false };
    let adopted = keepers::adopt(context, run, agent) == Found::Alive;
    if adopted {
        context.kernel.tell(Event::Adopted { run }).await;
        let text = format!("{name}: {run} goes on, though the journal did not know it: adopted by its keeper's record");
        let notice = Notice { severity: Severity::Warning, kind: "system.run_found".to_owned(), text };
        context.kernel.tell(Event::Noticed { notice }).await;
    }
    adopted
}
