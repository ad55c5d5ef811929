//! Writes the parts and the results of a task as files that people and agents read.

use super::header::is_id;
use super::part::Part;
use super::{TaskFile, WhereItWorks, files, outline};
use std::fmt::Write as _;

/// The text for a part's agent before an agent is assigned.
const NOBODY_YET: &str = "any agent that can do it";

/// Returns the content of a part's file.
pub fn sub_task(task: &TaskFile, part: &Part) -> String {
    let mut text = header(task, part);
    let _infallible = write!(text, "# {}: {}\n\n## Objective\n\nA part of {}.\n\n", part.name, part.objective, task.id);
    for (index, step) in part.steps.iter().enumerate() {
        // Further lines of a step are indented so that they stay below its number.
        let step = step.replace('\n', "\n   ");
        let _infallible = writeln!(text, "{}. {step}", index + 1);
    }
    text.push_str("\n## Success Criteria\n\n");
    for criterion in &part.success_criteria {
        let _infallible = writeln!(text, "- [ ] {criterion}");
    }
    text.push_str("\n## Files to Modify\n\n");
    for file in &part.files {
        let _infallible = writeln!(text, "- `{file}`");
    }
    let context = outline::read(&task.body, &|_| false).map(|outline| outline.context).unwrap_or_default();
    if !context.is_empty() {
        let _infallible = write!(text, "\n## Context\n\n{context}\n");
    }
    text
}

fn header(task: &TaskFile, part: &Part) -> String {
    let mut header = String::from("---\n");
    let mut line = |key: &str, value: String| {
        let _infallible = writeln!(header, "{key}: {value}");
    };
    line("id", word(&part.name));
    line("parent", word(&task.id));
    line("assigned_to", word(NOBODY_YET));
    line("status", word("queued"));
    let needs: Vec<String> = part.needs.iter().chain(&task.needs).cloned().collect();
    let timeout = task.timeout_ms.map(|ms| format!("{ms}ms"));
    let workspace = match task.workspace {
        WhereItWorks::Agent => None,
        WhereItWorks::Fresh => Some("fresh".to_owned()),
        WhereItWorks::Merge => Some("merge".to_owned()),
    };
    let given = [
        ("priority", (task.priority != 0).then(|| task.priority.to_string())),
        ("prefer", task.prefer.as_deref().map(word)),
        ("needs", list(&needs)),
        ("capabilities", list(&task.capabilities)),
        ("files", list(&part.files)),
        ("locks", list(&other_locks(task, part))),
        ("verify", task.verify.as_deref().map(word)),
        ("workspace", workspace),
        ("timeout", timeout),
        ("attempts", task.attempts.map(|attempts| attempts.to_string())),
    ];
    given.into_iter().filter_map(|(key, value)| Some((key, value?))).for_each(|(key, value)| line(key, value));
    header.push_str("---\n");
    header
}

/// Returns the locks of the whole task that are not files, such as resources. A locked path would keep the parts from
/// running at the same time; each part locks its own files instead.
fn other_locks(task: &TaskFile, part: &Part) -> Vec<String> {
    let covers = |lock: &str| {
        let path = files::normal(lock.trim_end_matches("/**"));
        path.is_none_or(|path| part.files.iter().any(|file| files::with_directories(file).any(|wider| wider == path)))
    };
    let is_path = |lock: &str| lock.contains('/') || lock == "." || covers(lock);
    task.locks.iter().filter(|lock| lock.contains(':') || !is_path(lock)).cloned().collect()
}

/// Returns a word in YAML. The JSON form is used, which is also valid YAML.
pub(super) fn word(text: &str) -> String {
    let reads_as_text = is_id(text) && text.starts_with(|first: char| first.is_ascii_alphabetic());
    let has_another_meaning = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    match reads_as_text && !has_another_meaning {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}

fn list(words: &[String]) -> Option<String> {
    let words: Vec<String> = words.iter().map(|each| word(each)).collect();
    (!words.is_empty()).then(|| format!("[{}]", words.join(", ")))
}

/// The result of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartResult {
    /// The name of the part.
    pub name: String,
    /// The title of the part, in one line.
    pub title: String,
    /// How the part ended: `done (verified)`.
    pub summary: String,
    /// The agent that worked on the part.
    pub agent: Option<String>,
    /// The commit with which the part's work ended.
    pub commit: Option<String>,
    /// The result that the agent reported.
    pub result: Option<String>,
}

/// Returns the content of `RESULTS.md`: the results of a task's parts.
pub fn results(task: &str, parts: &[PartResult]) -> String {
    let mut text = format!("# Results of {task}\n\n| part | state | agent | commit |\n|---|---|---|---|\n");
    let cell = |text: Option<&str>| text.unwrap_or("").replace('|', "\\|").replace(['\n', '\r'], " ");
    for part in parts {
        let commit = part.commit.as_deref().map(|commit| commit.get(..12).unwrap_or(commit));
        let (agent, commit) = (cell(part.agent.as_deref()), cell(commit));
        let _infallible = writeln!(text, "| {} | {} | {agent} | {commit} |", part.name, cell(Some(&part.summary)));
    }
    for part in parts {
        let result = part.result.as_deref().map(str::trim).filter(|result| !result.is_empty());
        let _infallible =
            write!(text, "\n## {}: {}\n\n{}\n", part.name, part.title, result.unwrap_or("It said nothing."));
    }
    text
}
