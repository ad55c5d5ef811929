//! Runs the fleet to its end without a screen: it prints one line per fact on standard output, then the result, and
//! ends with an exit code. It never asks anything.
//!
//! ```text
//!  ensure ─► follow facts ─► quiescent ──────────► result printed  ─► shutdown ─► 0, or 5 when an agent failed
//!                 ├─ time passed ──► shutdown ───► result printed  ─► 124
//!                 └─ SIGINT, SIGTERM, SIGHUP ► shutdown ► result printed  ► 130, 143;   a second one kills
//! ```
//!
//! The run starts a supervisor of its own, which ends its agents when it dies, and which ends when this process is
//! killed. So no process remains, whatever happens.

mod card;
pub mod plan;

use crate::api::agents::Agent;
use crate::api::events::{EventQuery, EventRecord, Severity};
use crate::api::system::ShutdownRequest;
use crate::client::ensure::{Lifetime, Verbosity};
use crate::client::{Background, Client, ClientError, Follow, Followed, Joined, ensure};
use crate::place::Place;
use crate::report::exit::Exit;
use crate::report::facts::{JsonLine, line};
use crate::report::failure::Failure;
use crate::report::output::Output;
use card::Card;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The options of a headless run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time after which everything is stopped; none means no limit.
    pub timeout: Option<Duration>,
    /// The format in which facts are printed.
    pub format: Format,
    /// What to do if the fleet runs already.
    pub running: Presence,
    /// How much a supervisor logs that this run starts.
    pub verbosity: Verbosity,
}

/// The formats in which facts are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line of text per fact, and a card with the result at the end.
    People,
    /// One line of JSON per fact, and one line for the result.
    JsonLines,
}

/// What a headless run does if the fleet runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The run is refused: the person who started the fleet does not expect that a headless run ends it.
    Refused,
    /// The running fleet is followed to its end, and its supervisor still runs afterwards.
    Joined,
}

/// The reasons why following the facts ended.
enum End {
    Quiescent,
    Stopped(Exit),
    SupervisorGone,
}

/// Runs the fleet of a place to its end.
///
/// # Errors
/// An error is returned if the supervisor could not be started or reached, or if the fleet runs already.
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

/// Refuses a fleet that runs already, unless joining it was requested: someone else started it.
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
    /// Every agent as it was before everything was stopped; empty when nothing had to be stopped.
    agents: Vec<Agent>,
    /// How agents ended since then, in the words of their last fact.
    endings: BTreeMap<String, String>,
}

impl Headless {
    /// Returns the filters for facts: of our own supervisor, all facts since it started; of a supervisor that ran
    /// before, new facts only.
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

    /// Ends everything and prints facts until the supervisor has ended. A signal during this kills the agents.
    async fn stop(&mut self, mut facts: Follow, signals: &mut Signals, out: &mut Output) -> Result<(), Failure> {
        self.agents = self.client.agents().await?;
        self.client.shutdown(ShutdownRequest { kill: false }).await?;
        loop {
            tokio::select! {
                heard = facts.next() => match heard? {
                    Some(Followed::Fact(fact)) => {
                        self.printer.fact(&fact, out)?;
                        if let (Some(agent), Some(_)) = (&fact.agent, fact.ended()) {
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

/// Returns the exit code, which is 0 when every agent that ran has completed.
fn outcome(agents: &[Agent]) -> Exit {
    use crate::api::agents::AgentState::{Completed, Off};
    let well = agents.iter().all(|agent| matches!(agent.state, Completed | Off));
    if well { Exit::Ok } else { Exit::AgentFailed }
}

/// Ends a supervisor that has nothing more to do, and returns when it is gone.
async fn end_supervisor(client: &Client) -> Result<(), Failure> {
    let newest = EventQuery { since_seq: Some(client.hello().newest_seq), ..EventQuery::default() };
    let mut facts = client.follow(&newest).await?;
    match client.shutdown(ShutdownRequest { kill: false }).await {
        // The supervisor may be gone before its answer arrives.
        Ok(_) | Err(ClientError::Broken { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    while facts.next().await?.is_some() {}
    client.gone().await;
    Ok(())
}

/// A printer of facts. When nobody reads its output any more (a closed pipe, or EIO from a terminal that was hung up),
/// the fleet still runs to its end and the report is written.
struct Printer {
    format: Format,
    reader: Reader,
}

/// Whether someone reads the printed output.
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

    /// Prints the result of the run, as lines or as one JSON value.
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

/// The signals that end this process.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// The hang-up signal; none if it is ignored (`nohup`), so that it stays ignored.
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

    /// Waits for the next signal and returns its exit code.
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

/// Whether the hang-up signal was ignored when this process started, so that it should outlive the terminal (proc(5),
/// `SigIgn`; signal 1 is its lowest bit).
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Waits for a span of time, or forever without one.
async fn sleep_for(span: Option<Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => std::future::pending().await,
    }
}
