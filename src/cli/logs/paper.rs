//! Where lines go: straight to standard output, or, when they are more than the terminal has rows, to a pager.

use crate::report::color::Colors;
use crate::report::output::Output;
use crossterm::style::{Color, Stylize};
use std::io::{self, ErrorKind, Write};
use std::process::{Child, Command, Stdio};

/// The pager when nothing else is named. It shows colours, and goes at once when all fits.
const PAGER: &str = "less";

/// Where lines go.
pub(super) enum Paper {
    /// To standard output.
    Plain,
    /// Held back until there are more than the terminal has rows.
    Held { lines: Vec<String>, rows: usize, pager: String },
    /// Into a pager.
    Paged(Child),
}

impl Paper {
    pub(super) fn plain() -> Paper {
        Paper::Plain
    }

    /// A pager, once there is more than fits. None when the user wants none: `cat`, or nothing.
    pub(super) fn paged() -> Paper {
        match pager(|name| std::env::var(name).ok(), installed) {
            Some(pager) => {
                let rows = crossterm::terminal::size().map_or(24, |(_, rows)| usize::from(rows));
                Paper::Held { lines: Vec::new(), rows: rows.saturating_sub(1), pager }
            }
            None => Paper::Plain,
        }
    }

    /// Takes a line. Whether more are wanted: not after the user has left the pager.
    pub(super) fn line(&mut self, out: &mut Output, line: &str) -> io::Result<bool> {
        match self {
            Paper::Plain => out.line(line).map(|()| true),
            Paper::Held { lines, rows, pager } => {
                lines.push(line.to_owned());
                if lines.len() > *rows {
                    let (held, pager) = (std::mem::take(lines), std::mem::take(pager));
                    *self = opened(&pager);
                    return give_all(self, out, &held);
                }
                Ok(true)
            }
            Paper::Paged(child) => {
                let Some(input) = child.stdin.as_mut() else { return Ok(false) };
                match writeln!(input, "{line}") {
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
                    written => written.map(|()| true),
                }
            }
        }
    }

    /// Prints what was held back, or waits until the user has left the pager.
    pub(super) fn finish(self, out: &mut Output) -> io::Result<()> {
        match self {
            Paper::Plain => out.flush(),
            Paper::Held { lines, .. } => lines.iter().try_for_each(|line| out.line(line)),
            Paper::Paged(mut child) => {
                drop(child.stdin.take());
                match child.wait()?.code() {
                    // What a shell says of a program that it can't find, or can't start.
                    Some(126 | 127) => Err(io::Error::other("the pager can't be started; --no-pager does without")),
                    _ => Ok(()),
                }
            }
        }
    }
}

fn give_all(paper: &mut Paper, out: &mut Output, lines: &[String]) -> io::Result<bool> {
    for line in lines {
        if !paper.line(out, line)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The pager, waiting for lines. When it can't be started, lines are printed.
fn opened(pager: &str) -> Paper {
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    match command.spawn() {
        Ok(child) => {
            // An interrupt is for the pager, which is not to be left alone with the terminal.
            // SAFETY: no handler is installed.
            let _heard = unsafe {
                nix::sys::signal::signal(nix::sys::signal::Signal::SIGINT, nix::sys::signal::SigHandler::SigIgn)
            };
            Paper::Paged(child)
        }
        Err(error) => {
            eprintln!("warning: the pager can't be started: {error}");
            Paper::Plain
        }
    }
}

/// The pager when none is named, if it is there.
fn installed() -> Option<String> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).any(|directory| directory.join(PAGER).is_file()).then(|| PAGER.to_owned())
}

/// The command line of the pager that the environment names.
fn pager(variable: impl Fn(&str) -> Option<String>, default: impl FnOnce() -> Option<String>) -> Option<String> {
    let named = variable("QD_PAGER").or_else(|| variable("PAGER")).or_else(default)?;
    let command = named.trim().to_owned();
    (!command.is_empty() && command != "cat").then_some(command)
}

/// What a line of one agent among several begins with.
pub(super) fn prefix(name: &str, at: usize, widest: usize, colors: Colors) -> String {
    const COLORS: [Color; 5] = [Color::Cyan, Color::Magenta, Color::Green, Color::Yellow, Color::Blue];
    let label = format!("{name:widest$} |");
    match colors {
        Colors::Shown => format!("{} ", label.with(COLORS[at % COLORS.len()])),
        Colors::Plain => label + " ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_pager_is_used_and_none_if_they_want_none() {
        let of = |own: Option<&str>, general: Option<&str>| {
            let variable = |name: &str| (if name == "QD_PAGER" { own } else { general }).map(str::to_owned);
            pager(variable, || Some("less".to_owned()))
        };
        assert_eq!(of(None, None).as_deref(), Some("less"));
        assert_eq!(of(None, Some("more -e")).as_deref(), Some("more -e"));
        assert_eq!(of(Some("less -S"), Some("more")).as_deref(), Some("less -S"));
        assert_eq!(of(Some(""), Some("more")), None);
        assert_eq!(of(None, Some(" cat ")), None);
    }

    #[test]
    fn labels_are_equally_wide() {
        assert_eq!(prefix("a", 0, 3, Colors::Plain), "a   | ");
        assert_eq!(prefix("abc", 1, 3, Colors::Plain), "abc | ");
    }
}
