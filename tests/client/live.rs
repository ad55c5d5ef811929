//! What a viewer sees of a real fleet: a real supervisor, real keepers, real programs.

use crate::fleet::Fleet;
use quarterdeck::api::agents::{Action, Agent, AgentState, Status};
use quarterdeck::api::stream::{FromViewer, ToViewer};
use quarterdeck::client::{Client, Viewer};
use quarterdeck::term::frame::{Frame, Size};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long anything may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// A fleet with a real supervisor; everything of it is killed when this goes.
struct Live {
    fleet: Fleet,
}

impl Live {
    async fn up(agents: &str) -> Live {
        let fleet = Fleet::silent();
        std::fs::write(&fleet.place.config_path, agents).expect("a file");
        let live = Live { fleet };
        live.qd(&["up"]).await;
        live
    }

    async fn qd(&self, words: &[&str]) {
        let ran = self.fleet.qd(words).await;
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.stderr);
    }

    async fn client(&self) -> Client {
        Client::connect(&self.fleet.place).await.expect("a client")
    }

    async fn eye(&self) -> Eye {
        let mut viewer = Viewer::open(&self.fleet.place).await.expect("a stream");
        viewer.keys.send(&FromViewer::WatchFleet).await.expect("said");
        Eye { viewer, agents: BTreeMap::new(), frames: BTreeMap::new(), history: None }
    }

    /// `kill -9` of the supervisor, and another one in its place.
    async fn revive(&self) {
        let pid = self.client().await.hello().pid;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid as i32), nix::sys::signal::Signal::SIGKILL)
            .expect("killed");
        self.qd(&["up"]).await;
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let qd = std::process::Command::new(env!("CARGO_BIN_EXE_qd"))
            .args(["down", "--kill"])
            .current_dir(&self.fleet.place.root)
            .env("QD_RUNTIME_DIR", &self.fleet.runtime)
            .output();
        drop(qd);
    }
}

/// What a viewer has seen so far.
struct Eye {
    viewer: Viewer,
    agents: BTreeMap<String, Agent>,
    frames: BTreeMap<String, Frame>,
    history: Option<Vec<String>>,
}

impl Eye {
    async fn say(&mut self, message: FromViewer) {
        self.viewer.keys.send(&message).await.expect("said");
    }

    async fn watch(&mut self, agent: &str) {
        self.say(FromViewer::Watch { agent: agent.to_owned() }).await;
    }

    /// Takes in what is said until something holds.
    async fn until(&mut self, holds: impl Fn(&Eye) -> bool) {
        let waited = async {
            while !holds(self) {
                let message = self.viewer.pictures.next().await.expect("sense").expect("a supervisor");
                self.take(message).await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, waited).await;
        let frames: Vec<(&String, String)> =
            self.frames.iter().map(|(name, frame)| (name, frame.text().trim_end().to_owned())).collect();
        assert!(seen.is_ok(), "not within {PATIENCE:?}; frames: {frames:?}; agents: {:?}", self.agents);
    }

    async fn take(&mut self, message: ToViewer) {
        match message {
            ToViewer::Fleet { changed, .. } => {
                self.agents.extend(changed.into_iter().map(|agent| (agent.name.clone(), agent)));
            }
            ToViewer::Whole { agent, frame } => self.drawn(agent, frame).await,
            ToViewer::Update { agent, update } => {
                let mut frame = self.frames.remove(&agent).expect("a picture before its update");
                frame.apply(update);
                self.drawn(agent, frame).await;
            }
            ToViewer::History { rows, .. } => self.history = Some(rows.iter().map(|row| row.text()).collect()),
            ToViewer::Hello { .. } | ToViewer::Refused { .. } => {}
        }
    }

    async fn drawn(&mut self, agent: String, frame: Frame) {
        self.say(FromViewer::Drawn { agent: agent.clone(), seq: frame.seq }).await;
        self.frames.insert(agent, frame);
    }

    fn shows(&self, agent: &str, text: &str) -> bool {
        self.frames.get(agent).is_some_and(|frame| frame.text().contains(text))
    }

    fn agent(&self, name: &str, holds: impl Fn(&Agent) -> bool) -> bool {
        self.agents.get(name).is_some_and(holds)
    }
}

/// Whoever looks before anything is there sees it when it comes, run after run, and at the size they look at.
#[tokio::test(flavor = "multi_thread")]
async fn who_looks_before_a_run_begins_sees_it_at_their_size() {
    let live =
        Live::up("[agents.late]\nshell = \"stty size; exec sleep 1000\"\nworkspace = \"shared\"\nautostart = false\n")
            .await;
    let mut eye = live.eye().await;
    eye.watch("late").await;
    eye.say(FromViewer::Resize { agent: "late".to_owned(), size: Size { columns: 71, rows: 19 } }).await;
    eye.until(|eye| eye.frames.contains_key("late")).await;
    let client = live.client().await;
    client.act("late", Action::Start).await.expect("started");
    eye.until(|eye| eye.shows("late", "19 71")).await;
    eye.until(|eye| eye.agent("late", |agent| agent.last_line == "19 71" && agent.status == Status::Working)).await;
    eye.say(FromViewer::Resize { agent: "late".to_owned(), size: Size { columns: 62, rows: 17 } }).await;
    eye.until(|eye| eye.frames["late"].size.columns == 62).await;
    client.act("late", Action::Restart).await.expect("restarted");
    eye.until(|eye| eye.shows("late", "17 62")).await;
}

/// What a run showed last stays to be seen, under the next supervisor too.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_screen_and_line_of_an_ended_run_outlive_the_supervisor() {
    let live = Live::up(concat!(
        "[agents.done]\nshell = \"echo first; echo last words\"\nworkspace = \"shared\"\nrestart = \"never\"\n",
        "[agents.quiet]\nshell = \"echo long ago; exec sleep 1000\"\nworkspace = \"shared\"\n",
    ))
    .await;
    for round in ["the first supervisor", "the next one"] {
        let mut eye = live.eye().await;
        eye.watch("done").await;
        eye.until(|eye| eye.agent("done", |agent| agent.state == AgentState::Completed)).await;
        eye.until(|eye| eye.agent("done", |agent| agent.last_line == "last words")).await;
        eye.until(|eye| eye.shows("done", "first\nlast words")).await;
        eye.until(|eye| eye.agent("quiet", |agent| agent.last_line == "long ago")).await;
        let screen = live.client().await.screen_text("done", None).await;
        assert_eq!(screen.expect(round).lines[..2], ["first", "last words"]);
        if round == "the first supervisor" {
            live.revive().await;
        } else {
            assert!(eye.agent("quiet", |agent| agent.status == Status::Idle), "what is read again is no activity");
        }
    }
}

/// More lines than are held in memory: the transcript's, those held and the screen's follow each other exactly.
#[tokio::test(flavor = "multi_thread")]
async fn history_has_every_line_once() {
    let live = Live::up(
        "[agents.counter]\nshell = \"seq -f 'line %g' 1 6000; echo over; exec sleep 1000\"\nworkspace = \"shared\"\n",
    )
    .await;
    let mut eye = live.eye().await;
    eye.watch("counter").await;
    eye.until(|eye| eye.shows("counter", "over")).await;
    for lines in [10_000, 50] {
        eye.history = None;
        eye.say(FromViewer::History { agent: "counter".to_owned(), lines }).await;
        eye.until(|eye| eye.history.is_some()).await;
        let mut seen = eye.history.take().expect("lines");
        seen.retain(|line| !line.is_empty());
        assert_eq!(seen.pop().as_deref(), Some("over"));
        let first = 6_001 - seen.len();
        let expected: Vec<String> = (first..=6_000).map(|number| format!("line {number}")).collect();
        assert_eq!(seen, expected);
        assert!(if lines == 50 { (50..=120).contains(&seen.len()) } else { first == 1 }, "{} lines", seen.len());
    }
}

/// Output that never pauses takes no worker for itself: whoever asks is answered, and whoever looks sees.
#[tokio::test(flavor = "multi_thread")]
async fn agents_that_flood_keep_nobody_waiting() {
    let floods = (1..=4).map(|number| {
        format!("[agents.flood-{number}]\nshell = \"while :; do seq 1 100000; done\"\nworkspace = \"shared\"\n")
    });
    let agents = floods.collect::<String>() + "[agents.calm]\nshell = \"exec cat\"\nworkspace = \"shared\"\n";
    let live = Live::up(&agents).await;
    let mut eye = live.eye().await;
    for number in 1..=4 {
        let flood = format!("flood-{number}");
        eye.watch(&flood).await;
        eye.until(|eye| eye.shows(&flood, "\n")).await;
    }
    eye.watch("calm").await;
    eye.until(|eye| eye.agent("calm", |agent| agent.pid.is_some())).await;
    let client = live.client().await;
    for round in 0..5 {
        eye.say(FromViewer::Input { agent: "calm".to_owned(), bytes: format!("round {round}\r").into_bytes() }).await;
        eye.until(|eye| eye.shows("calm", &format!("round {round}"))).await;
        client.agents().await.expect("an answer");
    }
}

/// A key waits behind a text that is being typed; the viewer who pressed it does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_a_busy_agent_holds_up_no_picture_and_no_other_key() {
    // It shows nothing of what it reads, so that the text waits for its Enter and keeps the keyboard for ten seconds.
    let deaf =
        "stty raw -echo; printf up; dd bs=1 count=1 of=/dev/null 2>/dev/null; printf ' reads'; exec cat >/dev/null";
    let live = Live::up(&format!(
        "[agents.deaf]\nshell = \"{deaf}\"\nworkspace = \"shared\"\n\
         [agents.other]\nshell = \"printf 'come in '; exec cat\"\nworkspace = \"shared\"\n"
    ))
    .await;
    let mut eye = live.eye().await;
    eye.watch("deaf").await;
    eye.until(|eye| eye.shows("deaf", "up")).await;
    let mut send = live.fleet.command(&["send", "deaf", "a long text", "--key", "enter"]).spawn().expect("qd runs");
    eye.until(|eye| eye.shows("deaf", "reads")).await;
    eye.say(FromViewer::Input { agent: "deaf".to_owned(), bytes: b"k".to_vec() }).await;
    eye.watch("other").await;
    eye.until(|eye| eye.shows("other", "come in")).await;
    eye.say(FromViewer::Input { agent: "other".to_owned(), bytes: b"hello".to_vec() }).await;
    eye.until(|eye| eye.shows("other", "hello")).await;
    assert!(send.try_wait().expect("a state").is_none(), "the text still keeps the keyboard of the first");
}
