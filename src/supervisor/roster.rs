//! Composes the list of agents for clients from the view (folded from facts), the screens' summaries, the configuration
//! and the samples, for each request. Nothing here is stored.

use super::context::{Context, keeper_subject};
use super::kernel::SLICE_ITEMS;
use super::run::Summary;
use super::words::agent::standing::health as health_words;
use super::words::agent::summary::{Known, said};
use super::words::common::party_name;
use super::words::lock::scopes::wanted;
use crate::api::agents::{
    Agent, AgentHealth, AgentState, Attention, Blocked, ConfigState, Question, QuestionKind, Status, StatusSource,
    Usage,
};
use crate::api::tasks::AgentTask;
use crate::process::ProcessState;
use crate::supervisor::context::Screens;
use crate::supervisor::kernel::KernelHandle;
use crate::supervisor::metrics::Metrics;
use quarterdeck_core::ending::{Exit, GiveUp, Outcome};
use quarterdeck_core::fact::Origin;
use quarterdeck_core::health::{self, Grade, Link};
use quarterdeck_core::ids::AgentId;
use quarterdeck_core::party::Party;
use quarterdeck_core::status::{Activity, QuestionKind as Kind, Source, Verdict};
use quarterdeck_core::view::{AgentView, Config, Pause, State, View};
use std::ops::Bound;

/// Returns all agents, in the order in which the fleet came to know them.
pub(super) async fn all(context: &Context) -> Vec<Agent> {
    let described = |view: &View, last: Option<AgentId>| {
        let from = last.map_or(Bound::Unbounded, Bound::Excluded);
        let slice = view.agents.range((from, Bound::Unbounded)).take(SLICE_ITEMS);
        slice.map(|(id, agent)| (*id, describe_agent(context, view, *id, agent))).collect()
    };
    context.kernel.list(described).await
}

/// Returns one agent by its name.
pub(super) fn one(context: &Context, name: &str) -> Option<Agent> {
    let view = context.kernel.view();
    let (id, agent) = view.agents.iter().find(|(_, agent)| agent.name == name)?;
    Some(describe_agent(context, &view, *id, agent))
}

/// Returns the status of an agent.
pub(super) fn status_of(kernel: &KernelHandle, screens: &Screens, id: AgentId) -> Option<Status> {
    standing_of(kernel, screens, id).map(|(status, _)| status)
}

/// Returns the status of an agent, and what its program is doing.
pub(super) fn standing_of(kernel: &KernelHandle, screens: &Screens, id: AgentId) -> Option<(Status, Option<Verdict>)> {
    let view = kernel.view();
    let agent = view.agents.get(&id)?;
    let shown = agent.run.and_then(|run| screens.runs.get(run)).map(|run| run.summary()).unwrap_or_default();
    let verdict = verdict(agent, &shown);
    Some((status(agent, verdict.as_ref()), verdict))
}

fn describe_agent(context: &Context, view: &View, id: AgentId, agent: &AgentView) -> Agent {
    let shown = agent.run.and_then(|run| context.screens.runs.get(run)).map(|run| run.summary()).unwrap_or_default();
    let configured = context.configs.get(&agent.name);
    let usage = agent.run.filter(|_| agent.state.is_live()).and_then(|run| context.metrics.usage(run));
    let seen_ms = context.dashboard.seen.at(id);
    let verdict = verdict(agent, &shown);
    let status = match agent.origin {
        Origin::Joined if view.tasks.current(id).is_some() => Status::Working,
        _ => status(agent, verdict.as_ref()),
    };
    let work = context.trees.works.of(id);
    let (grade, cause) = health::grade(agent, verdict.as_ref().map(|verdict| &verdict.activity), link(context, agent));
    let last = agent.last.as_ref().filter(|last| agent.run == Some(last.run));
    let (blocked, task) = (blocked(agent, status, view), assigned(agent, id, view));
    let known = Known {
        agent,
        status,
        verdict: verdict.as_ref(),
        exit: exit(agent),
        blocked: blocked.as_ref(),
        task: task.as_ref(),
        work: work.as_ref(),
    };
    let said = said(&known, view);
    Agent {
        name: agent.name.clone(),
        state: state(agent),
        status,
        summary: said.summary,
        detail: Some(said.detail),
        attention: attention(agent, status, seen_ms, asks_for_its_task(id, view)),
        health: match grade {
            Grade::Healthy => AgentHealth::Healthy,
            Grade::Degraded => AgentHealth::Degraded,
            Grade::Unhealthy => AgentHealth::Unhealthy,
            Grade::Unknown => AgentHealth::Unknown,
        },
        health_reason: cause.map(health_words),
        since_ms: agent.since.0,
        status_since_ms: verdict
            .as_ref()
            .filter(|_| is_of_program(status))
            .map_or(agent.since, |verdict| verdict.since)
            .0,
        status_source: verdict.as_ref().filter(|_| is_of_program(status)).map(|verdict| source(verdict.source)),
        question: verdict.as_ref().and_then(|verdict| question(agent, verdict)),
        blocked,
        task,
        error: verdict.as_ref().and_then(|verdict| match &verdict.activity {
            Activity::Failing(text) | Activity::Failed(text) => Some(text.clone()),
            _ => None,
        }),
        run: agent.run.map(|run| run.to_string()),
        started_ms: agent.started.map(|at| at.0),
        pid: agent.pid,
        exit_code: exit(agent).and_then(|exit| if let Exit::Code(code) = exit { Some(code) } else { None }),
        exit_signal: exit(agent).and_then(|exit| if let Exit::Signal(signal) = exit { Some(signal) } else { None }),
        reason: last.and_then(|last| last.reason.clone()),
        failures: agent.failures,
        config: match agent.config {
            Config::Current => ConfigState::Current,
            Config::Changed => ConfigState::Changed,
            Config::Removed => ConfigState::Removed,
        },
        workspace: configured.as_ref().map(|known| known.workspace_path.display().to_string()),
        branch: configured.as_ref().and_then(|known| known.branch.clone()),
        capabilities: configured.as_ref().map(|known| known.agent.capabilities.clone()).unwrap_or_default(),
        command: configured.map(|known| known.agent.program.command_text()).unwrap_or_default(),
        title: shown.title,
        last_line: shown.last_line,
        last_output_ms: shown.last_output_ms,
        usage,
        work,
    }
}

/// Returns the state of the supervisor's connection to an agent's keeper.
fn link(context: &Context, agent: &AgentView) -> Link {
    let keeper = agent.run.filter(|_| agent.pid.is_some()).and_then(|run| context.metrics.keeper_of(run));
    match keeper.map(|keeper| keeper.seen().map(|process| process.state)) {
        _ if context.dashboard.banners.is_raised(&keeper_subject(&agent.name)) => Link::Refused,
        None => Link::Whole,
        Some(None) => Link::Gone,
        Some(Some(ProcessState::Stopped)) => Link::Stopped,
        Some(Some(_)) => Link::Whole,
    }
}

fn exit(agent: &AgentView) -> Option<Exit> {
    agent.last.as_ref().filter(|_| !agent.state.is_live()).and_then(|last| last.exit)
}

/// Returns the lifecycle state of an agent.
pub(super) fn state(agent: &AgentView) -> AgentState {
    match agent.state {
        State::Ready if agent.origin == Origin::Joined => AgentState::Joined,
        State::Off => AgentState::Off,
        State::Queued { .. } => AgentState::Queued,
        State::Preparing => AgentState::Preparing,
        State::Starting => AgentState::Starting,
        State::Ready => AgentState::Ready,
        State::Stopping { .. } => AgentState::Stopping,
        State::Lost => AgentState::Lost,
        State::Ended { outcome: Outcome::Completed } => AgentState::Completed,
        State::Ended { outcome: Outcome::Failed } => AgentState::Failed,
        State::Ended { outcome: Outcome::Terminated } => AgentState::Terminated,
        State::Backoff { .. } => AgentState::Backoff,
        State::GaveUp { .. } => AgentState::GaveUp,
    }
}

/// Returns what an agent's program is doing: the recorded verdict that a person should know, otherwise the current one
/// of its terminal. None if its program is not running, or is paused.
fn verdict(agent: &AgentView, shown: &Summary) -> Option<Verdict> {
    let runs = matches!(agent.state, State::Starting | State::Ready) && agent.pause == Pause::Running;
    let on_record = agent.standing.as_ref().map(|standing| &standing.verdict);
    let now = shown.verdict.as_ref();
    let news = now.filter(|now| now.activity.is_notable());
    let recorded = on_record
        .filter(|verdict| verdict.activity != Activity::Done || now.is_none_or(|now| now.activity.is_at_rest()));
    recorded.or(news).or(now).filter(|_| runs).cloned()
}

/// Returns the status of an agent.
fn status(agent: &AgentView, verdict: Option<&Verdict>) -> Status {
    let ready = agent.state == State::Ready;
    match (&agent.state, agent.pause) {
        (State::Starting | State::Ready, Pause::Pausing | Pause::Paused) => Status::Paused,
        (State::Starting | State::Ready, Pause::Running) => match verdict.map(|verdict| &verdict.activity) {
            Some(Activity::Asks(_)) => Status::Waiting,
            Some(Activity::Failing(_) | Activity::Failed(_)) => Status::Error,
            Some(Activity::Unresponsive(_)) => Status::Unresponsive,
            Some(Activity::Working) if ready => Status::Working,
            _ if ready => Status::Idle,
            _ => Status::Pending,
        },
        (State::Off | State::Ended { .. } | State::GaveUp { .. }, _) => Status::Stopped,
        (State::Queued { .. } | State::Preparing | State::Backoff { .. }, _) => Status::Pending,
        (State::Stopping { .. } | State::Lost, _) => Status::Stopping,
    }
}

/// Whether a status comes from the program and not from the agent's lifecycle.
fn is_of_program(status: Status) -> bool {
    matches!(status, Status::Working | Status::Idle | Status::Waiting | Status::Error | Status::Unresponsive)
}

fn question(agent: &AgentView, verdict: &Verdict) -> Option<Question> {
    let asked = verdict.activity.question()?;
    let kind = match asked.kind {
        Kind::Permission => QuestionKind::Permission,
        Kind::Question => QuestionKind::Question,
        Kind::Trust => QuestionKind::Trust,
        Kind::Login => QuestionKind::Login,
        Kind::Call => QuestionKind::Call,
    };
    let snoozed_until = agent.standing.as_ref().and_then(|standing| standing.snoozed_until);
    Some(Question {
        kind,
        text: asked.text.clone(),
        since_ms: verdict.since.0,
        snoozed_until_ms: snoozed_until.map(|until| until.0),
    })
}

fn source(source: Source) -> StatusSource {
    match source {
        Source::Program => StatusSource::Program,
        Source::Screen => StatusSource::Screen,
        Source::Title => StatusSource::Title,
        Source::Call => StatusSource::Call,
        Source::Output => StatusSource::Output,
    }
}

/// Whether a person must say if the agent's task is done.
fn asks_for_its_task(id: AgentId, view: &View) -> bool {
    view.tasks.current(id).and_then(|task| view.tasks.get(task)).is_some_and(|task| task.asks.is_some())
}

fn attention(agent: &AgentView, status: Status, seen_ms: u64, task_asks: bool) -> Attention {
    let standing = agent.standing.as_ref();
    let snoozed = standing.is_some_and(|standing| standing.snoozed_until.is_some());
    let done = standing.filter(|standing| standing.verdict.activity == Activity::Done);
    match (&agent.state, status) {
        (_, Status::Waiting) if snoozed => Attention::Snoozed,
        (_, Status::Waiting) => Attention::NeedsYou,
        (_, Status::Idle) if task_asks => Attention::NeedsYou,
        (_, Status::Error | Status::Unresponsive) => Attention::Failed,
        (State::GaveUp { why: GiveUp::Login }, _) => Attention::NeedsYou,
        (_, Status::Idle) if done.is_some_and(|done| done.verdict.since.0 > seen_ms) => Attention::FinishedUnseen,
        (State::Lost | State::GaveUp { .. } | State::Backoff { .. }, _) => Attention::Failed,
        (State::Ended { outcome: Outcome::Failed }, _) => Attention::Failed,
        (State::Ended { outcome: Outcome::Completed }, _) if agent.since.0 > seen_ms => Attention::FinishedUnseen,
        (_, Status::Working) => Attention::Working,
        (_, Status::Paused) => Attention::Paused,
        (_, Status::Stopped) => Attention::Off,
        (_, Status::Idle | Status::Pending | Status::Stopping) => Attention::Quiet,
    }
}

/// Returns the lock that the agent waits for, if another holds it. An agent that asks a person or is paused shows
/// that first; an agent that has not written anything yet may wait for a lock nevertheless.
fn blocked(agent: &AgentView, status: Status, view: &View) -> Option<Blocked> {
    let waits = matches!(status, Status::Working | Status::Idle) || agent.state == State::Starting;
    let run = agent.run.filter(|_| waits && status != Status::Paused)?;
    let of_run = |holder: &Party| view.locks.principal(holder) == Party::Run(run);
    let request = view.locks.waiting().find(|request| of_run(&request.holder))?;
    let behind = view.locks.behind(request.id);
    Some(Blocked { wants: wanted(&request.wants), by: behind.first().map(|blocker| party_name(&blocker.who, view)) })
}

/// Returns the task that the agent's live run has.
fn assigned(agent: &AgentView, id: AgentId, view: &View) -> Option<AgentTask> {
    let task = view.tasks.current(id).filter(|_| agent.state.is_live())?;
    let known = view.tasks.get(task)?;
    Some(AgentTask {
        id: task.to_string(),
        name: known.spec.name.clone(),
        progress_percent: known.progress.percent,
        says_nothing: known.asks.is_some(),
    })
}

/// Samples the consumption of one agent's tree for this answer.
pub(super) fn usage_now(kernel: &KernelHandle, metrics: &Metrics, name: &str) -> Option<Usage> {
    let run = {
        let view = kernel.view();
        view.agents.values().find(|agent| agent.name == name).filter(|agent| agent.state.is_live())?.run?
    };
    metrics.sample_one(run)
}
