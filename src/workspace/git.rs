//! Runs git without the caller's `GIT_*` environment, without background maintenance, without questions, and with its
//! messages in English.

use super::child::{self, Abandon, Bounds};
use super::error::WorkspaceError;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Prefixes of the `GIT_*` variables that say nothing about a repository and are kept: configuration files, transport,
/// identity.
const KEPT: [&str; 7] =
    ["GIT_CONFIG_", "GIT_EXEC_PATH", "GIT_SSH", "GIT_SSL_", "GIT_ASKPASS", "GIT_AUTHOR_", "GIT_COMMITTER_"];

/// Prefixes of the `GIT_CONFIG_*` variables that put settings of a session into every command; these are removed.
const INJECTED: [&str; 4] = ["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_", "GIT_CONFIG_PARAMETERS"];

/// The most bytes that one git command may print. Beyond it, the call fails and says so.
const OUTPUT_BYTES_MAX: usize = 64 << 20;

/// A call of git in a directory, as a builder.
#[derive(Clone)]
pub(super) struct Git {
    directory: PathBuf,
    settings: Vec<(OsString, OsString)>,
    environment: Vec<(OsString, OsString)>,
    bounds: Bounds,
}

impl Git {
    /// Makes a git that runs as if called in `directory`.
    pub(super) fn at(directory: &Path) -> Git {
        Git {
            directory: directory.to_owned(),
            settings: Vec::new(),
            environment: Vec::new(),
            bounds: Bounds::default(),
        }
    }

    /// Sets the longest time that this git may take; then it is killed, with all processes that it started.
    pub(super) fn limit(mut self, limit: Duration) -> Git {
        self.bounds.limit = Some(limit);
        self
    }

    /// Lets git run until the work is abandoned; then it is ended, with all processes that it started.
    pub(super) fn unless(mut self, abandon: &Abandon) -> Git {
        self.bounds.abandon = Some(abandon.clone());
        self
    }

    /// Adds a setting to the call of git (`-c`).
    pub(super) fn setting(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Git {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Adds an environment variable to the call of git.
    pub(super) fn environment(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Git {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Adds an author's identity where git has none, because git refuses to commit without one. The author is then
    /// Quarterdeck.
    pub(super) fn with_identity(self) -> Result<Git, WorkspaceError> {
        match self.ask(["var", "GIT_COMMITTER_IDENT"])? {
            Some(_) => Ok(self),
            None => Ok(self.setting("user.name", "Quarterdeck").setting("user.email", "quarterdeck@localhost")),
        }
    }

    /// Runs git and returns what it printed.
    ///
    /// # Errors
    /// [`WorkspaceError::Git`] with git's message when it did not succeed.
    pub(super) fn run<A: AsRef<OsStr>>(
        &self,
        doing: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<u8>, WorkspaceError> {
        self.run_with_input(doing, arguments, &[])
    }

    /// Runs git with a text on its standard input, and returns what it printed.
    pub(super) fn run_with_input<A: AsRef<OsStr>>(
        &self,
        doing: &str,
        arguments: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> Result<Vec<u8>, WorkspaceError> {
        let output = self.output(arguments, input).map_err(|error| failed(doing, not_run(&error)))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(failed(doing, said(&output))),
        }
    }

    /// Asks git a question: returns what it printed on success, none when git answered no.
    pub(super) fn ask<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Option<Vec<u8>>, WorkspaceError> {
        let output = self.output(arguments, &[]).map_err(|error| failed("run git", not_run(&error)))?;
        Ok(output.status.success().then_some(output.stdout))
    }

    /// Runs git and returns its output, whether it succeeded or not.
    pub(super) fn output<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> io::Result<Output> {
        let mut command = self.command(arguments);
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        if self.bounds.wants_group() {
            command.process_group(0);
        }
        child::run(command.spawn()?, input, &self.bounds, OUTPUT_BYTES_MAX)
    }

    fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.directory).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_scrubbed(name)) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.quotePath=false"]);
        for (name, value) in &self.settings {
            let mut setting = name.clone();
            setting.push("=");
            setting.push(value);
            command.arg("-c").arg(setting);
        }
        command.args(arguments);
        command
    }
}

fn is_scrubbed(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let begins = |list: &[&str]| list.iter().any(|prefix| name.starts_with(prefix));
    name.starts_with("GIT_") && (!begins(&KEPT) || begins(&INJECTED))
}

fn failed(doing: &str, message: String) -> WorkspaceError {
    WorkspaceError::Git { doing: doing.to_owned(), message }
}

fn not_run(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "git is not on PATH, or the directory is gone".to_owned(),
        io::ErrorKind::TimedOut => "git took too long and was killed".to_owned(),
        io::ErrorKind::Interrupted => "its result is no longer wanted".to_owned(),
        _ => format!("git can't be run: {error}"),
    }
}

/// Returns git's message in one line.
pub(super) fn said(output: &Output) -> String {
    /// The most bytes of git's message that are passed on. Beyond it, the rest is counted.
    const SAID_BYTES_MAX: usize = 2_000;
    let mut text = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(SAID_BYTES_MAX)]).into_owned();
    if output.stderr.len() > SAID_BYTES_MAX {
        text += &format!("…\n({} more bytes of git's message are not shown)", output.stderr.len() - SAID_BYTES_MAX);
    }
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("hint:")).collect();
    match lines.is_empty() {
        true => format!("git ended with {}", output.status),
        false => lines.join("; "),
    }
}

/// Splits an output into its NUL-separated records.
pub(super) fn records(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

/// Returns one line of output as text.
pub(super) fn line(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim_end_matches('\n').to_owned()
}

/// Returns one line of output as a path.
pub(super) fn path(output: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(output.strip_suffix(b"\n").unwrap_or(output).to_vec()))
}

/// Returns bytes as a path.
pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_of_what_git_said_is_counted() {
        let status = Command::new("true").status().expect("it runs");
        let output = |length: usize| Output { status, stdout: Vec::new(), stderr: vec![b'x'; length] };
        assert!(said(&output(2_100)).ends_with("(100 more bytes of git's message are not shown)"));
        assert_eq!(said(&output(2_000)).len(), 2_000);
    }

    #[test]
    fn what_git_refuses_comes_with_what_to_do() {
        let said = "fatal: Unable to create '/r/.git/index.lock': File exists.";
        assert!(failed("write", said.to_owned()).to_string().ends_with("delete that file"));
        assert_eq!(failed("write", "fatal: x".to_owned()).to_string(), "can't write: fatal: x");
    }

    #[test]
    fn what_points_to_another_repository_is_scrubbed() {
        for gone in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_CONFIG_COUNT",
            "GIT_CONFIG_KEY_0",
            "GIT_CONFIG_PARAMETERS",
        ] {
            assert!(is_scrubbed(OsStr::new(gone)), "{gone}");
        }
        for kept in ["GIT_CONFIG_GLOBAL", "GIT_SSH_COMMAND", "GIT_AUTHOR_NAME", "PATH"] {
            assert!(!is_scrubbed(OsStr::new(kept)), "{kept}");
        }
    }
}
