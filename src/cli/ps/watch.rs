//! `qd ps --watch`: draws the table again when the supervisor reports a change, or when a displayed age changes.
//! Nothing is polled.

use super::table::{self, Columns, Sort};
use crate::api::agents::Agent;
use crate::api::stream::{FromViewer, ToViewer};
use crate::cli::Context;
use crate::cli::dashboard::can_be_drawn_on;
use crate::cli::names::Names;
use crate::client::{Client, Viewer};
use crate::clock::now_ms;
use crate::report::color::Colors;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::{Tone, painted, table as lines_of};
use crate::tui::age;
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, size};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The choice of agents, their order, and the columns to show.
pub(super) struct Shown {
    pub(super) names: Names,
    pub(super) columns: Columns,
    pub(super) sort: Sort,
}

/// Shows the table until a signal or the end of the supervisor. The last table remains on the terminal.
pub(super) async fn run(context: &mut Context, client: &Client, shown: Shown) -> Result<Exit, Failure> {
    if !context.out.is_terminal() {
        let failure = Failure::new(Exit::Usage, "--watch needs a terminal");
        return Err(failure.hint("`qd events --follow` tells programs what happens, `qd wait` waits for a state"));
    }
    can_be_drawn_on(std::env::var("TERM").ok().as_deref())?;
    // An unknown name is refused before the terminal is used.
    shown.names.choose(client.agents().await?, |_| true)?;
    let mut viewer = Viewer::open(client.place()).await?;
    viewer.keys.send(&FromViewer::WatchFleet).await?;
    let mut known = Known { shown, agents: BTreeMap::new(), order: Vec::new(), banners: Vec::new() };
    let terminal = Taken::take()?;
    let ended = follow(&mut viewer, &mut known, context.out.colors(), &terminal).await;
    drop(terminal);
    known.lines(context.out.colors()).iter().try_for_each(|line| context.out.line(line))?;
    ended
}

/// Draws the table at every change until it must end, and returns the exit code.
async fn follow(viewer: &mut Viewer, known: &mut Known, colors: Colors, terminal: &Taken) -> Result<Exit, Failure> {
    let [mut interrupt, mut terminate, mut hang_up, mut resized, mut suspend] = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::window_change(),
        SignalKind::from_raw(libc::SIGTSTP),
    ]
    .map(signal);
    let mut drawn = Vec::new();
    loop {
        tokio::select! {
            biased;
            _ = heard(&mut interrupt) => return Ok(Exit::Interrupted),
            _ = heard(&mut terminate) => return Ok(Exit::Terminated),
            _ = heard(&mut hang_up) => return Ok(Exit::Terminated),
            _ = heard(&mut suspend) => {
                terminal.lend()?;
                drawn.clear();
            }
            _ = heard(&mut resized) => drawn.clear(),
            said = viewer.pictures.next() => match said? {
                Some(ToViewer::Fleet { changed, removed, banners }) => known.apply(changed, &removed, banners),
                Some(_) => continue,
                None => {
                    let ended = Failure::new(Exit::NotRunning, "the supervisor ended");
                    return Err(ended.hint("`qd up` starts a new one, which adopts the agents that still run"));
                }
            },
            () = tokio::time::sleep(known.next_change()) => {}
        }
        let lines = known.lines(colors);
        if lines != drawn {
            draw(&lines)?;
            drawn = lines;
        }
    }
}

/// Waits for a signal; waits forever where signals cannot be received.
async fn heard(signal: &mut io::Result<tokio::signal::unix::Signal>) {
    match signal {
        Ok(signal) => _ = signal.recv().await,
        Err(_) => std::future::pending().await,
    }
}

/// The state of the fleet as far as it was received.
struct Known {
    shown: Shown,
    agents: BTreeMap<String, Agent>,
    /// Names of the agents in the order in which they became known; chosen agents follow this order.
    order: Vec<String>,
    banners: Vec<String>,
}

impl Known {
    fn apply(&mut self, changed: Vec<Agent>, removed: &[String], banners: Vec<String>) {
        for agent in changed {
            if self.agents.insert(agent.name.clone(), agent.clone()).is_none() {
                self.order.push(agent.name);
            }
        }
        for name in removed {
            self.agents.remove(name);
        }
        self.order.retain(|name| self.agents.contains_key(name));
        self.banners = banners;
    }

    /// Returns the chosen agents; an agent that was named and is gone is omitted.
    fn chosen(&self) -> Vec<Agent> {
        let all = self.order.iter().filter_map(|name| self.agents.get(name)).cloned().collect();
        let mut chosen = self.shown.names.choose(all, |_| true).unwrap_or_default();
        self.shown.sort.apply(&mut chosen);
        chosen
    }

    /// Returns how long it takes until a displayed age changes.
    fn next_change(&self) -> Duration {
        let now_ms = now_ms();
        let next = self.chosen().iter().map(|agent| age::changes_ms(table::since_ms(agent), now_ms)).min();
        next.map_or(Duration::MAX, |at_ms| Duration::from_millis(at_ms.saturating_sub(now_ms)))
    }

    /// Returns the lines to draw, as many as fit on the terminal.
    fn lines(&self, colors: Colors) -> Vec<String> {
        let (columns, rows) = size().unwrap_or((80, 24));
        let warnings = self.banners.iter().map(|banner| painted(&format!("warning: {banner}"), Tone::Warning, colors));
        let rows_of_agents = table::rows(&self.chosen(), self.shown.columns, now_ms());
        let lines = warnings.chain(lines_of(&rows_of_agents, colors, Some(columns.into()))).collect();
        fitted(lines, rows.into())
    }
}

/// Returns as many lines as there are rows; the last line counts the lines that do not fit.
fn fitted(mut lines: Vec<String>, rows: usize) -> Vec<String> {
    if lines.len() > rows && rows > 0 {
        let hidden = lines.len() - (rows - 1);
        lines.truncate(rows - 1);
        lines.push(format!("… {hidden} more"));
    }
    lines
}

/// Draws over the previous table, line by line, so that nothing flickers.
fn draw(lines: &[String]) -> io::Result<()> {
    let text: Vec<String> = lines.iter().map(|line| format!("{line}\x1b[K")).collect();
    let mut out = io::stdout().lock();
    execute!(out, crossterm::terminal::BeginSynchronizedUpdate, MoveTo(0, 0))?;
    write!(out, "{}\x1b[J", text.join("\r\n"))?;
    execute!(out, crossterm::terminal::EndSynchronizedUpdate)
}

/// The terminal while it shows the table: on its alternate screen, without a cursor and without an echo of typed keys.
struct Taken {
    before: Option<Termios>,
}

impl Taken {
    fn take() -> io::Result<Taken> {
        let taken = Taken { before: tcgetattr(io::stdin()).ok() };
        taken.enter()?;
        Ok(taken)
    }

    fn enter(&self) -> io::Result<()> {
        if let Some(before) = &self.before {
            let mut silent = before.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
        }
        execute!(io::stdout(), EnterAlternateScreen, Hide)
    }

    /// Restores the terminal. An error here is ignored, since nothing more can be done about it.
    fn give_back(&self) {
        let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }

    /// Gives the terminal to the shell and stops this process, until the shell lets it continue.
    fn lend(&self) -> io::Result<()> {
        self.give_back();
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP)?;
        self.enter()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn what_has_no_room_is_counted() {
        let lines = |count: usize| (1..=count).map(|number| number.to_string()).collect::<Vec<String>>();
        assert_eq!(fitted(lines(3), 3), ["1", "2", "3"]);
        assert_eq!(fitted(lines(5), 3), ["1", "2", "… 3 more"]);
        assert_eq!(fitted(lines(2), 0), ["1", "2"]);
    }
}
