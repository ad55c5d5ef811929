//! `qd attach`: an agent's terminal in the user's own. Keys go through as they are; pictures come as they change.

pub mod painter;
pub mod terminal;

use super::Context;
use super::names::is_going;
use crate::api::agents::Agent;
use crate::api::stream::{FromViewer, ToViewer};
use crate::client::{ClientError, Viewer};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::term::frame::{Frame, FrameUpdate, Size};
use clap::Args;
use painter::{Rows, paint, paint_status};
use std::io::IsTerminal;
use terminal::Terminal;
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The byte of the one chord that never reaches the agent: Ctrl-], as in telnet(1).
const LEAVE: u8 = 0x1d;

/// Bytes of keys taken at a time.
const KEYS_BYTES: usize = 64 * 1024;

/// What `qd attach` takes.
#[derive(Args, Debug)]
pub struct Attach {
    /// The agent
    name: String,
}

/// What is shown of one agent.
struct Attached {
    name: String,
    terminal: Terminal,
    viewer: Viewer,
    frame: Option<Frame>,
}

/// Why we left.
enum Left {
    Chord,
    Ended(String),
    Signalled,
}

impl Attach {
    /// Does it.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        if !context.out.is_terminal() || !std::io::stdin().is_terminal() {
            let failure = Failure::new(Exit::Usage, "attach needs a terminal");
            return Err(failure.hint(format!("`qd screen {0}` prints it, `qd send {0}` types into it", self.name)));
        }
        let client = context.client().await?;
        client.agent(&self.name).await?;
        let viewer = Viewer::open(client.place()).await?;
        let terminal =
            Terminal::enter().map_err(|error| Failure::new(Exit::Failed, "cannot use the terminal").because(error))?;
        let mut attached = Attached { name: self.name, terminal, viewer, frame: None };
        let left = attached.show().await;
        let name = attached.name.clone();
        drop(attached);
        match left? {
            Left::Chord => context.out.line(format!("left {name}; it goes on"))?,
            Left::Ended(how) => context.out.line(format!("{name} has ended: {how}"))?,
            Left::Signalled => return Ok(Exit::Terminated),
        }
        Ok(Exit::Ok)
    }
}

impl Attached {
    async fn show(&mut self) -> Result<Left, Failure> {
        let mut resized = listen(SignalKind::window_change())?;
        let mut terminated = listen(SignalKind::terminate())?;
        let mut hung_up = listen(SignalKind::hangup())?;
        let mut keys = tokio::io::stdin();
        let mut typed = vec![0; KEYS_BYTES];
        let agent = self.name.clone();
        self.viewer.keys.send(&FromViewer::Watch { agent }).await?;
        self.viewer.keys.send(&FromViewer::WatchFleet).await?;
        self.resize().await?;
        loop {
            tokio::select! {
                message = self.viewer.pictures.next() => match message? {
                    None => return Err(supervisor_ended()),
                    Some(message) => if let Some(left) = self.hear(message).await? { return Ok(left) },
                },
                count = keys.read(&mut typed) => {
                    let bytes = &typed[..count?];
                    let kept = bytes.iter().position(|byte| *byte == LEAVE).unwrap_or(bytes.len());
                    if kept > 0 {
                        let (agent, bytes) = (self.name.clone(), bytes[..kept].to_vec());
                        self.viewer.keys.send(&FromViewer::Input { agent, bytes }).await?;
                    }
                    if kept < bytes.len() || bytes.is_empty() {
                        return Ok(Left::Chord);
                    }
                }
                _ = resized.recv() => self.resize().await?,
                _ = terminated.recv() => return Ok(Left::Signalled),
                _ = hung_up.recv() => return Ok(Left::Signalled),
            }
        }
    }

    async fn hear(&mut self, message: ToViewer) -> Result<Option<Left>, Failure> {
        match message {
            ToViewer::Whole { agent, frame } if agent == self.name => {
                self.frame = Some(frame);
                self.repaint(Rows::All).await?;
            }
            ToViewer::Update { agent, update } if agent == self.name => self.update(update).await?,
            ToViewer::Refused { agent, why } if agent == self.name => self.status(&why)?,
            ToViewer::Fleet { changed, .. } => {
                let ended = |agent: &&Agent| agent.name == self.name && !is_going(agent);
                return Ok(changed.iter().find(ended).map(|agent| Left::Ended(agent.summary.clone())));
            }
            _ => {}
        }
        Ok(None)
    }

    async fn update(&mut self, update: FrameUpdate) -> Result<(), Failure> {
        let Some(frame) = &mut self.frame else { return Ok(()) };
        let resized = frame.size != update.size;
        let changed: Vec<u16> = update.rows.iter().map(|(index, _)| *index).collect();
        frame.apply(update);
        self.repaint(if resized { Rows::All } else { Rows::Only(&changed) }).await
    }

    async fn repaint(&mut self, rows: Rows<'_>) -> Result<(), Failure> {
        let Some(frame) = &self.frame else { return Ok(()) };
        self.terminal.write(&paint(frame, rows, self.terminal.room()))?;
        if rows == Rows::All {
            self.status("")?;
        }
        let (agent, seq) = (self.name.clone(), frame.seq);
        Ok(self.viewer.keys.send(&FromViewer::Drawn { agent, seq }).await?)
    }

    async fn resize(&mut self) -> Result<(), Failure> {
        let (agent, size): (String, Size) = (self.name.clone(), self.terminal.room());
        self.viewer.keys.send(&FromViewer::Resize { agent, size }).await?;
        self.repaint(Rows::All).await?;
        self.status("")
    }

    fn status(&self, note: &str) -> Result<(), Failure> {
        let text = format!(" Keys → {}   Ctrl-] leaves   {}", self.name, crate::report::output::clean(note));
        Ok(self.terminal.write(&paint_status(&text, self.terminal.room()))?)
    }
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::new(Exit::Failed, "cannot listen for signals").because(error))
}

fn supervisor_ended() -> Failure {
    let ended = ClientError::broken("the frame stream", "the supervisor ended");
    Failure::from(ended)
}
