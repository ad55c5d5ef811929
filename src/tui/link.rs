//! The seam between the screen and whoever carries its words to the supervisor: two bounded channels.
//!
//! The client connects, reconnects and follows the facts; the screen only hears of it. On every
//! [`FromFleet::Connected`] the screen asks anew for the pictures it shows, so a link needs no memory: it may
//! drop whatever is sent while it is disconnected.

use crate::api::agents::{Action, Agent, Explanation, SpawnRequest, WorkspaceFate};
use crate::api::conflicts::{Conflict, ConflictDetail, Take};
use crate::api::error::Problem;
use crate::api::events::EventRecord;
use crate::api::locks::{Force, Locks};
use crate::api::messages::{Message, NewMessage};
use crate::api::plans::{PausePlan, Plan, PlanDetail};
use crate::api::tasks::{NewTask, Reason, Task, TaskDetail, TaskExplanation};
use crate::api::work::{CommitRequest, WorkDetail};
use crate::term::frame::{Frame, FrameUpdate, Row, Size};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many messages wait in each direction. Beyond it, the sender waits.
pub const LINK_MESSAGES_MAX: usize = 256;

/// The number by which an [`FromFleet::Answer`] finds its request. Counts up from 1 within one screen.
pub type RequestId = u64;

/// What the screen hears.
#[derive(Clone, Debug, PartialEq)]
pub enum FromFleet {
    /// The stream and the control plane are up. The whole list of agents follows as the first `Fleet`.
    Connected { fleet: String },
    /// The line is gone, and nobody is trying to get it back yet.
    Disconnected { reason: String },
    /// The link is at its n-th attempt to get the line back.
    Reconnecting { attempt: u32 },
    /// Agents that are new or changed, those that are gone, and all that is wrong with the fleet as a whole.
    Fleet { changed: Vec<Agent>, removed: Vec<String>, banners: Vec<String> },
    /// A whole picture of a watched agent.
    Whole { agent: String, frame: Frame },
    /// What changed since the picture acknowledged last.
    Update { agent: String, update: FrameUpdate },
    /// Lines from above an agent's screen and the screen's own, of one instant: oldest first.
    History { agent: String, rows: Vec<Arc<Row>>, complete: bool },
    /// One fact, history first, then live; in order, possibly repeated after a reconnect.
    Fact(EventRecord),
    /// Something asked over the stream can't be done.
    Refused { agent: String, why: String },
    /// The one answer to a request.
    Answer { request: RequestId, answer: Answer },
    /// The one answer to a [`ToFleet::Fetch`].
    Fetched { topic: Topic, data: Box<Result<Data, Problem>> },
}

/// What a tab is made of, fetched as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// `GET /tasks`.
    Tasks,
    /// `GET /tasks/{task}`, by its number.
    Task(String),
    /// `GET /tasks/{task}/explain`, by its number.
    Why(String),
    /// `GET /plans`.
    Plans,
    /// `GET /plans/{plan}`, by its number.
    Plan(String),
    /// `GET /locks`.
    Locks,
    /// `GET /conflicts`.
    Conflicts,
    /// `GET /conflicts/{conflict}`.
    Conflict(String),
    /// `GET /messages`: the newest, of all or of one agent.
    Messages(Option<String>),
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Tasks(Vec<Task>),
    Task(Box<TaskDetail>),
    /// Why a task stands where it does, with the task's number.
    Why(String, TaskExplanation),
    Plans(Vec<Plan>),
    Plan(Box<PlanDetail>),
    Locks(Locks),
    Conflicts(Vec<Conflict>),
    Conflict(Box<ConflictDetail>),
    Messages(Vec<Message>),
}

/// What a person does from a tab or a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `POST /tasks`.
    AddTask(NewTask),
    /// `POST /tasks/{task}/cancel`.
    CancelTask { task: String, reason: Reason },
    /// `POST /tasks/{task}/retry`.
    RetryTask { task: String, reason: Reason },
    /// `POST /plans/{plan}/pause`.
    PausePlan { plan: String, pause: PausePlan },
    /// `POST /plans/{plan}/resume`.
    ResumePlan { plan: String },
    /// `POST /plans/{plan}/cancel`.
    CancelPlan { plan: String },
    /// `POST /locks/force`.
    ForceLock(Force),
    /// `POST /conflicts/{conflict}/take`.
    TakeConflict { conflict: String, take: Take },
    /// `POST /messages`.
    SendMessage(NewMessage),
    /// `POST /agents/{agent}/commit`.
    Commit { agent: String, request: CommitRequest },
}

/// What a request got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Accepted; the facts tell how it goes on.
    Done,
    /// Why an agent is as it is.
    Explained(Explanation),
    /// What an agent has left uncommitted.
    Work(Box<WorkDetail>),
    /// Refused or failed.
    Problem(Problem),
}

/// What the screen says.
#[derive(Clone, Debug, PartialEq)]
pub enum ToFleet {
    /// Send pictures of this agent from now on.
    Watch { agent: String },
    /// No more of this agent.
    Unwatch { agent: String },
    /// The picture with this number was drawn.
    Drawn { agent: String, seq: u64 },
    /// Type these bytes into its terminal.
    Input { agent: String, bytes: Vec<u8> },
    /// It is shown at this size, and the user looks at it.
    Resize { agent: String, size: Size },
    /// Send up to so many lines from above its screen.
    History { agent: String, lines: u32 },
    /// `PATCH /agents/{agent}`.
    Patch { request: RequestId, agent: String, action: Action },
    /// `PATCH /agents/{agent}` with `snooze`: its question is put off for so long; 0 ends that.
    Snooze { request: RequestId, agent: String, snooze_ms: u64 },
    /// `POST /agents`.
    Spawn { request: RequestId, spawn: SpawnRequest },
    /// `DELETE /agents/{agent}`.
    Delete { request: RequestId, agent: String, workspace: WorkspaceFate },
    /// `GET /agents/{agent}/explain`.
    Explain { request: RequestId, agent: String },
    /// `GET /agents/{agent}/work`.
    Work { request: RequestId, agent: String },
    /// `POST /shutdown`.
    Shutdown { request: RequestId, kill: bool },
    /// Fetch what a tab is made of.
    Fetch { topic: Topic },
    /// Do something from a tab.
    Do { request: RequestId, deed: Box<Deed> },
}

/// Both ends as the screen holds them.
#[derive(Debug)]
pub struct Link {
    /// What the screen hears. Closed: the link is gone for good, and the screen says so.
    pub from: mpsc::Receiver<FromFleet>,
    /// What the screen says.
    pub to: mpsc::Sender<ToFleet>,
}

/// The other ends, as the client (or a test) holds them.
#[derive(Debug)]
pub struct Carrier {
    /// Where the screen hears from.
    pub from: mpsc::Sender<FromFleet>,
    /// What the screen said.
    pub to: mpsc::Receiver<ToFleet>,
}

/// A pair of bounded channels.
pub fn link() -> (Link, Carrier) {
    let (from_sender, from) = mpsc::channel(LINK_MESSAGES_MAX);
    let (to, to_receiver) = mpsc::channel(LINK_MESSAGES_MAX);
    (Link { from, to }, Carrier { from: from_sender, to: to_receiver })
}
