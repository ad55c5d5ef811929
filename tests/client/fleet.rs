//! A fleet in a directory of its own, with a supervisor that answers from a script.

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path as UrlPath, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::stream;
use quarterdeck::api::API_VERSION;
use quarterdeck::api::agents::*;
use quarterdeck::api::error::Problem;
use quarterdeck::api::events::{EVENTS, EventPage, EventQuery, EventRecord, Severity};
use quarterdeck::api::input::*;
use quarterdeck::api::removal::Forgotten;
use quarterdeck::api::screen::{AGENT_SCREEN, ScreenText};
use quarterdeck::api::stream::{FromViewer, STREAM, STREAM_VERSION, ToViewer};
use quarterdeck::api::system::{
    Adoption, HEALTH, HELLO, Health, HealthCheck, HealthStatus, Hello, SHUTDOWN, ShutdownRequest,
};
use quarterdeck::place::Place;
use quarterdeck::term::frame::{Frame, Glyphs, Row, Size, Span, Style};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::net::UnixListener;
use tokio::process::Command;
use tokio::sync::watch;

/// 2026-11-20 09:30:00 UTC.
pub(crate) const NOON_MS: u64 = 1_795_167_000_000;

/// A fleet's directory, and what its supervisor says.
pub(crate) struct Fleet {
    _directory: tempfile::TempDir,
    pub place: Place,
    pub runtime: PathBuf,
    pub script: Arc<Script>,
}

/// What the supervisor says, and what it was told.
pub(crate) struct Script {
    pub hello: Mutex<Value>,
    pub agents: Mutex<Vec<Agent>>,
    facts: Mutex<Vec<EventRecord>>,
    /// Everything posted: the path, and the body.
    pub told: Mutex<Vec<(String, Value)>>,
    pub stream_version: Mutex<u32>,
    /// Counts up with each change, so that followers wake.
    changed: watch::Sender<u64>,
    stage: Mutex<Stage>,
}

/// How far the fleet is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Busy,
    Quiescent,
    Gone,
}

/// What one `qd` printed and ended with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Fleet {
    /// A directory with an `agents.toml`, and nobody listening.
    pub(crate) fn silent() -> Fleet {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().canonicalize().expect("a path").join("fleet");
        std::fs::create_dir(&root).expect("a directory");
        std::fs::write(root.join("agents.toml"), "").expect("a file");
        let runtime = directory.path().canonicalize().expect("a path").join("run");
        let place = Place::find_under(&root, None, &runtime).expect("a place");
        place.prepare().expect("directories");
        let script = Arc::new(Script::new(&place));
        Fleet { _directory: directory, place, runtime, script }
    }

    /// A fleet whose supervisor answers.
    pub(crate) async fn up() -> Fleet {
        let fleet = Fleet::silent();
        fleet.listen();
        fleet
    }

    /// Lets its supervisor answer from now on.
    pub(crate) fn listen(&self) {
        let listener = UnixListener::bind(&self.place.control_socket).expect("a socket");
        tokio::spawn(std::future::IntoFuture::into_future(axum::serve(listener, router(Arc::clone(&self.script)))));
    }

    /// `qd` with these words, from the fleet's directory.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qd"));
        command
            .args(words)
            .current_dir(&self.place.root)
            .env("QD_RUNTIME_DIR", &self.runtime)
            .env_remove("QD_CONFIG")
            .env_remove("COLUMNS")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs `qd` to its end.
    pub(crate) async fn qd(&self, words: &[&str]) -> Ran {
        let output = self.command(words).output().await.expect("qd runs");
        self.ran(output)
    }

    pub(crate) fn ran(&self, output: std::process::Output) -> Ran {
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).expect("text").replace(&self.place.root.display().to_string(), "[root]")
        };
        let code = output.status.code().unwrap_or(-1);
        Ran { stdout: text(output.stdout), stderr: text(output.stderr), code }
    }

    /// Runs `qd` to its end, for a snapshot: what was typed, what was printed, and what it ended with.
    pub(crate) async fn session(&self, words: &[&str]) -> String {
        let Ran { stdout, stderr, code } = self.qd(words).await;
        format!("$ qd {}\n{stdout}--- standard error\n{stderr}--- exit {code}\n", words.join(" "))
    }
}

impl Script {
    fn new(place: &Place) -> Script {
        let hello = Hello {
            api_version: API_VERSION,
            qd_version: "0.1.0".into(),
            fleet: "demo".into(),
            config_path: place.config_path.display().to_string(),
            state_directory: place.state_directory.display().to_string(),
            pid: 4711,
            started_ms: NOON_MS,
            newest_seq: 0,
            adoption: Adoption::default(),
            you: None,
            banners: Vec::new(),
            quiescent: false,
        };
        Script {
            hello: Mutex::new(serde_json::to_value(hello).expect("json")),
            agents: Mutex::new(vec![builder(place), linter(place)]),
            facts: Mutex::default(),
            told: Mutex::default(),
            stream_version: Mutex::new(STREAM_VERSION),
            changed: watch::channel(0).0,
            stage: Mutex::new(Stage::Busy),
        }
    }

    /// Records a fact.
    pub(crate) fn fact(&self, kind: &str, agent: &str, run: &str, message: &str, data: Value) {
        let mut facts = self.facts.lock().expect("a lock");
        let seq = facts.len() as u64 + 1;
        let severity = if message.contains("fail") { Severity::Error } else { Severity::Info };
        facts.push(EventRecord {
            seq,
            at_ms: NOON_MS + seq * 1_000,
            kind: kind.into(),
            severity,
            agent: Some(agent.into()),
            run: Some(run.into()),
            message: message.into(),
            data,
        });
        self.changed.send_modify(|count| *count += 1);
    }

    /// Moves the fleet on.
    pub(crate) fn set_stage(&self, stage: Stage) {
        *self.stage.lock().expect("a lock") = stage;
        self.changed.send_modify(|count| *count += 1);
    }

    /// Changes an agent as the supervisor shows it.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Agent)) {
        let mut agents = self.agents.lock().expect("a lock");
        change(agents.iter_mut().find(|agent| agent.name == name).expect("known"));
        drop(agents);
        self.changed.send_modify(|count| *count += 1);
    }

    /// Returns once these keys have reached the agent's terminal.
    pub(crate) async fn until_typed(&self, agent: &str, keys: &str) {
        let mut changed = self.changed.subscribe();
        let typed = changed.wait_for(|_| self.typed(agent) == keys);
        let typed = tokio::time::timeout(std::time::Duration::from_secs(10), typed).await.is_ok();
        assert!(typed, "{:?} was typed, not {keys:?}", self.typed(agent));
    }

    fn typed(&self, agent: &str) -> String {
        let told = self.told.lock().expect("a lock");
        let typed = told.iter().filter(|(what, _)| *what == format!("keys {agent}"));
        typed.map(|(_, keys)| keys.as_str().expect("text")).collect()
    }

    fn seq(&self) -> u64 {
        self.facts.lock().expect("a lock").len() as u64
    }

    fn tell(&self, what: &str, body: Value) {
        self.told.lock().expect("a lock").push((what.into(), body));
        self.changed.send_modify(|count| *count += 1);
    }

    fn agent(&self, name: &str) -> Result<Agent, Box<Response>> {
        let agents = self.agents.lock().expect("a lock");
        agents.iter().find(|agent| agent.name == name).cloned().ok_or_else(|| {
            let what = format!("there is no agent called {name}");
            Box::new(problem(404, "unknown_agent", &what, "the fleet does not know it"))
        })
    }

    fn accepted(&self, agent: &str) -> Response {
        Json(Accepted { agent: Some(agent.into()), seq: self.seq() }).into_response()
    }
}

pub(crate) fn builder(place: &Place) -> Agent {
    Agent {
        name: "builder".into(),
        state: AgentState::Ready,
        status: Status::Working,
        summary: "working".into(),
        detail: Some(String::new()),
        attention: Attention::Working,
        since_ms: quarterdeck::clock::now_ms() - 300_500,
        status_since_ms: NOON_MS,
        health: AgentHealth::Healthy,
        health_reason: None,
        status_source: Some(StatusSource::Output),
        question: None,
        blocked: None,
        task: None,
        error: None,
        run: Some("r1".into()),
        started_ms: Some(NOON_MS),
        pid: Some(1234),
        exit_code: None,
        exit_signal: None,
        reason: None,
        failures: 0,
        config: ConfigState::Current,
        workspace: Some(place.root.join("workspaces/builder").display().to_string()),
        branch: Some("qd/builder".into()),
        capabilities: Vec::new(),
        command: "sh build.sh".into(),
        title: "building".into(),
        last_line: "step 3 of 9".into(),
        last_output_ms: Some(NOON_MS),
        usage: Some(Usage {
            cpu_percent: 12.4,
            cpu_ms: 900,
            memory_bytes: 52_428_800,
            processes: 3,
            sampled_ms: NOON_MS,
        }),
        work: None,
    }
}

fn linter(place: &Place) -> Agent {
    Agent {
        name: "linter".into(),
        state: AgentState::GaveUp,
        status: Status::Stopped,
        summary: "gave up after 5 restarts (exit 3)".into(),
        attention: Attention::Failed,
        run: Some("r2".into()),
        pid: None,
        exit_code: Some(3),
        branch: Some("qd/linter".into()),
        workspace: Some(place.root.join("workspaces/linter").display().to_string()),
        usage: None,
        ..builder(place)
    }
}

fn router(script: Arc<Script>) -> Router {
    Router::new()
        .route(HELLO.path, get(hello))
        .route(HEALTH.path, get(health))
        .route(LIST_AGENTS.path, get(agents).post(spawn))
        .route(GET_AGENT.path, get(agent).patch(patch).delete(remove))
        .route(TYPE_INTO_AGENT.path, post(input))
        .route(AGENT_SCREEN.path, get(screen))
        .route(EXPLAIN_AGENT.path, get(explain))
        .route(EVENTS.path, get(events))
        .route(SHUTDOWN.path, post(shutdown))
        .route(STREAM.path, get(frames))
        .with_state(script)
}

type S = State<Arc<Script>>;

pub(crate) fn problem(status: u16, code: &str, what: &str, why: &str) -> Response {
    let hint = Some("`qd ps` lists the agents".to_owned());
    let problem = Problem { status, code: code.into(), what: what.into(), why: why.into(), hint };
    (StatusCode::from_u16(status).expect("a status"), Json(problem)).into_response()
}

async fn hello(State(script): S) -> Json<Value> {
    let mut hello = script.hello.lock().expect("a lock").clone();
    hello["newest_seq"] = json!(script.seq());
    Json(hello)
}

async fn health() -> Response {
    let check =
        HealthCheck { name: "journal".into(), status: HealthStatus::Unhealthy, detail: "disk full".into(), took_us: 9 };
    let health = Health { status: HealthStatus::Unhealthy, checks: vec![check] };
    (StatusCode::SERVICE_UNAVAILABLE, Json(health)).into_response()
}

async fn agents(State(script): S) -> Json<Vec<Agent>> {
    Json(script.agents.lock().expect("a lock").clone())
}

async fn agent(State(script): S, UrlPath(name): UrlPath<String>) -> Response {
    script.agent(&name).map_or_else(|problem| *problem, |agent| Json(agent).into_response())
}

async fn spawn(State(script): S, Json(request): Json<Value>) -> Response {
    script.tell("spawn", request.clone());
    let name = request["name"].as_str().expect("a name").to_owned();
    script.fact("agent.added", &name, "", "added", json!({}));
    script.fact("agent.started", &name, "r9", "started, pid 7", json!({"pid": 7}));
    (StatusCode::CREATED, script.accepted(&name)).into_response()
}

async fn patch(State(script): S, UrlPath(name): UrlPath<String>, Json(patch): Json<AgentPatch>) -> Response {
    let agent = match script.agent(&name) {
        Ok(agent) => agent,
        Err(problem) => return *problem,
    };
    script.tell(&name, json!(patch.action));
    let live = agent.state == AgentState::Ready;
    let run = agent.run.clone().unwrap_or_default();
    let report = json!({"outcome": "terminated", "report": {"left_on_signal": 3, "killed": 1}});
    match patch.action {
        Action::Stop | Action::Kill | Action::Restart | Action::Pause if !live => {
            return problem(409, "not_running", &format!("cannot do that with {name}"), "it has no live run");
        }
        Action::Resume if agent.status != Status::Paused => {
            return problem(409, "not_paused", &format!("cannot resume {name}"), "it is not paused");
        }
        Action::Start if live => {
            return problem(409, "already_running", &format!("cannot start {name}"), "it has a live run already");
        }
        Action::Start => script.fact("agent.started", &name, "r3", "started, pid 7", json!({"pid": 7})),
        Action::Stop | Action::Kill => script.fact("agent.ended", &name, &run, "ended: SIGTERM", report),
        Action::Restart => {
            script.fact("agent.ended", &name, &run, "ended: SIGTERM", report);
            script.fact("agent.started", &name, "r3", "started, pid 7", json!({"pid": 7}));
        }
        Action::Pause => script.fact("agent.paused", &name, &run, "froze 4 processes", json!({})),
        Action::Resume => script.fact("agent.resumed", &name, &run, "resumed", json!({})),
        Action::Seen | Action::Snooze | Action::Leave => {}
    }
    script.accepted(&name)
}

async fn remove(
    State(script): S,
    UrlPath(name): UrlPath<String>,
    Query(query): Query<std::collections::BTreeMap<String, String>>,
) -> Response {
    script.tell(&format!("remove {name}"), json!(query));
    match script.agent(&name) {
        Ok(agent) if agent.state == AgentState::Ready => {
            problem(409, "still_running", &format!("cannot remove {name}"), "it still has a live run")
        }
        Ok(_) => {
            let workspace = (query["workspace"] == "park").then(|| "its workspace is gone".to_owned());
            Json(Forgotten { agent: name, seq: script.seq(), workspace }).into_response()
        }
        Err(problem) => *problem,
    }
}

async fn input(State(script): S, UrlPath(name): UrlPath<String>, Json(input): Json<Input>) -> Response {
    let bytes = input.text.len() as u64;
    script.tell(&format!("input {name}"), json!(input));
    let why = (input.text == "stuck").then(|| "the text is still there after 3 Enters".to_owned());
    let receipt = match input.text.as_str() {
        "question" if input.answers == Answers::No => {
            return problem(409, "asks", &format!("nothing was typed into `{name}`"), "it asks: May I?");
        }
        "stuck" => Receipt::Unconfirmed,
        _ if input.keys.is_empty() => Receipt::Typed,
        _ => Receipt::Submitted,
    };
    Json(InputAccepted { bytes, receipt, why }).into_response()
}

async fn screen(Query(query): Query<std::collections::BTreeMap<String, String>>) -> Response {
    if query["format"] == "cells" {
        return Json(picture("hello")).into_response();
    }
    let history = if query.contains_key("history") { vec!["older".to_owned()] } else { Vec::new() };
    let lines = ["$ make", "", "ok\u{1b}[31m", "  ", ""].map(str::to_owned).to_vec();
    Json(ScreenText { columns: 80, rows: 24, cursor: (0, 2), title: "building".into(), history, lines }).into_response()
}

async fn explain(UrlPath(agent): UrlPath<String>) -> Json<Explanation> {
    Json(Explanation {
        agent,
        answer: "linter gave up after 5 restarts, for 3 min".into(),
        because: vec!["every run ended with exit 3".into()],
        hints: vec!["qd logs linter".into(), "qd start linter".into()],
        facts: Vec::new(),
    })
}

async fn shutdown(State(script): S, Json(request): Json<ShutdownRequest>) -> Response {
    script.tell("shutdown", json!({"kill": request.kill}));
    let data = json!({"outcome": "terminated", "report": {}});
    script.fact("agent.ended", "builder", "r1", "stopped: SIGTERM", data);
    script.set_stage(Stage::Gone);
    script.accepted("")
}

async fn events(State(script): S, Query(query): Query<EventQuery>) -> Response {
    let (since, live) = (query.since_seq.unwrap_or(0), query.follow == Some(true));
    let find = move |facts: &[EventRecord], since: u64| -> Vec<EventRecord> {
        let matches = |fact: &&EventRecord| {
            fact.seq > since
                && query.agent.as_ref().is_none_or(|agent| fact.agent.as_ref() == Some(agent))
                && query.kind.as_ref().is_none_or(|kind| fact.kind.starts_with(kind.as_str()))
                && query.severity.is_none_or(|least| fact.severity >= least)
        };
        facts.iter().filter(matches).cloned().collect()
    };
    if live {
        return Response::new(Body::from_stream(follow(script, since, find)));
    }
    let facts = script.facts.lock().expect("a lock");
    let newest_seq = facts.len() as u64;
    Json(EventPage { events: find(&facts, since), newest_seq }).into_response()
}

/// Facts as server-sent events, cut into small pieces wherever it hurts.
fn follow(
    script: Arc<Script>,
    since: u64,
    find: impl Fn(&[EventRecord], u64) -> Vec<EventRecord> + Send + 'static,
) -> impl stream::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    struct Follower {
        script: Arc<Script>,
        changed: watch::Receiver<u64>,
        since: u64,
        pieces: std::collections::VecDeque<Bytes>,
        told_quiescent: bool,
    }
    let changed = script.changed.subscribe();
    let pieces = [Bytes::from_static(b": hello\n\n")].into();
    let follower = Follower { script, changed, since, pieces, told_quiescent: false };
    let find = Arc::new(find);
    stream::unfold(follower, move |mut follower| {
        let find = Arc::clone(&find);
        async move {
            loop {
                if let Some(piece) = follower.pieces.pop_front() {
                    return Some((Ok(piece), follower));
                }
                follower.changed.borrow_and_update();
                let stage = *follower.script.stage.lock().expect("a lock");
                let found = find(&follower.script.facts.lock().expect("a lock"), follower.since);
                let quiescent = stage == Stage::Quiescent && !follower.told_quiescent;
                let mut text: String = found.iter().map(sse).collect();
                if quiescent {
                    text.push_str("event: quiescent\ndata: {}\n\n");
                    follower.told_quiescent = true;
                }
                follower.since = found.last().map_or(follower.since, |fact| fact.seq);
                follower.pieces.extend(text.as_bytes().chunks(7).map(Bytes::copy_from_slice));
                if text.is_empty() && stage == Stage::Gone {
                    return None;
                }
                if text.is_empty() && follower.changed.changed().await.is_err() {
                    return None;
                }
            }
        }
    })
}

pub(crate) fn sse(fact: &EventRecord) -> String {
    format!("event: fact\nid: {}\ndata: {}\n\n", fact.seq, serde_json::to_string(fact).expect("json"))
}

/// A picture whose first row says something.
pub(crate) fn picture(text: &str) -> Frame {
    let mut frame = Frame::blank(Size::clamped(20, 3));
    let span = Span { style: Style::default(), glyphs: Glyphs::Narrow, text: text.into(), link: None };
    frame.rows[0] = Arc::new(Row { spans: vec![span], wraps: false });
    frame.seq = 1;
    frame
}

async fn frames(State(script): S, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| view(script, socket))
}

async fn view(script: Arc<Script>, mut socket: WebSocket) {
    let mut changed = script.changed.subscribe();
    let mut watching = false;
    loop {
        let message = tokio::select! {
            message = socket.recv() => message,
            _ = changed.changed(), if watching => {
                changed.borrow_and_update();
                say(&mut socket, &fleet_message(&script)).await;
                continue;
            }
        };
        let Some(Ok(message)) = message else { return };
        let Message::Binary(bytes) = message else { continue };
        let version = *script.stream_version.lock().expect("a lock");
        match postcard::from_bytes(&bytes).expect("a message") {
            FromViewer::Hello { .. } => say(&mut socket, &ToViewer::Hello { version }).await,
            FromViewer::WatchFleet => {
                watching = true;
                say(&mut socket, &fleet_message(&script)).await;
            }
            FromViewer::Watch { agent } => {
                say(&mut socket, &ToViewer::Whole { agent, frame: picture("hello from the agent") }).await;
            }
            FromViewer::Input { agent, bytes } => {
                script.tell(&format!("keys {agent}"), json!(String::from_utf8_lossy(&bytes)));
            }
            FromViewer::Resize { agent, size } => script.tell(&format!("size {agent}"), json!(size)),
            _ => {}
        }
    }
}

fn fleet_message(script: &Script) -> ToViewer {
    let changed = script.agents.lock().expect("a lock").clone();
    ToViewer::Fleet { changed, removed: Vec::new(), banners: Vec::new() }
}

async fn say(socket: &mut WebSocket, message: &ToViewer) {
    let bytes = postcard::to_stdvec(message).expect("a message");
    let _ = socket.send(Message::Binary(bytes.into())).await;
}

/// A run's directory on disk, with its transcript.
pub(crate) fn transcript(place: &Place, run: &str, agent: &str, segments: &[(u64, &str)]) -> PathBuf {
    let directory: PathBuf = place.runs_directory().join(run);
    std::fs::create_dir(&directory).expect("a directory");
    write(&directory.join("agent"), agent);
    segments.iter().for_each(|(offset, text)| write(&directory.join(format!("transcript.{offset}")), text));
    directory
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
}
