//! Checks the supervisor's health: each check is executed for the answer, and no result is stored.

use super::context::Context;
use crate::amounts;
use crate::api::events::EventQuery;
use crate::api::system::{Health, HealthCheck, HealthStatus};
use crate::place::Place;
use crate::process::ProcessState;
use crate::supervisor::kernel::KernelHandle;
use crate::wire::record::KeeperRecord;
use quarterdeck_core::view::State;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// How long the kernel may take to answer. Beyond it, the kernel counts as hanging, and health says so.
const KERNEL_LIMIT: Duration = Duration::from_secs(2);
/// The free space on the disk below which health is degraded; below a tenth of it, it is unhealthy.
const FREE_BYTES_WANTED: u64 = 1 << 30;

/// The result of a check: its status, and a text.
type Finding = (HealthStatus, String);

/// Executes every check and returns the results.
pub(super) async fn examine(context: &Context) -> Health {
    let mut checks = Vec::new();
    let mut timed = |name: &str, began: Instant, (status, detail): Finding| {
        let took_us = began.elapsed().as_micros() as u64;
        checks.push(HealthCheck { name: name.to_owned(), status, detail, took_us });
    };
    let began = Instant::now();
    let examined = tokio::time::timeout(KERNEL_LIMIT, context.kernel.examine()).await;
    let (kernel, invariants, writing) = match examined {
        Ok(Ok(examination)) => (
            (HealthStatus::Healthy, "answers".to_owned()),
            finding(examination.violation, "hold", HealthStatus::Unhealthy),
            finding(examination.journal_failing, "is written", HealthStatus::Degraded),
        ),
        _ => {
            let silent = (HealthStatus::Unhealthy, format!("no answer within {} s", KERNEL_LIMIT.as_secs()));
            (silent.clone(), silent.clone(), silent)
        }
    };
    timed("kernel", began, kernel);
    timed("invariants", began, invariants);
    timed("journal_writing", began, writing);
    let began = Instant::now();
    timed("journal_reading", began, journal(context).await);
    let began = Instant::now();
    timed("keepers", began, keepers(context));
    let began = Instant::now();
    timed("agents", began, agents(&context.kernel));
    let began = Instant::now();
    timed("disk", began, disk(&context.place));
    let began = Instant::now();
    timed("runtime_directory", began, runtime_directory(&context.place));
    let status = checks.iter().map(|check| check.status).max().unwrap_or(HealthStatus::Healthy);
    Health { status, checks }
}

fn finding(trouble: Option<String>, fine: &str, otherwise: HealthStatus) -> Finding {
    trouble.map_or_else(|| (HealthStatus::Healthy, fine.to_owned()), |trouble| (otherwise, trouble))
}

async fn journal(context: &Context) -> Finding {
    let seq = context.kernel.view().seq;
    match context.record.journal.query(EventQuery { limit: Some(1), ..EventQuery::default() }).await {
        Err(error) => (HealthStatus::Unhealthy, error.to_string()),
        Ok(page) if page.newest_seq < seq => {
            (HealthStatus::Degraded, format!("{} facts are not written yet", seq - page.newest_seq))
        }
        Ok(page) => (HealthStatus::Healthy, format!("{} facts", page.newest_seq)),
    }
}

/// Checks that every live run that has a process has a keeper that lives and is not stopped.
fn keepers(context: &Context) -> Finding {
    let live: Vec<_> = {
        let view = context.kernel.view();
        view.agents
            .values()
            .filter(|agent| agent.state.is_live() && agent.pid.is_some())
            .filter_map(|agent| agent.run.map(|run| (run, agent.name.clone())))
            .collect()
    };
    let seen = |run| KeeperRecord::read(&context.run_directory(run)).ok().flatten()?.identity.seen();
    let (mut lost, mut stopped) = (Vec::new(), Vec::new());
    for (run, name) in &live {
        match seen(*run).map(|keeper| keeper.state) {
            None => lost.push(name.as_str()),
            Some(ProcessState::Stopped) => stopped.push(name.as_str()),
            Some(_) => {}
        }
    }
    match (lost.as_slice(), stopped.as_slice()) {
        ([], []) => (HealthStatus::Healthy, format!("{} alive", live.len())),
        ([], stopped) => (HealthStatus::Degraded, format!("stopped by a signal or a debugger: {}", stopped.join(", "))),
        (lost, _) => (HealthStatus::Unhealthy, format!("gone: {}", lost.join(", "))),
    }
}

/// Checks that no agent is lost, and none has given up: such an agent stays down until a person looks.
fn agents(kernel: &KernelHandle) -> Finding {
    let view = kernel.view();
    let named = |wanted: fn(&State) -> bool| {
        let found = view.agents.values().filter(|agent| wanted(&agent.state)).map(|agent| agent.name.as_str());
        found.collect::<Vec<&str>>().join(", ")
    };
    let lost = named(|state| *state == State::Lost);
    let gave_up = named(|state| matches!(state, State::GaveUp { .. }));
    match (lost.as_str(), gave_up.as_str()) {
        ("", "") => (HealthStatus::Healthy, format!("{}, none in trouble", view.agents.len())),
        ("", gave_up) => (HealthStatus::Degraded, format!("gave up: {gave_up}")),
        (lost, _) => (HealthStatus::Degraded, format!("lost, their processes are being killed: {lost}")),
    }
}

fn disk(place: &Place) -> Finding {
    match nix::sys::statvfs::statvfs(&place.state_directory) {
        Err(error) => (HealthStatus::Unhealthy, error.to_string()),
        Ok(found) => {
            let free_bytes = found.blocks_available() * found.fragment_size();
            let status = match free_bytes {
                free if free >= FREE_BYTES_WANTED => HealthStatus::Healthy,
                free if free >= FREE_BYTES_WANTED / 10 => HealthStatus::Degraded,
                _ => HealthStatus::Unhealthy,
            };
            (status, format!("{} free", amounts::bytes(free_bytes)))
        }
    }
}

/// Checks that the sockets' directory is ours alone, and that the control socket exists in it with closed permissions.
fn runtime_directory(place: &Place) -> Finding {
    if let Err(error) = place.check_runtime() {
        return (HealthStatus::Unhealthy, error.to_string());
    }
    match std::fs::metadata(&place.control_socket) {
        Err(error) => (HealthStatus::Unhealthy, format!("the control socket: {error}")),
        Ok(found) if found.mode() & 0o077 != 0 => {
            (HealthStatus::Unhealthy, format!("the control socket's mode is {:o}", found.mode() & 0o777))
        }
        Ok(_) => (HealthStatus::Healthy, place.runtime_directory.display().to_string()),
    }
}
