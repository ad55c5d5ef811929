//! tmux for comparison, with its defaults, on a socket of its own.

use super::on_path;
use crate::child;
use crate::outcome::{Doing, Outcome};
use std::fs;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A tmux server on its own socket.
pub(crate) struct Tmux {
    directory: TempDir,
}

impl Tmux {
    /// Makes a server to be started with these children, a window each, in one session, detached, 120×40. Nothing runs
    /// until [`Tmux::start`].
    pub(crate) fn new(options: &[&str], children: &[Vec<String>]) -> Outcome<Tmux> {
        on_path("tmux").ok_or("tmux is not installed")?;
        let tmux = Tmux { directory: TempDir::new()? };
        let mut lines: Vec<String> = options.iter().map(ToString::to_string).collect();
        for (number, child) in children.iter().enumerate() {
            let words: Vec<String> = child.iter().map(|word| format!("'{word}'")).collect();
            let verb = if number == 0 { "new-session -d -s figures -x 120 -y 40" } else { "new-window -d" };
            lines.push(format!("{verb} {}", words.join(" ")));
        }
        fs::write(tmux.directory.path().join("tmux.conf"), lines.join("\n") + "\n")?;
        Ok(tmux)
    }

    /// Starts all children with one command and waits for that command.
    pub(crate) fn start(&self) -> Outcome<()> {
        let status = self.command(&["start-server"]).status().doing("tmux")?;
        if status.success() { Ok(()) } else { Err(format!("tmux: {status}").into()) }
    }

    /// Returns the command line of a child in the form that tmux runs.
    pub(crate) fn child(program: &[&str]) -> Vec<String> {
        child::command_line(program)
    }

    /// Makes a tmux command line that talks to this server.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-L").arg("figures").arg("-f").arg(self.directory.path().join("tmux.conf"));
        command.args(arguments).env("TMUX_TMPDIR", self.directory.path()).env_remove("TMUX");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Returns the server's process id.
    pub(crate) fn pid(&self) -> Outcome<u32> {
        let output =
            self.command(&["display-message", "-p", "#{pid}"]).stdout(Stdio::piped()).output().doing("tmux")?;
        String::from_utf8_lossy(&output.stdout).trim().parse().doing("tmux's process id")
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).status();
    }
}
