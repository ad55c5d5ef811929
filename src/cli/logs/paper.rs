//! Output of lines, to standard output or, when there are more lines than the terminal has rows, to a pager.

use crate::report::color::Colors;
use crate::report::output::Output;
use crossterm::style::{Color, Stylize};
use std::io::{self, ErrorKind, Write};
use std::process::{Child, Command, Stdio};

/// The default pager. It shows colours, and ends at once when all lines fit.
const PAGER: &str = "less";

/// The output that receives the lines.
pub(super) enum Paper {
    /// Lines go directly to standard output.
    Plain,
    /// Lines are kept back until there are more than the terminal has rows.
    Held { lines: Vec<String>, rows: usize, pager: String },
    /// Lines go into a pager.
    Paged(Child),
}

impl Paper {
    pub(super) fn plain() -> Paper {
        Paper::Plain
    }

    /// Returns an output that uses a pager once there are more lines than fit. No pager is used when the user names
    /// `cat`, or an empty one.
    pub(super) fn paged() -> Paper {
        match pager(|name| std::env::var(name).ok(), installed) {
            Some(pager) => {
                let rows = crossterm::terminal::size().map_or(24, |(_, rows)| usize::from(rows));
                Paper::Held { lines: Vec::new(), rows: rows.saturating_sub(1), pager }
            }
            None => Paper::Plain,
        }
    }

    /// Writes a line. Returns whether more lines are wanted: not after the user has left the pager.
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

    /// Prints the lines that were kept back, or waits until the user has left the pager.
    pub(super) fn finish(self, out: &mut Output) -> io::Result<()> {
        match self {
            Paper::Plain => out.flush(),
            Paper::Held { lines, .. } => lines.iter().try_for_each(|line| out.line(line)),
            Paper::Paged(mut child) => {
                drop(child.stdin.take());
                match child.wait()?.code() {
                    // The exit codes by which a shell says that it cannot start a program or cannot find it.
                    Some(126 | 127) => {
                        Err(io::Error::other("the pager can't be started; --no-pager prints without it"))
                    }
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

/// Starts the pager. If it cannot be started, lines are printed directly.
fn opened(pager: &str) -> Paper {
    let mut command = Command::new("sh");
    command.args(["-c", pager]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    match command.spawn() {
        Ok(child) => {
            // An interrupt is meant for the pager; if it ended this process, the pager would be alone with the
            // terminal.
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

/// Returns the default pager, if it is installed.
fn installed() -> Option<String> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).any(|directory| directory.join(PAGER).is_file()).then(|| PAGER.to_owned())
}

/// Returns the command line of the pager that the environment names.
fn pager(variable: impl Fn(&str) -> Option<String>, default: impl FnOnce() -> Option<String>) -> Option<String> {
    let named = variable("QD_PAGER").or_else(|| variable("PAGER")).or_else(default)?;
    let command = named.trim().to_owned();
    (!command.is_empty() && command != "cat").then_some(command)
}

/// Returns the beginning of each line of one agent, when lines of several agents are printed.
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
