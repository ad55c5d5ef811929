//! Reads a task file's header, and reports mistakes in it with their position.

use super::files;
use jiff::SignedDuration;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// The longest task file, in bytes. Beyond it, the file is refused.
pub const TASK_FILE_BYTES_MAX: usize = 128 * 1024;
/// The longest id of a task, in bytes; it becomes a part of file names. Beyond it, the file is refused.
const ID_BYTES_MAX: usize = 64;

/// A task as its file describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFile {
    /// The id of the task, which is also its name.
    pub id: String,
    /// The task's priority: a higher one goes first.
    pub priority: i32,
    /// Name of the only agent that may do the task.
    pub agent: Option<String>,
    /// Name of the agent whose queue the task is put in; an idle agent may take it from there.
    pub prefer: Option<String>,
    /// The tasks that must be done first, by name.
    pub needs: Vec<String>,
    /// The capabilities that the task's agent must have.
    pub capabilities: Vec<String>,
    /// Scopes that are locked while the task runs, in addition to its files.
    pub locks: Vec<String>,
    /// The command that verifies the task.
    pub verify: Option<String>,
    /// The files that the task changes.
    pub files: Vec<String>,
    /// Patterns of the files that the task produces for its dependents.
    pub outputs: Vec<String>,
    /// The workspace in which the task runs.
    pub workspace: WhereItWorks,
    /// How long an attempt may take, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// The number of attempts that are allowed.
    pub attempts: Option<u32>,
    /// The estimated duration of the task, in minutes.
    pub estimate_minutes: Option<i64>,
    /// The task that this task is a part of.
    pub parent: Option<String>,
    /// The number of parts into which the task was divided; it does not begin before all of them exist.
    pub parts: u32,
    /// The task's status, as it was last written into the header.
    pub status: Option<String>,
    /// The prompt of the task: everything below the header.
    pub body: String,
}

/// The workspaces in which a task can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhereItWorks {
    /// The workspace of the task's agent.
    #[default]
    Agent,
    /// A fresh worktree of the task's own.
    Fresh,
    /// A fresh worktree that starts from the merge of the task's dependencies.
    Merge,
}

/// A mistake in a task file, with its position: line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderProblem {
    /// The line of the mistake, from 1.
    pub line: u64,
    /// The column of the mistake in characters, from 1.
    pub column: u64,
    /// What is wrong, and what was expected.
    pub what: String,
}

impl fmt::Display for HeaderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl TaskFile {
    /// Returns everything that is locked while the task runs: its files, then its other locks, each once.
    pub fn all_locks(&self) -> Vec<String> {
        let mut all = self.files.clone();
        all.extend(self.locks.iter().filter(|lock| !self.files.contains(lock)).cloned());
        all
    }

    /// Returns the first line of the task's text, without the marks of a heading.
    pub fn title(&self) -> &str {
        let lines = self.body.lines().map(|line| line.trim_start_matches('#').trim());
        lines.clone().find(|line| !line.is_empty()).unwrap_or(&self.id)
    }
}

/// The keys of a header as they are written.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Keys {
    id: Option<Spanned<String>>,
    priority: i32,
    agent: Option<String>,
    prefer: Option<Spanned<String>>,
    needs: Words,
    capabilities: Words,
    locks: Words,
    verify: Option<String>,
    files: Words,
    outputs: Words,
    workspace: WhereItWorks,
    timeout: Option<Spanned<String>>,
    attempts: Option<Spanned<u32>>,
    estimate: Option<Spanned<String>>,
    parent: Option<Spanned<String>>,
    parts: u32,
    status: Option<String>,
    /// The task's agent, which the fleet writes for people.
    #[serde(rename = "assigned_to")]
    _assigned_to: Option<String>,
    /// The task's result, which the fleet writes for people.
    #[serde(rename = "result")]
    _result: Option<String>,
}

/// Reads a task file. A task without an `id` gets the id `name`.
///
/// # Errors
/// The first mistake is returned, with its position.
pub fn parse(text: &str, name: &str) -> Result<TaskFile, HeaderProblem> {
    let at = |line: usize, what: &str| HeaderProblem { line: line as u64, column: 1, what: what.to_owned() };
    if text.len() > TASK_FILE_BYTES_MAX {
        return Err(at(1, "the file is larger than 128 KiB"));
    }
    let Parted { header, body, body_line } = part(text).ok_or_else(|| at(1, "a second `---` must close the header"))?;
    let keys: Keys = match header.trim().is_empty() {
        true => Keys::default(),
        false => serde_saphyr::from_str(header).map_err(|error| problem(&error))?,
    };
    if body.trim().is_empty() {
        return Err(at(body_line, "there is no text below the header; describe the work there"));
    }
    checked(keys, name, body)
}

fn checked(keys: Keys, name: &str, body: &str) -> Result<TaskFile, HeaderProblem> {
    let id = match &keys.id {
        Some(id) if !is_id(&id.value) => return Err(wrong(id, ID_RULE)),
        Some(id) => id.value.clone(),
        None if is_id(name) => name.to_owned(),
        None => {
            return Err(HeaderProblem { line: 1, column: 1, what: format!("the file's name is not an id: {ID_RULE}") });
        }
    };
    if let Some(prefer) = keys.prefer.as_ref().filter(|_| keys.agent.is_some()) {
        return Err(wrong(prefer, "either `agent` or `prefer`, not both"));
    }
    if let Some(parent) = keys.parent.as_ref().filter(|parent| !is_id(&parent.value) || parent.value == id) {
        return Err(wrong(parent, "the id of another task was expected"));
    }
    let file = |word: &Spanned<String>| {
        files::normal(&word.value).ok_or_else(|| wrong(word, "a path inside the repository was expected, without `..`"))
    };
    Ok(TaskFile {
        id,
        priority: keys.priority,
        agent: keys.agent,
        prefer: keys.prefer.map(|prefer| prefer.value),
        needs: keys.needs.plain(),
        capabilities: keys.capabilities.plain(),
        locks: keys.locks.plain(),
        verify: keys.verify.filter(|line| !line.trim().is_empty()),
        files: keys.files.0.iter().map(file).collect::<Result<_, _>>()?,
        outputs: keys.outputs.plain(),
        workspace: keys.workspace,
        timeout_ms: span(keys.timeout)?.map(|span| span.as_millis() as u64),
        attempts: match keys.attempts {
            Some(attempts) if attempts.value == 0 => return Err(wrong(&attempts, "at least one attempt")),
            attempts => attempts.map(|attempts| attempts.value),
        },
        estimate_minutes: span(keys.estimate)?.map(|span| span.as_mins()),
        parent: keys.parent.map(|parent| parent.value),
        parts: keys.parts,
        status: keys.status,
        body: body.to_owned(),
    })
}

const ID_RULE: &str = "1 to 64 letters, digits, `.`, `-` and `_`, beginning with a letter or a digit";

/// Whether a text can be a task's name and a part of a file's name.
pub(super) fn is_id(text: &str) -> bool {
    (1..=ID_BYTES_MAX).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '.' | '-' | '_'))
}

fn span(text: Option<Spanned<String>>) -> Result<Option<SignedDuration>, HeaderProblem> {
    let Some(text) = text else { return Ok(None) };
    match text.value.parse::<SignedDuration>() {
        Ok(span) if span.is_positive() => Ok(Some(span)),
        _ => Err(wrong(&text, "a span of time was expected, such as `30m` or `2h`")),
    }
}

fn wrong<T>(word: &Spanned<T>, what: &str) -> HeaderProblem {
    placed(word.referenced, what.to_owned())
}

/// Returns the problem with its line in the file, since the header begins below the file's first line.
fn placed(location: Location, what: String) -> HeaderProblem {
    HeaderProblem { line: location.line() + 1, column: location.column().max(1), what }
}

fn problem(error: &serde_saphyr::Error) -> HeaderProblem {
    let said = error.without_snippet().to_string();
    let what = said.lines().next().unwrap_or_default();
    // The parser counts lines from the header's beginning, but the file's lines are reported.
    let what = what.split(" at line ").next().unwrap_or_default().to_owned();
    placed(error.location().unwrap_or(Location::UNKNOWN), what)
}

/// The header and the body of a file.
pub(super) struct Parted<'t> {
    /// The text between the two lines of `---`; empty when there are no such lines.
    pub(super) header: &'t str,
    /// The text below the header.
    pub(super) body: &'t str,
    /// The line on which the body begins, from 1.
    body_line: usize,
}

/// Divides a file into header and body; returns none when the header has no end.
pub(super) fn part(text: &str) -> Option<Parted<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else {
        return Some(Parted { header: "", body: text, body_line: 1 });
    };
    let mut end = first.len();
    for (index, line) in lines.enumerate() {
        if line.trim_end() == "---" {
            let (header, body) = (&text[first.len()..end], &text[end + line.len()..]);
            return Some(Parted { header, body, body_line: index + 3 });
        }
        end += line.len();
    }
    None
}

/// One word, several words separated by commas, or a list of words.
#[derive(Default)]
struct Words(Vec<Spanned<String>>);

impl Words {
    fn plain(self) -> Vec<String> {
        self.0.into_iter().map(|word| word.value).collect()
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Words, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, such as `[one, two]`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Words, E> {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                let unplaced = Location::UNKNOWN;
                Ok(Words(
                    words
                        .map(|word| Spanned { value: word.to_owned(), referenced: unplaced, defined: unplaced })
                        .collect(),
                ))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Words, E> {
                Ok(Words::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = items.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
