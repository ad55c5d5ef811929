//! `qd` without a subcommand: opens the dashboard; if standard output is not a terminal, runs the fleet to its end.

use super::Context;
use super::carrier::carry;
use super::run::Run;
use crate::client::{Background, Client, Joined, ensure};
use crate::place::Place;
use crate::regular;
use crate::report::color::When;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::tui::ground::Surroundings;
use crate::tui::{self, Mode, Options, Outcome};
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait for the delivery of input that was typed just before leaving.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Runs `qd` without a subcommand and returns its exit code.
pub async fn run(context: &mut Context) -> Result<Exit, Failure> {
    if !context.out.is_terminal() {
        return Run::headless_by_default().run(context).await;
    }
    can_be_drawn_on(std::env::var("TERM").ok().as_deref())?;
    let background = context.background()?;
    let (client, joined) = ensure(&context.place_said()?, &background).await?;
    let fleet = client.hello().fleet.clone();
    if joined == Joined::Started {
        context.out.line(format!("fleet {fleet} is up{}", super::up::adoption(client.hello())))?;
    }
    match show(client, background, Mode::Dashboard).await? {
        Outcome::FleetStopped => context.out.line(format!("fleet {fleet} is down"))?,
        Outcome::Signalled { signal } => return Ok(Exit::of_signal(signal)),
        Outcome::LinkClosed => return Err(link_closed()),
        Outcome::Left | Outcome::AgentEnded { .. } | Outcome::NoSuchAgent { .. } => {
            context.out.line(format!("fleet {fleet} still runs; `qd` shows it again, `qd down` ends it"))?;
        }
    }
    Ok(Exit::Ok)
}

/// Shows the fleet on a screen, with the user's keys and themes, until the user leaves.
pub(super) async fn show(client: Client, background: Background, mode: Mode) -> Result<Outcome, Failure> {
    let place = client.place();
    let (keymaps, mut themes) = (overlays(place, "keys.toml"), overlays(place, "theme.toml"));
    themes.extend(wanted_theme());
    let options = Options::new(mode).with_files(&keymaps, &themes, surroundings());
    let (link, carrier) = tui::link();
    let carrying = tokio::spawn(carry(client, background, carrier));
    let outcome = tui::run(options, link).await;
    // Keys typed just before leaving are still being delivered; the carrier ends when it has delivered them.
    let _ = tokio::time::timeout(LAST_WORDS, carrying).await;
    outcome.map_err(|error| Failure::new(Exit::Failed, "cannot use the terminal").because(error))
}

/// Refuses a terminal of unknown type, or one whose type says that it can only print lines (term(7): `dumb`, as in
/// Emacs' shell).
pub(super) fn can_be_drawn_on(term: Option<&str>) -> Result<(), Failure> {
    let why = match term {
        None | Some("") => "TERM is not set",
        Some("dumb" | "unknown") => "TERM says that it can only print lines",
        Some(_) => return Ok(()),
    };
    let failure = Failure::new(Exit::Usage, "this terminal can't show the dashboard").because(why);
    Err(failure.hint("`qd up` starts the fleet, `qd ps` and `qd logs NAME` print plain lines; else set TERM"))
}

/// Returns what the environment says about the terminal.
fn surroundings() -> Surroundings {
    Surroundings::of(When::variable)
}

/// Returns the theme that `QD_THEME` names, in the form of a theme file; it has precedence over the files.
fn wanted_theme() -> Option<(String, String)> {
    let wanted = std::env::var("QD_THEME").ok().filter(|wanted| !wanted.is_empty())?;
    Some(("QD_THEME".to_owned(), format!("theme = {}", toml::Value::String(wanted))))
}

/// Returns the user's file of this name and the fleet's. The fleet's comes later and has precedence.
fn overlays(place: &Place, name: &str) -> Vec<(String, String)> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
    let configured = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute()).or(home);
    let paths =
        configured.map(|directory| directory.join("quarterdeck")).into_iter().chain([place.state_directory.clone()]);
    paths
        .map(|directory| directory.join(name))
        .filter_map(|path| Some((path.display().to_string(), regular::text(&path, regular::SMALL_BYTES_MAX).ok()?)))
        .collect()
}

pub(super) fn link_closed() -> Failure {
    Failure::new(Exit::Failed, "the connection to the supervisor is lost").hint("`qd up` says why it can't be restored")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_can_only_print_is_not_drawn_on() {
        for term in [None, Some(""), Some("dumb"), Some("unknown")] {
            assert!(can_be_drawn_on(term).is_err(), "{term:?}");
        }
        for term in ["xterm-256color", "screen", "linux", "vt100"] {
            assert!(can_be_drawn_on(Some(term)).is_ok(), "{term}");
        }
    }
}
