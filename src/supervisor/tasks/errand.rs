//! Runs a command in a helper process (`qd __errand`), which kills all processes of the command that remain: when the
//! command ends, when it takes too long, and when the supervisor ends or cancels it. The helper notices the last two,
//! because its standard input ends then.

use super::drawer::{Attempt, Mark};
use super::work::Work;
use crate::config::AgentConfig;
use crate::place::Place;
use crate::process::{self, Also};
use crate::regular;
use crate::supervisor::context::Context;
use crate::supervisor::launch;
use crate::supervisor::token::Tokens;
use crate::wire::errand::{Errand, ErrandEnd};
use quarterdeck_core::ending::Exit;
use quarterdeck_core::task::limits::OUTPUT_BYTES_MAX;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// How long a helper whose command is killed may take. Beyond it, it is killed itself, and its remaining processes are
/// found by their mark and killed.
const KILL_LIMIT: Duration = Duration::from_secs(15);
/// How long processes that remain of a killed supervisor's verification are searched for. Beyond it, the search ends,
/// and the log says which processes remain.
const HUNT_LIMIT: Duration = Duration::from_secs(5);
/// The length in bytes from which on a secret value is hidden: shorter values occur in too many words.
const SECRET_BYTES_MIN: usize = 8;

/// The result of a verification.
pub(super) struct Said {
    pub(super) passed: bool,
    /// The newest part of its output, and how it ended if it did not pass.
    pub(super) output: Option<String>,
}

/// Runs a task's verification in its workspace.
pub(super) async fn verify(context: &Context, work: &Work, agent: &AgentConfig, line: &str, workspace: &Path) -> Said {
    let failed = |why: String| Said { passed: false, output: Some(why) };
    let attempt = match work.attempt_drawer() {
        Ok(attempt) => attempt,
        Err(error) => return failed(format!("verify could not be run: {error}")),
    };
    let mark = format!("{}-{}.{}", crate::place::key(&context.place.root), work.id, work.attempt);
    if attempt.has(Mark::Verifying) {
        hunt(mark.clone()).await;
    }
    if let Err(error) = attempt.remember(Mark::Verifying) {
        return failed(format!("verify could not be run: {error}"));
    }
    let environment = environment(&context.place, &context.tokens, work, agent, workspace);
    let limit: Duration = context.configs.file().tasks.verify_timeout.into();
    let errand = Errand {
        mark: mark.clone(),
        program: "sh".into(),
        arguments: vec!["-c".into(), line.into()],
        environment: environment.clone(),
        working_directory: workspace.join(agent.cwd.as_path()),
        log: attempt.log(),
        // One byte more than is kept, so that the core can tell that some output is omitted.
        log_bytes_max: OUTPUT_BYTES_MAX as u64 + 1,
        limit,
    };
    let end = run(&errand).await;
    if end.is_err() {
        hunt(mark).await;
    }
    said(end, limit, &newest_words(&attempt, &environment))
}

fn environment(
    place: &Place,
    tokens: &Tokens,
    work: &Work,
    agent: &AgentConfig,
    workspace: &Path,
) -> Vec<(OsString, OsString)> {
    let mut environment = launch::environment(place, tokens, agent, workspace, work.run);
    environment.extend(work.names());
    environment
}

/// Runs the helper, and returns its report of how the command ended.
async fn run(errand: &Errand) -> io::Result<ErrandEnd> {
    let mut helper = tokio::process::Command::new("/proc/self/exe")
        .arg0("qd")
        .arg("__errand")
        .env_clear()
        .env(process::MARK_VARIABLE, &errand.mark)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (Some(mut input), Some(mut output)) = (helper.stdin.take(), helper.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    input.write_all(&errand.encode()).await?;
    let mut word = String::new();
    let told = tokio::time::timeout(errand.limit + KILL_LIMIT, output.read_to_string(&mut word)).await;
    // The input is held until here, because its end is the signal to the helper to kill everything.
    drop(input);
    match told {
        Ok(read) => read?,
        Err(_silent) => {
            helper.start_kill()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
    };
    helper.wait().await?;
    word.parse().map_err(io::Error::other)
}

/// Kills all processes that carry a mark.
async fn hunt(mark: String) {
    let hunted = tokio::task::spawn_blocking(move || process::sweep_by_mark(&mark, Also::default(), HUNT_LIMIT)).await;
    if !matches!(hunted, Ok(Ok(_))) {
        tracing::error!(?hunted, "the remaining processes of a verification could not be killed");
    }
}

/// Returns the newest part of the verification's output, without secret values.
fn newest_words(attempt: &Attempt, environment: &[(OsString, OsString)]) -> String {
    let bytes = regular::bytes(&attempt.log(), OUTPUT_BYTES_MAX as u64).unwrap_or_default();
    // The core keeps this text; a second copy would be unnecessary.
    let _none_was_written = std::fs::remove_file(attempt.log());
    let secrets = environment.iter().filter(|(name, _)| is_secret(&name.to_string_lossy()));
    secrets.fold(String::from_utf8_lossy(&bytes).into_owned(), |text, (_, value)| {
        let value = value.to_string_lossy();
        if value.len() < SECRET_BYTES_MIN { text } else { text.replace(&*value, "[hidden]") }
    })
}

/// Whether a variable of this name holds a secret, judging by the name.
fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 7] = ["KEY", "TOKEN", "PROOF", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"];
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name.contains(word))
}

fn said(end: io::Result<ErrandEnd>, limit: Duration, words: &str) -> Said {
    let how = match end {
        Ok(ErrandEnd::Ended(Exit::Code(0))) => {
            return Said { passed: true, output: Some(words.to_owned()).filter(|words| !words.is_empty()) };
        }
        Ok(ErrandEnd::Ended(Exit::Code(code))) => format!("verify ended with exit code {code}"),
        Ok(ErrandEnd::Ended(Exit::Signal(signal))) => format!("verify was ended by signal {signal}"),
        Ok(ErrandEnd::Late) => format!("verify took longer than {} and was killed", seconds(limit)),
        Ok(ErrandEnd::NotStarted(why)) => format!("verify could not be run: {why}"),
        Err(error) => format!("verify was lost: {error}"),
    };
    let break_ = if words.is_empty() || words.ends_with('\n') { "" } else { "\n" };
    Said { passed: false, output: Some(format!("{words}{break_}{how}")) }
}

fn seconds(span: Duration) -> String {
    crate::config::values::Duration(quarterdeck_core::time::Span(span.as_millis() as u64)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{PROOF_VARIABLE, TASK_VARIABLE, TOKEN_VARIABLE};

    #[test]
    fn only_exit_0_passes_and_every_other_end_is_said_last() {
        let minute = Duration::from_secs(60);
        let passed = said(Ok(ErrandEnd::Ended(Exit::Code(0))), minute, "");
        assert!(passed.passed && passed.output.is_none());
        for (end, words, expected) in [
            (Ok(ErrandEnd::Ended(Exit::Code(3))), "no", "no\nverify ended with exit code 3"),
            (Ok(ErrandEnd::Ended(Exit::Signal(9))), "no\n", "no\nverify was ended by signal 9"),
            (Ok(ErrandEnd::Late), "", "verify took longer than 1m and was killed"),
        ] {
            let said = said(end, minute, words);
            assert_eq!((said.passed, said.output.as_deref()), (false, Some(expected)));
        }
    }

    #[test]
    fn what_may_be_a_secret_is_known_by_its_name() {
        for name in ["ANTHROPIC_API_KEY", TOKEN_VARIABLE, PROOF_VARIABLE, "db_password"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["PATH", "HOME", TASK_VARIABLE] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
