//! The fleet to its end, with no screen: a line per fact on standard output, then what came of it, and an exit
//! code. It never asks anything.
//!
//! ```text
//!  ensure ─► follow facts ─► quiescent ──────────► what came of it ─► shutdown ─► 0, or 5 when an agent failed
//!                 ├─ time is over ─► shutdown ───► what came of it ─► 124
//!                 └─ SIGINT, SIGTERM, SIGHUP ► shutdown ► what came of it ► 130, 143;   a second one kills
//! ```
//!
//! The supervisor is one of its own that takes its agents with it when it dies, and ends when this process is killed,
//! so nothing is left whatever happens.

mod card;
pub mod plan;

use crate::api::agents::Agent;
use crate::api::events::{EventQuery, EventRecord, Severity};
use crate::api::system::ShutdownRequest;
use crate::client::ensure::{Lifetime, Verbosity};
use crate::client::{Background, Client, ClientError, Follow, Followed, Joined, ensure};
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::facts::{Ended, JsonLine, line};
use crate::report::failure::Failure;
use crate::report::output::Output;
use card::Card;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How a headless run goes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// When everything is stopped.
    pub timeout: Option<Duration>,
    /// How facts are printed.
    pub format: Format,
    /// What if the fleet runs already.
    pub running: Presence,
    /// How much a supervisor logs that is started.
    pub verbosity: Verbosity,
}

/// How facts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for people each, and a card at the end.
    People,
    /// A line of JSON each, and one for the result.
    JsonLines,
}

/// What happens when the fleet runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// An error: whoever runs it did not expect a run to end it.
    Refused,
    /// It is followed to its end, and its supervisor is left running.
    Joined,
}

/// Why following ended.
enum End {
    Quiescent,
    Stopped(Exit),
    SupervisorGone,
}

/// Runs the fleet of a place to its end.
///
/// # Errors
/// The supervisor could not be started or reached, or the fleet runs already.
pub async fn run(place: &Place, options: Options, out: &mut Output) -> Result<Exit, Failure> {
    let began = Instant::now();
    let mut signals = Signals::listen()?;
    let (client, joined) = ensure(place, &Background::this_program(Lifetime::Headless, options.verbosity)?).await?;
    refuse_running(&client, joined, options.running)?;
    let printer = Printer { format: options.format, reader: Reader::Listens };
    let mut run = Headless { client, options, printer, agents: Vec::new(), endings: BTreeMap::new() };
    let facts = run.client.follow(&run.filters(joined)).await?;
    let end = run.follow(facts, &mut signals, out).await?;
    run.finish(end, place, joined, began, out).await
}

/// A fleet that runs already is somebody's: it is only joined when that was said.
fn refuse_running(client: &Client, joined: Joined, running: Presence) -> Result<(), Failure> {
    if joined == Joined::Started || running == Presence::Joined {
        return Ok(());
    }
    let failure = Failure::new(Exit::Refused, format!("fleet {} runs already", client.hello().fleet));
    Err(failure.hint("`qd run --headless --join` follows it to its end, `qd down` ends it"))
}

struct Headless {
    client: Client,
    options: Options,
    printer: Printer,
    /// Every agent as it was before everything was stopped; none when nothing had to be.
    agents: Vec<Agent>,
    /// How agents ended since, as their last fact says it.
    endings: BTreeMap<String, String>,
}

impl Headless {
    /// Of a supervisor of our own everything since it started; of another's what happens from now on.
    fn filters(&self, joined: Joined) -> EventQuery {
        let hello = self.client.hello();
        let severity = (self.options.format == Format::People).then_some(Severity::Info);
        match joined {
            Joined::Started => EventQuery { since_ms: Some(hello.started_ms), severity, ..EventQuery::default() },
            Joined::Running => EventQuery { since_seq: Some(hello.newest_seq), severity, ..EventQuery::default() },
        }
    }

    async fn follow(&mut self, mut facts: Follow, signals: &mut Signals, out: &mut Output) -> Result<End, Failure> {
        let timeout = sleep_for(self.options.timeout);
        tokio::pin!(timeout);
        let exit = loop {
            tokio::select! {
                heard = facts.next() => match heard? {
                    Some(Followed::Fact(fact)) => self.printer.fact(&fact, out)?,
                    Some(Followed::Quiescent) => return Ok(End::Quiescent),
                    Some(Followed::Lagged(_)) => {}
                    None => return Ok(End::SupervisorGone),
                },
                () = &mut timeout => break Exit::TimedOut,
                exit = signals.next() => break exit,
            }
        };
        self.stop(facts, signals, out).await?;
        Ok(End::Stopped(exit))
    }

    /// Ends everything and prints facts until the supervisor has gone with it. A signal meanwhile kills.
    async fn stop(&mut self, mut facts: Follow, signals: &mut Signals, out: &mut Output) -> Result<(), Failure> {
        self.agents = self.client.agents().await?;
        self.client.shutdown(ShutdownRequest { kill: false }).await?;
        loop {
            tokio::select! {
                heard = facts.next() => match heard? {
                    Some(Followed::Fact(fact)) => {
                        self.printer.fact(&fact, out)?;
                        if let (Some(agent), Some(_)) = (&fact.agent, Ended::of(&fact)) {
                            self.endings.insert(agent.clone(), fact.message.clone());
                        }
                    }
                    Some(_) => {}
                    None => break,
                },
                _ = signals.next() => { self.client.shutdown(ShutdownRequest { kill: true }).await?; }
            }
        }
        self.client.gone().await;
        Ok(())
    }

    async fn finish(
        mut self,
        end: End,
        place: &Place,
        joined: Joined,
        began: Instant,
        out: &mut Output,
    ) -> Result<Exit, Failure> {
        let exit = match end {
            End::Quiescent => {
                self.agents = self.client.agents_and_their_work().await?;
                outcome(&self.agents)
            }
            End::Stopped(exit) => exit,
            End::SupervisorGone => {
                return Err(Failure::new(Exit::Failed, "the supervisor ended before the fleet did")
                    .hint("its log is in .quarterdeck; `qd logs NAME` prints what an agent wrote"));
            }
        };
        let card = Card {
            fleet: &self.client.hello().fleet,
            root: &place.root,
            agents: &self.agents,
            endings: &self.endings,
            exit,
            took: began.elapsed(),
        };
        self.printer.told(card.lines(), &card.json(), out)?;
        if matches!(end, End::Quiescent) && joined == Joined::Started {
            end_supervisor(&self.client).await?;
        }
        Ok(exit)
    }
}

/// 0 when every agent that ran has completed.
fn outcome(agents: &[Agent]) -> Exit {
    use crate::api::agents::AgentState::{Completed, Off};
    let well = agents.iter().all(|agent| matches!(agent.state, Completed | Off));
    if well { Exit::Ok } else { Exit::AgentFailed }
}

/// Ends a supervisor that has nothing left to do, and returns when it has gone.
async fn end_supervisor(client: &Client) -> Result<(), Failure> {
    let newest = EventQuery { since_seq: Some(client.hello().newest_seq), ..EventQuery::default() };
    let mut facts = client.follow(&newest).await?;
    match client.shutdown(ShutdownRequest { kill: false }).await {
        // It may be gone before its answer is.
        Ok(_) | Err(ClientError::Broken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    while facts.next().await?.is_some() {}
    client.gone().await;
    Ok(())
}

/// Prints facts. When nobody reads any more the fleet goes on to its end all the same: a closed pipe, or a terminal
/// that was hung up (EIO), is no reason to leave agents behind, to stop them half-way, or to write no report.
struct Printer {
    format: Format,
    reader: Reader,
}

/// Whoever reads what we print.
#[derive(PartialEq, Eq)]
enum Reader {
    Listens,
    WentAway,
}

impl Printer {
    fn fact(&mut self, fact: &EventRecord, out: &mut Output) -> io::Result<()> {
        if self.reader == Reader::WentAway {
            return Ok(());
        }
        let printed = match self.format {
            Format::People => out.line(line(fact, out.colors())),
            Format::JsonLines => out.json_line(&JsonLine::of(fact)),
        };
        self.forgive(printed)
    }

    /// What came of it: as lines, or as one value.
    fn told(&mut self, lines: Vec<String>, value: &serde_json::Value, out: &mut Output) -> io::Result<()> {
        let printed = match self.format {
            Format::People => lines.iter().try_for_each(|line| out.line(line)),
            Format::JsonLines => out.json_line(value),
        };
        self.forgive(printed)
    }

    fn forgive(&mut self, printed: io::Result<()>) -> io::Result<()> {
        match printed {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(nix::libc::EIO) => {
                self.reader = Reader::WentAway;
                Ok(())
            }
            printed => printed,
        }
    }
}

/// The signals that end us.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// None where it is ignored (`nohup`): then it stays so.
    hang_up: Option<Signal>,
}

impl Signals {
    fn listen() -> Result<Signals, Failure> {
        let listen =
            |kind| signal(kind).map_err(|error| Failure::new(Exit::Failed, "cannot listen for signals").because(error));
        let hang_up = (!ignores_hang_up()).then(|| listen(SignalKind::hangup())).transpose()?;
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Signals { interrupt, terminate, hang_up })
    }

    /// The next one, as the exit code that goes with it.
    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            Some(_) = heard(&mut self.hang_up) => Exit::of_signal(SignalKind::hangup().as_raw_value()),
        }
    }
}

async fn heard(signal: &mut Option<Signal>) -> Option<()> {
    match signal {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
    }
}

/// Whether whoever started us wants us to outlive the terminal (proc(5), `SigIgn`; signal 1 is its lowest bit).
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Comes due after a span, or never.
async fn sleep_for(span: Option<Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => std::future::pending().await,
    }
}
