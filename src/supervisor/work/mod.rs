//! Tracks the agents' work in their worktrees: it is examined when it may have changed and when somebody asks, and
//! stored with its time.
//!
//! ```text
//!  a turn or a run has ended ─┐
//!  somebody asks, and the data is too old ─┴─► due ─► one of two examinations at a time ─► stored, lists are woken
//! ```
//!
//! Nothing is polled: an agent that does nothing and that nobody asks about is not examined. An agent is examined no
//! more often than its interval allows ([`Entry::interval`]), unless somebody asks for the current state.

pub(super) mod commit;
pub(super) mod known;
mod message;

pub(super) use known::Freshness;

use super::context::Context;
use super::roster;
use crate::api::agents::Status;
use crate::api::work::Work;
use crate::clock;
use crate::config::WorkspaceKind;
use crate::supervisor::configs::Configs;
use crate::supervisor::context::{Screens, Trees};
use crate::supervisor::kernel::KernelHandle;
use crate::workspace::{self, Request};
use known::{BURST, Entry, INTERVAL, INTERVAL_LOOKS, Phase};
use quarterdeck_core::ids::AgentId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// The age up to which the data of an agent that has written something since is good enough for a list. Beyond it, git
/// is asked again.
const ACTIVE_AGE_MAX: Duration = INTERVAL;
/// The age up to which the data of an agent that has written something and is at rest again is good enough: a turn may
/// have begun and ended unseen. Beyond it, git is asked again.
const RESTED_AGE_MAX: Duration = Duration::from_millis(200);
/// The age up to which the data of an agent that has written nothing is good enough. Beyond it, git is asked again.
const QUIET_AGE_MAX: Duration = Duration::from_secs(30);
/// How long a list waits for examinations; later results are in the next list.
const LIST_WAIT: Duration = Duration::from_millis(150);
/// How long a request about one agent waits for its examination.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
/// How long a request for the current state waits, for example at the end of a run without a screen.
const NOW_WAIT: Duration = Duration::from_secs(8);

/// Examines the agents' work whenever it is due, until the supervisor ends.
pub(super) async fn watch(context: Arc<Context>) {
    let (mut view, mut pulse) = (context.kernel.changes(), context.dashboard.pulse.subscribe());
    loop {
        view.mark_unchanged();
        pulse.mark_unchanged();
        let next = turn(&context);
        let due = async {
            match next {
                Some(next) => sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = view.changed() => if changed.is_err() { return } else { sleep(BURST).await },
            changed = pulse.changed() => if changed.is_err() { return } else { sleep(BURST).await },
            () = context.trees.works.asked.notified() => {}
            () = due => {}
        }
    }
}

/// Begins the examinations that are due. Returns when the next one is due.
fn turn(context: &Arc<Context>) -> Option<Instant> {
    let agents: Vec<(AgentId, String)> =
        context.kernel.view().agents.iter().map(|(id, agent)| (*id, agent.name.clone())).collect();
    let phases: Vec<Option<Phase>> =
        agents.iter().map(|(id, _)| phase_of(&context.kernel, &context.screens, *id)).collect();
    let now = Instant::now();
    let mut entries = context.trees.works.lock();
    entries.retain(|known, entry| entry.looking || agents.iter().any(|(id, _)| id == known));
    for ((id, name), phase) in agents.into_iter().zip(phases) {
        let entry = entries.entry(id).or_default();
        let has_worktree = entry.phase.is_none() && request_of(&context.configs, &name).is_some();
        phase.into_iter().for_each(|phase| entry.sees(phase, has_worktree, now));
        if entry.begins(now) {
            tokio::spawn(look(Arc::clone(context), id, name));
        }
    }
    entries.values().filter(|entry| !entry.looking).filter_map(|entry| entry.due).min()
}

/// Returns the current activity of an agent; none if it was removed from the fleet.
fn phase_of(kernel: &KernelHandle, screens: &Screens, agent: AgentId) -> Option<Phase> {
    let (run, is_live) = {
        let view = kernel.view();
        let agent = view.agents.get(&agent)?;
        (agent.run, agent.state.is_live())
    };
    let (status, verdict) = roster::standing_of(kernel, screens, agent)?;
    let is_quiet = !matches!(status, Status::Working | Status::Pending | Status::Stopping);
    Some(Phase { run, is_live, is_quiet, since: verdict.map(|verdict| verdict.since) })
}

/// Returns the request for an agent's worktree, if it has one of its own and that exists.
fn request_of(configs: &Configs, name: &str) -> Option<Request> {
    let known = configs.get(name)?;
    let has_one = known.agent.workspace == WorkspaceKind::Worktree && known.workspace_path.exists();
    has_one.then(|| Request::from(&known.agent))
}

async fn look(context: Arc<Context>, agent: AgentId, name: String) {
    let works = &context.trees.works;
    let _place = works.places.acquire().await;
    let began = Instant::now();
    let found = match request_of(&context.configs, &name) {
        None => Ok(None),
        Some(request) => {
            let workspaces = Arc::clone(&context.trees.workspaces);
            let looked = tokio::task::spawn_blocking(move || workspaces.work(&request)).await;
            looked.map_err(|cut_off| cut_off.to_string()).and_then(|found| found.map_err(|error| error.to_string()))
        }
    };
    let is_news = {
        let mut entries = works.lock();
        let entry = entries.entry(agent).or_default();
        (entry.looking, entry.began, entry.took) = (false, Some(began), began.elapsed());
        let before = (entry.work.clone(), entry.failed.is_some());
        match found {
            Ok(found) => (entry.work, entry.failed) = (found.as_ref().map(told), None),
            Err(why) => {
                tracing::warn!(name, %why, "an agent's work could not be examined");
                entry.failed = Some(why);
            }
        }
        differs(&before.0, &entry.work) || before.1 != entry.failed.is_some()
    };
    works.looked.send_replace(());
    // Another examination may be due already.
    works.asked.notify_one();
    if is_news {
        context.dashboard.pulse.send_replace(());
    }
}

/// Whether anything but the time of the examination differs.
fn differs(before: &Option<Work>, after: &Option<Work>) -> bool {
    let undated = |work: &Option<Work>| work.clone().map(|work| Work { checked_ms: 0, ..work });
    undated(before) != undated(after)
}

fn told(found: &workspace::Work) -> Work {
    Work {
        files_uncommitted: u32::try_from(found.changes.len()).unwrap_or(u32::MAX),
        commits_ahead: u32::try_from(found.ahead).unwrap_or(u32::MAX),
        base: found.base.clone(),
        last_commit: found.subject.clone(),
        lines_added: found.lines.added,
        lines_removed: found.lines.removed,
        checked_ms: clock::now_ms(),
    }
}

/// Requests examinations of all agents whose data is too old, and waits for them, but not for long.
pub(super) async fn refresh(context: &Context, freshness: Freshness) {
    let agents: Vec<(AgentId, String)> =
        context.kernel.view().agents.iter().map(|(id, agent)| (*id, agent.name.clone())).collect();
    refresh_these(context, agents, freshness).await;
}

/// Requests an examination of one agent if its data is too old, and waits for it, but not for long.
pub(super) async fn refresh_one(context: &Context, agent: AgentId, name: &str, freshness: Freshness) {
    refresh_these(context, vec![(agent, name.to_owned())], freshness).await;
}

async fn refresh_these(context: &Context, agents: Vec<(AgentId, String)>, freshness: Freshness) {
    let works = &context.trees.works;
    let mut looked = works.looked.subscribe();
    let now = Instant::now();
    let mut waited_for = Vec::new();
    for (agent, name) in agents {
        if request_of(&context.configs, &name).is_none() {
            // The worktree that was there is gone.
            works.lock().entry(agent).or_default().work = None;
            continue;
        }
        let phase = phase_of(&context.kernel, &context.screens, agent);
        let (age, wrote) = (age(&context.trees, agent, now), has_written(context, agent));
        let rests = phase.is_some_and(|phase| phase.is_quiet);
        let is_too_old = age > if wrote { ACTIVE_AGE_MAX } else { QUIET_AGE_MAX };
        let mut entries = works.lock();
        let entry = entries.entry(agent).or_default();
        phase.into_iter().for_each(|phase| entry.sees(phase, true, now));
        let may_be_over = wrote && rests && age > RESTED_AGE_MAX.max(entry.took * INTERVAL_LOOKS);
        match (freshness, entry.due.is_some() || may_be_over) {
            // A request directly after the end of a turn must not get the state from before it.
            (Freshness::Soon | Freshness::Now, _) | (Freshness::Recent, true) => entry.due = Some(now),
            (Freshness::Recent, false) if is_too_old => entry.want(now),
            (Freshness::Recent, false) => continue,
        }
        // An examination that is not due yet comes too late for a list.
        if entry.due.is_some_and(|due| due <= now) || entry.looking {
            waited_for.push(agent);
        }
    }
    if waited_for.is_empty() {
        return;
    }
    works.asked.notify_one();
    let is_new = |entry: Option<&Entry>| entry.is_none_or(|entry| entry.began.is_some_and(|began| began >= now));
    let all_new = async {
        while !waited_for.iter().all(|agent| is_new(works.lock().get(agent))) {
            if looked.changed().await.is_err() {
                return;
            }
        }
    };
    let wait = match freshness {
        Freshness::Recent => LIST_WAIT,
        Freshness::Soon => ANSWER_WAIT,
        Freshness::Now => NOW_WAIT,
    };
    let _what_is_known_by_then = timeout(wait, all_new).await;
}

/// Returns how long ago an agent's work was examined.
fn age(trees: &Trees, agent: AgentId, now: Instant) -> Duration {
    let began = trees.works.lock().get(&agent).and_then(|entry| entry.began);
    began.map_or(Duration::MAX, |began| now.saturating_duration_since(began))
}

/// Whether an agent has written something since its work was examined.
fn has_written(context: &Context, agent: AgentId) -> bool {
    let checked_ms = context.trees.works.of(agent).map(|work| work.checked_ms);
    let run = context.kernel.view().agents.get(&agent).and_then(|agent| agent.run);
    run.and_then(|run| context.screens.runs.get(run)).and_then(|run| run.summary().last_output_ms) > checked_ms
}
