//! The frame stream: one WebSocket per viewer; pictures of terminals are sent, keys are received.
//!
//! At most one picture per agent is on its way to a viewer; changes before it is acknowledged go into the next one. A
//! viewer that stops reading costs one picture per agent that it watches.

use super::caller::Caller;
use crate::api;
use crate::api::agents::Agent;
use crate::api::stream::{FLEET_UPDATES_PER_SECOND_MAX, FromViewer, MESSAGE_BYTES_MAX, STREAM_VERSION, ToViewer};
use crate::supervisor::context::Context;
use crate::supervisor::problem::Failure;
use crate::supervisor::{history, roster};
use crate::term::frame::{Frame, Row, Size};
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use quarterdeck_core::ids::AgentId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The most agents that one viewer may watch at a time. Beyond it, the viewer is told so.
const WATCHED_AGENTS_MAX: usize = 256;
/// The most pictures that wait to be written to the socket, over all agents of a viewer. Beyond it, pictures wait and
/// take in the changes that happen meanwhile.
const OUTGOING_MAX: usize = 64;
/// The most lines of history that one viewer gets at a time, as many as the dashboard asks for. Beyond it, the newest
/// are sent.
const HISTORY_LINES_MAX: u32 = 10_000;
/// The most bytes of history that are sent at a time; a message longer than [`MESSAGE_BYTES_MAX`] would end the
/// connection. Beyond it, the newest are sent.
const HISTORY_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 64 * 1024;
/// The shortest time between two lists of agents.
const FLEET_INTERVAL: Duration = Duration::from_millis(1_000 / FLEET_UPDATES_PER_SECOND_MAX as u64);

/// Opens a WebSocket for viewers, which sends pictures of terminals and receives keys.
///
/// Its messages are binary. Their format belongs to this build of `qd`, and a version number protects it. Other
/// programs use the other paths.
#[utoipa::path(get, path = api::stream::STREAM.path, operation_id = "stream", tag = "agents",
    responses((status = 101, description = "The connection is now a WebSocket."), Failure))]
pub(super) async fn open(
    State(context): State<Arc<Context>>,
    caller: Result<Caller, Failure>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Failure> {
    let upgrade = upgrade.map_err(|refused| Failure::bad_request(refused.body_text()))?;
    let types = caller.map(drop).map_err(|failure| failure.0.why);
    Ok(upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(|socket| async move { Viewer::new(context, types).run(socket).await }))
}

/// The connection of one viewer.
struct Viewer {
    context: Arc<Context>,
    outgoing: mpsc::Sender<ToViewer>,
    queue: mpsc::Receiver<ToViewer>,
    watched: HashMap<String, Watched>,
    fleet: Option<JoinHandle<()>>,
    /// Whether the viewer may type; if not, the reason: it could not be determined who it is.
    types: Result<(), String>,
}

/// An agent that is being watched; acknowledgements go to its task.
struct Watched {
    drawn: watch::Sender<u64>,
    task: JoinHandle<()>,
}

/// Whether the connection to the viewer continues.
#[derive(PartialEq)]
enum Course {
    GoOn,
    End,
}

impl Viewer {
    fn new(context: Arc<Context>, types: Result<(), String>) -> Viewer {
        let (outgoing, queue) = mpsc::channel(OUTGOING_MAX);
        Viewer { context, outgoing, queue, watched: HashMap::new(), fleet: None, types }
    }

    async fn run(mut self, mut socket: WebSocket) {
        let mut ended = self.context.life.ended.subscribe();
        loop {
            tokio::select! {
                message = socket.recv() => {
                    let Some(Ok(message)) = message else { break };
                    let Message::Binary(bytes) = message else { continue };
                    let Ok(message) = postcard::from_bytes::<FromViewer>(&bytes) else { break };
                    if self.take(message) == Course::End {
                        break;
                    }
                }
                Some(message) = self.queue.recv() => {
                    let Ok(bytes) = postcard::to_stdvec(&message) else { continue };
                    let last = matches!(message, ToViewer::Hello { version } if version != STREAM_VERSION);
                    if socket.send(Message::Binary(bytes.into())).await.is_err() || last {
                        break;
                    }
                }
                _ended = ended.changed() => break,
            }
        }
        let _closed = socket.send(Message::Close(None)).await;
    }

    fn take(&mut self, message: FromViewer) -> Course {
        match message {
            FromViewer::Hello { version } => {
                self.say(ToViewer::Hello { version: STREAM_VERSION });
                if version != STREAM_VERSION {
                    return Course::End;
                }
            }
            FromViewer::Watch { agent } => self.watch(agent),
            FromViewer::Unwatch { agent } => self.unwatch(&agent),
            FromViewer::Drawn { agent, seq } => {
                if let Some(watched) = self.watched.get(&agent) {
                    watched.drawn.send_replace(seq);
                }
            }
            FromViewer::Input { agent, bytes } => self.input(agent, bytes),
            FromViewer::Resize { agent, size } => self.resize(&agent, size),
            FromViewer::History { agent, lines } => self.history(agent, lines.min(HISTORY_LINES_MAX)),
            FromViewer::WatchFleet => {
                let fleet = FleetWatch { context: Arc::clone(&self.context), outgoing: self.outgoing.clone() };
                if let Some(earlier) = self.fleet.replace(tokio::spawn(fleet.run())) {
                    earlier.abort();
                }
            }
        }
        Course::GoOn
    }

    /// Sends a small message. A viewer whose queue is full of pictures does not get it.
    fn say(&self, message: ToViewer) {
        if let Err(error) = self.outgoing.try_send(message) {
            tracing::debug!(%error, "a viewer does not keep up");
        }
    }

    fn refuse(&self, agent: String, why: impl Into<String>) {
        self.say(refused(agent, why));
    }

    fn watch(&mut self, agent: String) {
        let Some(id) = self.context.kernel.agent_named(&agent) else {
            return self.refuse(agent, "no such agent");
        };
        if self.watched.len() >= WATCHED_AGENTS_MAX {
            return self.refuse(agent, format!("a viewer may watch {WATCHED_AGENTS_MAX} agents"));
        }
        let (drawn, acknowledged) = watch::channel(0);
        let watching = AgentWatch {
            context: Arc::clone(&self.context),
            id,
            name: agent.clone(),
            outgoing: self.outgoing.clone(),
            drawn: acknowledged,
        };
        let task = tokio::spawn(watching.run());
        self.unwatch(&agent);
        self.watched.insert(agent, Watched { drawn, task });
    }

    fn unwatch(&mut self, agent: &str) {
        if let Some(watched) = self.watched.remove(agent) {
            watched.task.abort();
        }
    }

    /// Passes a key on to the agent. The key may have to wait behind a text that is being typed; the viewer is served
    /// meanwhile.
    fn input(&self, agent: String, bytes: Vec<u8>) {
        if let Err(why) = &self.types {
            return self.refuse(agent, why.clone());
        }
        let found = self.context.kernel.agent_named(&agent);
        let run =
            found.and_then(|id| self.context.kernel.run_of(id)).and_then(|run| self.context.screens.runs.get(run));
        match run {
            None => self.refuse(agent, "it has no live run"),
            Some(run) => {
                found.into_iter().for_each(|id| self.context.dashboard.mark_typed(id));
                let (pressed, outgoing) = (run.press(bytes), self.outgoing.clone());
                tokio::spawn(async move {
                    if let Err(why) = pressed.await {
                        let _gone = outgoing.send(refused(agent, why.to_string())).await;
                    }
                });
            }
        }
    }

    fn resize(&self, agent: &str, size: Size) {
        let Some(id) = self.context.kernel.agent_named(agent) else { return };
        let size = Size::clamped(size.columns, size.rows);
        self.context.screens.sizes.set(id, size);
        let run = self.context.kernel.run_of(id).and_then(|run| self.context.screens.runs.get(run));
        if let Some(run) = run {
            run.resize(size);
        }
    }

    fn history(&self, agent: String, lines: u32) {
        let (context, outgoing) = (Arc::clone(&self.context), self.outgoing.clone());
        let Some(id) = context.kernel.agent_named(&agent) else {
            return self.refuse(agent, "no such agent");
        };
        tokio::spawn(async move {
            let above = history::lines(&context, id, lines).await;
            let rows: Vec<Arc<Row>> = above.above.into_iter().chain(above.screen).collect();
            let fitting = newest_that_fit(&rows, HISTORY_BYTES_MAX);
            let complete = above.complete && fitting.len() == rows.len();
            let message = ToViewer::History { agent, rows: fitting.to_vec(), complete };
            let _gone = outgoing.send(message).await;
        });
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.watched.values().for_each(|watched| watched.task.abort());
        self.fleet.iter().for_each(JoinHandle::abort);
    }
}

fn refused(agent: String, why: impl Into<String>) -> ToViewer {
    ToViewer::Refused { agent, why: why.into() }
}

/// Returns the newest of these rows that together fit in so many bytes.
fn newest_that_fit(rows: &[Arc<Row>], bytes_max: usize) -> &[Arc<Row>] {
    let mut left = bytes_max;
    let fits = |row: &&Arc<Row>| {
        let size = postcard::to_stdvec(row).map_or(usize::MAX, |bytes| bytes.len());
        left.checked_sub(size).inspect(|rest| left = *rest).is_some()
    };
    let count = rows.iter().rev().take_while(fits).count();
    &rows[rows.len() - count..]
}

/// Sends the pictures of one agent to one viewer, across the agent's runs.
struct AgentWatch {
    context: Arc<Context>,
    id: AgentId,
    name: String,
    outgoing: mpsc::Sender<ToViewer>,
    drawn: watch::Receiver<u64>,
}

impl AgentWatch {
    async fn run(mut self) {
        let context = Arc::clone(&self.context);
        loop {
            let run = context.screens.runs.newest_of(self.id);
            let frame = history::frame(&context, self.id).await;
            if self.send_whole(&frame).await.is_err() {
                return;
            }
            let newer = context.screens.runs.newer_than(self.id, run);
            match run.and_then(|run| context.screens.runs.get(run)) {
                None => newer.await,
                Some(handle) => {
                    let mut frames = handle.watch().await;
                    tokio::select! {
                        result = self.follow(&mut frames, frame) => if result.is_err() { return },
                        () = newer => {}
                    }
                }
            }
        }
    }

    /// Sends the changes each time the viewer has drawn the previous picture. Never returns after the run has ended,
    /// unless the viewer is gone.
    async fn follow(&mut self, frames: &mut watch::Receiver<Arc<Frame>>, mut shown: Arc<Frame>) -> Result<(), Gone> {
        loop {
            if frames.changed().await.is_err() {
                return std::future::pending().await;
            }
            self.drawn.wait_for(|seq| *seq >= shown.seq).await.map_err(|_| Gone)?;
            let newest = frames.borrow_and_update().clone();
            if newest.seq == shown.seq && newest.size == shown.size {
                continue;
            }
            if newest.seq < shown.seq {
                self.send_whole(&newest).await?;
            } else {
                let update = newest.since(&shown);
                self.send(ToViewer::Update { agent: self.name.clone(), update }).await?;
            }
            shown = newest;
        }
    }

    async fn send_whole(&mut self, frame: &Frame) -> Result<(), Gone> {
        self.send(ToViewer::Whole { agent: self.name.clone(), frame: frame.clone() }).await
    }

    async fn send(&self, message: ToViewer) -> Result<(), Gone> {
        self.outgoing.send(message).await.map_err(|_| Gone)
    }
}

/// The error that the viewer has disconnected.
struct Gone;

/// Sends the list of agents to one viewer, and then the changes in it.
struct FleetWatch {
    context: Arc<Context>,
    outgoing: mpsc::Sender<ToViewer>,
}

impl FleetWatch {
    async fn run(self) {
        let _sampling = self.context.metrics.watch();
        let mut view = self.context.kernel.changes();
        let mut pulse = self.context.dashboard.pulse.subscribe();
        let mut shown: HashMap<String, Agent> = HashMap::new();
        let mut banners: Option<Vec<String>> = None;
        loop {
            view.mark_unchanged();
            pulse.mark_unchanged();
            let sent_at = Instant::now();
            let agents = roster::all(&self.context).await;
            let message = difference(&mut shown, &mut banners, agents, self.context.dashboard.banners.all());
            if let Some(message) = message
                && self.outgoing.send(message).await.is_err()
            {
                return;
            }
            tokio::select! {
                changed = view.changed() => if changed.is_err() { return },
                changed = pulse.changed() => if changed.is_err() { return },
            }
            tokio::time::sleep_until(sent_at + FLEET_INTERVAL).await;
        }
    }
}

/// Returns the message that updates a viewer from `shown` to `agents`; none if nothing changed.
fn difference(
    shown: &mut HashMap<String, Agent>,
    shown_banners: &mut Option<Vec<String>>,
    agents: Vec<Agent>,
    banners: Vec<String>,
) -> Option<ToViewer> {
    let removed: Vec<String> =
        shown.keys().filter(|name| !agents.iter().any(|agent| agent.name == **name)).cloned().collect();
    removed.iter().for_each(|name| drop(shown.remove(name)));
    let changed: Vec<Agent> = agents.into_iter().filter(|agent| shown.get(&agent.name) != Some(agent)).collect();
    shown.extend(changed.iter().map(|agent| (agent.name.clone(), agent.clone())));
    if changed.is_empty() && removed.is_empty() && shown_banners.as_ref() == Some(&banners) {
        return None;
    }
    *shown_banners = Some(banners.clone());
    Some(ToViewer::Fleet { changed, removed, banners })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_history_the_newest_lines_that_fit_are_sent() {
        let rows: Vec<Arc<Row>> = (0..10).map(|_| Arc::new(Row { spans: Vec::new(), wraps: false })).collect();
        let each = postcard::to_stdvec(&rows[0]).expect("encoded").len();
        assert_eq!(newest_that_fit(&rows, each * 10).len(), 10);
        let fitting = newest_that_fit(&rows, each * 4 - 1);
        assert_eq!(fitting.len(), 3);
        assert!(Arc::ptr_eq(&fitting[2], &rows[9]));
        assert!(newest_that_fit(&rows, 0).is_empty());
    }
}
