//! Shared state in one YAML file, for comparison: the file has an entry per agent, and each update locks it with
//! flock(2), reads, changes and writes it again. A lock that is taken is tried again 5 times, after 0.1 s and twice as
//! long each time.

use crate::outcome::{Doing, Outcome};
use rustix::fs::{FlockOperation, flock};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::time::Duration;

/// The number of attempts after the first.
const RETRIES: u32 = 5;
/// The wait before the second attempt; it doubles each time.
const RETRY_BASE: Duration = Duration::from_millis(100);

/// The way in which an updater waits for the lock.
#[derive(Clone, Copy)]
pub(crate) enum Waiting {
    /// Tries, waits, tries again, and gives up after the last attempt.
    Retrying,
    /// Waits in the operating system's own queue, which is better than trying again.
    Blocking,
}

/// Sets an agent's progress. Returns whether that succeeded; false when it gave up.
pub(crate) fn update(path: &Path, agent: usize, progress: u64, waiting: Waiting) -> Outcome<bool> {
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.with_extension("lock"))?;
    if !locked(&lock, waiting)? {
        return Ok(false);
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut entries: BTreeMap<String, String> = parse(&text);
    entries.insert(format!("agent-{agent:03}"), progress.to_string());
    fs::write(path, print(&entries)).doing("writing the state file")?;
    Ok(true)
}

fn locked(file: &File, waiting: Waiting) -> Outcome<bool> {
    match waiting {
        Waiting::Blocking => flock(file, FlockOperation::LockExclusive).doing("flock").map(|()| true),
        Waiting::Retrying => {
            for retry in 0..=RETRIES {
                if flock(file, FlockOperation::NonBlockingLockExclusive).is_ok() {
                    return Ok(true);
                }
                std::thread::sleep(RETRY_BASE * 2_u32.pow(retry));
            }
            Ok(false)
        }
    }
}

/// Prints `agents:`, then for each agent a block of fields.
fn print(entries: &BTreeMap<String, String>) -> String {
    let mut text = String::from("agents:\n");
    for (agent, progress) in entries {
        let _infallible = write!(
            text,
            "  {agent}:\n    status: working\n    current_action: \"implementing\"\n    loop_number: 1\n    progress: {progress}\n"
        );
    }
    text
}

fn parse(text: &str) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::new();
    let mut agent = "";
    for line in text.lines() {
        let name = line.strip_prefix("  ").filter(|line| !line.starts_with(' '));
        agent = name.and_then(|line| line.strip_suffix(':')).unwrap_or(agent);
        if let Some(progress) = line.trim_start().strip_prefix("progress: ") {
            entries.insert(agent.to_owned(), progress.to_owned());
        }
    }
    entries
}
