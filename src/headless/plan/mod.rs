//! Runs a plan to its end without a screen, for continuous integration. The plan goes through the same states and the
//! same facts as one that is started from a dashboard. Here the facts are printed, and the result is reported as an
//! exit code, in JUnit, and in Markdown.
//!
//! ```text
//!  ensure ─► resume or start ──► follow facts ─► the plan has ended ────► reports, result ► 0 · 6
//!                 │                   ├─ its agents need a person ──────► …               ─► 7
//!                 └ invalid ─► 2      ├─ too many tasks failed ─► cancel ► …              ─► 6
//!                                     ├─ time passed ───────────► cancel ► …              ─► 124
//!                                     ├─ SIGINT, SIGTERM, SIGHUP► cancel ► …              ─► 130, 143;   a second one kills
//!                                     └─ the supervisor is gone ───────────────────────────► 8
//! ```
//!
//! A supervisor that this run started is ended with it, and no process remains; a supervisor that ran before still
//! runs. A plan that an earlier run did not complete, because that run was killed, is continued if its file is
//! unchanged.
//!
//! Reports are written at every end at which this process is still alive, also after errors, and before anything is
//! shut down, so that an impatient runner finds them. A report of an earlier run would be mistaken for ours, so it is
//! replaced.

mod attend;
mod card;
mod junit;
mod reports;
mod summary;

use super::card::commit_command;
use super::{Printer, Reader, Signals, refuse_running, sleep_for};
use crate::api;
use crate::api::agents::Agent;
use crate::api::events::{EventQuery, EventRecord, Severity};
use crate::api::facts::{Kind, Subject};
use crate::api::plans::{NewPlan, Plan, PlanDetail, PlanState};
use crate::api::system::ShutdownRequest;
use crate::api::tasks::{Barred, Reason, Task, TaskState};
use crate::client::ensure::Lifetime;
use crate::client::{Background, Client, Follow, Followed, Joined, ensure};
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::Output;
pub use attend::OnWaiting;
use attend::{Attendant, Waits};
use card::Card;
pub use reports::Reports;
use std::path::Path;
use std::time::{Duration, Instant};

/// The options for running a plan without a screen.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The plan that is run.
    pub plan: NewPlan,
    /// The options that every headless run has.
    pub run: super::Options,
    /// The number of failed tasks at which the plan is cancelled; none means no limit.
    pub failures_max: Option<u32>,
    /// What to do about an agent that asks a person.
    pub on_waiting: OnWaiting,
    /// The files to which reports are written.
    pub reports: Reports,
}

/// The reasons why following the plan ended.
enum End {
    /// The plan has ended by itself.
    Over,
    /// This process ends the plan, and `qd` ends with this exit code.
    Cut { exit: Exit, reason: String },
    /// The supervisor is gone, so nothing more can be learned.
    SupervisorGone,
}

/// The largest age of the known state of the plan while its tasks change. Reports are written from it if the supervisor
/// is gone. The state is not requested at each fact, since large plans are large answers. Beyond it, the supervisor is
/// asked again.
const KNOWN_AGE_MAX: Duration = Duration::from_millis(500);

/// Runs a plan to its end.
///
/// # Errors
/// An error is returned if the plan is invalid, if the supervisor could not be started or reached or has failed, or if
/// the fleet runs already.
pub async fn run(place: &Place, options: PlanOptions, out: &mut Output) -> Result<Exit, Failure> {
    let began = Instant::now();
    let mut signals = Signals::listen()?;
    let reports = options.reports.clone();
    let mut known = reports::unknown(&options.plan);
    let ran = attempt(place, options, &mut signals, &mut known, began, out).await;
    if let Err(failure) = &ran {
        let card = Card::new(&known, failure.exit, Some(failure.what()), began.elapsed());
        // The first error is the one that is reported.
        let _unwritten = reports.write(&card, &mut signals).await;
    }
    ran
}

async fn attempt(
    place: &Place,
    options: PlanOptions,
    signals: &mut Signals,
    known: &mut PlanDetail,
    began: Instant,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let background = Background::this_program(Lifetime::Headless, options.run.verbosity)?;
    let (client, joined) = ensure(place, &background).await?;
    refuse_running(&client, joined, options.run.running)?;
    let attendant = Attendant::open(&client, options.on_waiting.clone()).await?;
    let begun = match begin(&client, &options.plan).await {
        Ok(plan) => plan,
        Err(failure) => {
            if joined == Joined::Started {
                super::end_supervisor(&client).await?;
            }
            return Err(failure);
        }
    };
    *known = client.call(&api::plans::GET_PLAN, &[&begun.id], &()).await?;
    let printer = Printer { format: options.run.format, reader: Reader::Listens };
    let facts = client.follow(&filters(&client, joined, options.run.format)).await?;
    let mut run = PlanRun { client, joined, options, printer, attendant, plan: begun.id, needs_person: Vec::new() };
    run.whole(facts, signals, known, began, out).await
}

/// Returns the filters for facts: of our own supervisor, all facts since it started; of a supervisor that ran before,
/// new facts only.
fn filters(client: &Client, joined: Joined, format: super::Format) -> EventQuery {
    let severity = (format == super::Format::People).then_some(Severity::Info);
    let hello = client.hello();
    match joined {
        Joined::Started => EventQuery { since_ms: Some(hello.started_ms), severity, ..EventQuery::default() },
        Joined::Running => EventQuery { since_seq: Some(hello.newest_seq), severity, ..EventQuery::default() },
    }
}

/// Continues the plan that an earlier run of the same file did not complete, or starts a new one.
async fn begin(client: &Client, new: &NewPlan) -> Result<Plan, Failure> {
    let found = client.call(&api::plans::VALIDATE_PLAN, &[], new).await?;
    let unfinished = |plan: &&Plan| {
        plan.ended_ms.is_none()
            && Some(&plan.name) == found.name.as_ref()
            && Some(&plan.version) == found.version.as_ref()
    };
    if let Some(plan) = client.call(&api::plans::LIST_PLANS, &[], &()).await?.iter().rev().find(unfinished) {
        return Ok(plan.clone());
    }
    Ok(client.call(&api::plans::START_PLAN, &[], new).await?)
}

/// Waits until an instant, or forever without one.
async fn until(due: Option<tokio::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

struct PlanRun {
    client: Client,
    joined: Joined,
    options: PlanOptions,
    printer: Printer,
    attendant: Attendant,
    /// The number of the plan, such as `p3`.
    plan: String,
    /// Names of tasks that were given up because they need a person.
    needs_person: Vec<String>,
}

impl PlanRun {
    async fn whole(
        &mut self,
        mut facts: Follow,
        signals: &mut Signals,
        known: &mut PlanDetail,
        began: Instant,
        out: &mut Output,
    ) -> Result<Exit, Failure> {
        let (exit, cut) = match self.follow(&mut facts, signals, known, out).await? {
            End::SupervisorGone => {
                return Err(Failure::new(Exit::SupervisorFailed, "the supervisor ended before the plan did")
                    .hint("its log is .quarterdeck/supervisor.log; the same command continues the plan"));
            }
            End::Over => (None, None),
            End::Cut { exit, reason } => {
                let cancelling = Reason { reason: Some(reason.clone()) };
                let _over_meanwhile = self.client.call(&api::plans::CANCEL_PLAN, &[&self.plan], &cancelling).await;
                (Some(exit), Some(reason))
            }
        };
        *known = self.client.call(&api::plans::GET_PLAN, &[&self.plan], &()).await?;
        let detail = &*known;
        let exit = exit.unwrap_or_else(|| self.exit_of(detail));
        let (failed, workspaces) = self.outputs_of_failed(detail).await;
        let left = self.left(detail, workspaces, cut.is_some()).await;
        let card = Card { failed: &failed, left: &left, ..Card::new(detail, exit, cut.as_deref(), began.elapsed()) };
        let written = self.options.reports.write(&card, signals).await;
        if self.joined == Joined::Started {
            self.shut_down(facts, signals, out).await?;
        }
        let card = Card { took: began.elapsed(), ..card };
        self.printer.told(card.lines(), &card.json(), out)?;
        // If the plan failed, its exit code has precedence over a report that could not be written.
        match (exit, written) {
            (Exit::Ok, Err(failure)) => Err(failure),
            (exit, Err(failure)) => {
                failure.report();
                Ok(exit)
            }
            (exit, Ok(())) => Ok(exit),
        }
    }

    /// Prints facts until the plan has ended, or until something ends it early.
    async fn follow(
        &mut self,
        facts: &mut Follow,
        signals: &mut Signals,
        known: &mut PlanDetail,
        out: &mut Output,
    ) -> Result<End, Failure> {
        let timeout = sleep_for(self.options.run.timeout);
        tokio::pin!(timeout);
        let mut due: Option<tokio::time::Instant> = None;
        if self.is_over().await? {
            return Ok(End::Over);
        }
        loop {
            tokio::select! {
                heard = facts.next() => match heard? {
                    Some(Followed::Fact(fact)) => {
                        self.printer.fact(&fact, out)?;
                        if Subject::of(&fact.kind) == Subject::Task {
                            due = due.or_else(|| Some(tokio::time::Instant::now() + KNOWN_AGE_MAX));
                        }
                        if let Some(end) = self.hear(&fact).await? {
                            return Ok(end);
                        }
                    }
                    Some(Followed::Quiescent) => if let Some(end) = self.stuck().await? { return Ok(end) },
                    Some(Followed::Lagged(_)) => {}
                    None => return Ok(End::SupervisorGone),
                },
                () = &mut timeout => {
                    return Ok(End::Cut { exit: Exit::TimedOut, reason: "its time limit has passed".to_owned() });
                }
                () = until(due) => {
                    due = None;
                    // If the supervisor does not answer, the stream of facts ends and shows it.
                    if let Ok(detail) = self.client.call(&api::plans::GET_PLAN, &[&self.plan], &()).await { *known = detail }
                }
                exit = signals.next() => return Ok(End::Cut { exit, reason: "interrupted".to_owned() }),
                waits = self.attendant.next() => self.attend(&waits?).await?,
            }
        }
    }

    async fn is_over(&self) -> Result<bool, Failure> {
        Ok(self.client.call(&api::plans::GET_PLAN, &[&self.plan], &()).await?.plan.ended_ms.is_some())
    }

    /// Returns the end that a fact means: the plan's own end, or one failure too many; none for other facts.
    async fn hear(&self, fact: &EventRecord) -> Result<Option<End>, Failure> {
        match (fact.known(), self.options.failures_max) {
            (Some(kind), _) if kind.plan_end().is_some() && fact.plan().as_ref() == Some(&self.plan) => {
                Ok(Some(End::Over))
            }
            (Some(Kind::TaskFailed), Some(failures_max)) => {
                let failed = self.client.call(&api::plans::GET_PLAN, &[&self.plan], &()).await?.plan.failed;
                let reason = format!("{failed} of its tasks failed");
                Ok((failed >= failures_max).then_some(End::Cut { exit: Exit::TaskFailed, reason }))
            }
            _ => Ok(None),
        }
    }

    /// Returns the end of a plan that is stuck: nothing runs and nothing is planned, but the plan has not ended, since
    /// no agent would do its open tasks.
    async fn stuck(&self) -> Result<Option<End>, Failure> {
        if !self.client.hello_again().await?.quiescent || self.is_over().await? {
            return Ok(None);
        }
        let detail = self.client.call(&api::plans::GET_PLAN, &[&self.plan], &()).await?;
        let open = detail.nodes.iter().filter_map(|node| node.task.as_ref()).filter(|task| task.ended_ms.is_none());
        let (waiting, under_way): (Vec<_>, Vec<_>) =
            open.partition(|task| matches!(task.state, TaskState::Queued | TaskState::Held));
        match under_way.is_empty() {
            false => Ok(None),
            true => {
                let names: Vec<&str> = waiting.iter().take(3).map(|task| task.name.as_str()).collect();
                let reason = format!("no agent remains that can do {}", names.join(", "));
                Ok(Some(End::Cut { exit: Exit::NeedsPerson, reason }))
            }
        }
    }

    /// Handles an agent that has waited for a person for some time. It matters only if the agent works on a task of the
    /// plan, or if one is assigned to it. In a fleet that ran before, the agent may wait because of another task, so
    /// there it must have begun the task of the plan.
    async fn attend(&mut self, waits: &Waits) -> Result<(), Failure> {
        let detail = self.client.call(&api::plans::GET_PLAN, &[&self.plan], &()).await?;
        let ours_alone = self.joined == Joined::Started;
        let waits_for_it = |task: &&Task| match task.state {
            _ if task.agent.as_deref() != Some(waits.agent.as_str()) => false,
            TaskState::Running => true,
            TaskState::Assigned => ours_alone || task.run.is_some(),
            _ => false,
        };
        let tasks = detail.nodes.iter().filter_map(|node| node.task.as_ref()).filter(waits_for_it);
        let Some(task) = tasks.max_by_key(|task| task.state == TaskState::Running) else { return Ok(()) };
        if self.attendant.denies(&self.client, waits, &task.id).await? {
            return Ok(());
        }
        self.needs_person.push(task.name.clone());
        let reason = Reason { reason: Some(format!("{} waits for a person", waits.agent)) };
        // The task may have ended in the meantime.
        let _ended = self.client.call(&api::tasks::CANCEL_TASK, &[&task.id], &reason).await;
        Ok(())
    }

    fn exit_of(&self, detail: &PlanDetail) -> Exit {
        let mut tasks = detail.nodes.iter().filter_map(|node| node.task.as_ref());
        let must_log_in = tasks.any(|task| task.state == TaskState::Failed && task.barred == Some(Barred::Login));
        match detail.plan.state {
            PlanState::Completed => Exit::Ok,
            _ if must_log_in || !self.needs_person.is_empty() => Exit::NeedsPerson,
            _ => Exit::TaskFailed,
        }
    }

    /// Returns the commands that show or commit uncommitted work: the work of agents in their worktrees, and the
    /// workspaces of failed tasks.
    async fn left(&self, detail: &PlanDetail, workspaces: Vec<String>, hurried: bool) -> Vec<String> {
        let tasks = || detail.nodes.iter().filter_map(|node| node.task.as_ref());
        let took_part = |agent: &Agent| tasks().any(|task| task.agent.as_deref() == Some(agent.name.as_str()));
        let agents = match hurried {
            true => self.client.agents().await,
            false => self.client.agents_and_their_work().await,
        }
        .unwrap_or_default();
        let agents = agents.iter().filter(|agent| took_part(agent)).filter_map(commit_command);
        let root = &self.client.place().root;
        let shown = |path: String| {
            let path = Path::new(&path);
            format!("git -C {} status   # its uncommitted work", path.strip_prefix(root).unwrap_or(path).display())
        };
        agents.chain(workspaces.into_iter().map(shown)).collect()
    }

    /// Returns the output of the failed tasks' verifications, and the existing workspaces that belong to failed tasks
    /// alone. Only the first failed tasks are included, since nobody reads more.
    async fn outputs_of_failed(&self, detail: &PlanDetail) -> (Vec<(String, String)>, Vec<String>) {
        /// The number of failed tasks whose output is shown. Beyond it, the report has their names and reasons only.
        const SHOWN_MAX: usize = 50;
        let tasks = detail.nodes.iter().filter_map(|node| Some((&node.name, node.task.as_ref()?)));
        let (mut outputs, mut workspaces) = (Vec::new(), Vec::new());
        for (name, task) in tasks.filter(|(_, task)| task.state == TaskState::Failed).take(SHOWN_MAX) {
            if let Ok(task) = self.client.call(&api::tasks::GET_TASK, &[&task.id], &()).await {
                let own = task.workspace.filter(|_| task.has_own_workspace);
                workspaces.extend(own.filter(|path| Path::new(path).exists()));
                outputs.extend(task.verify_output.or(task.result).map(|output| (name.clone(), output)));
            }
        }
        (outputs, workspaces)
    }

    /// Ends everything and prints facts until the supervisor has ended. A signal during this kills the agents.
    async fn shut_down(&mut self, mut facts: Follow, signals: &mut Signals, out: &mut Output) -> Result<(), Failure> {
        self.client.shutdown(ShutdownRequest { kill: false }).await?;
        loop {
            tokio::select! {
                heard = facts.next() => match heard? {
                    Some(Followed::Fact(fact)) => self.printer.fact(&fact, out)?,
                    Some(_) => {}
                    None => break,
                },
                _ = signals.next() => { self.client.shutdown(ShutdownRequest { kill: true }).await?; }
            }
        }
        self.client.gone().await;
        Ok(())
    }
}
