//! The note about an agent: its state in one line, and since when it lasts.

use super::super::age::Age;
use super::super::theme::Theme;
use crate::api::agents::{Agent, AgentState, Attention, Blocked, ConfigState, Status};
use crate::api::work::Work;
use ratatui::style::Style;
use std::borrow::Cow;

/// Words in titles that do not tell what is done: names that programs call themselves, and their states.
const TITLE_WORDS: [&str; 14] = [
    "action", "agent", "claude", "cli", "code", "codex", "copilot", "gemini", "github", "opencode", "qwen", "ready",
    "required", "working",
];

/// The importance of the note about an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The note should be read.
    Plain,
    /// The note may be ignored.
    Faint,
    /// The note asks for an action.
    Warning,
}

/// Returns the note about an agent: its question, else what is wrong, else what it is doing.
pub fn words(agent: &Agent) -> (Cow<'_, str>, Weight) {
    let live = matches!(agent.state, AgentState::Ready | AgentState::Starting) && agent.status != Status::Paused;
    let asked = agent.question.as_ref().map(|question| question.text.as_str()).filter(|text| !text.is_empty());
    match (agent.attention, agent.config) {
        // An agent that only rang the bell shows its question on its screen.
        (Attention::NeedsYou, _) => {
            let said = [agent.last_line.as_str(), &agent.summary].into_iter().find(|text| !text.is_empty());
            (asked.or(said).unwrap_or_default().into(), Weight::Plain)
        }
        (Attention::Snoozed, _) => (asked.unwrap_or(&agent.summary).into(), Weight::Faint),
        (_, ConfigState::Changed) => ("changed: restart to apply".into(), Weight::Warning),
        (_, ConfigState::Removed) => ("no longer in agents.toml: stop it to remove it".into(), Weight::Warning),
        _ if agent.blocked.is_some() => {
            (agent.blocked.as_ref().map(in_the_way).unwrap_or_default().into(), Weight::Plain)
        }
        // The summary contains the error that the program reports.
        (Attention::Failed, _) if matches!(agent.status, Status::Error | Status::Unresponsive) => {
            (agent.summary.as_str().into(), Weight::Faint)
        }
        (Attention::Failed, _) if !agent.summary.contains(&agent.last_line) => {
            (format!("{} · {}", agent.summary, agent.last_line).into(), Weight::Faint)
        }
        _ if says_more(agent) => (left(agent).map_or(agent.summary.as_str().into(), Cow::from), Weight::Plain),
        _ if is_over(agent) && committed(agent).is_some() => {
            (committed(agent).unwrap_or_default().into(), Weight::Plain)
        }
        _ if live && title_tells(agent) => (agent.title.trim().into(), Weight::Faint),
        _ if committed(agent).is_some() => (committed(agent).unwrap_or_default().into(), Weight::Faint),
        _ if live && !agent.last_line.is_empty() => (agent.last_line.as_str().into(), Weight::Faint),
        _ => (agent.summary.as_str().into(), Weight::Faint),
    }
}

/// Returns the name of the resource that a blocked agent waits for, and its holder: `port ← porter-2`. The sign of the
/// agent says that it is blocked.
fn in_the_way(blocked: &Blocked) -> String {
    match &blocked.by {
        Some(by) => format!("{} ← {by}", blocked.wants),
        None => blocked.wants.clone(),
    }
}

/// Returns the note about an agent with its style.
pub(super) fn note<'a>(agent: &'a Agent, theme: &Theme) -> (Cow<'a, str>, Style) {
    let (words, weight) = words(agent);
    let style = match weight {
        Weight::Plain => theme.text,
        Weight::Faint => theme.dim,
        Weight::Warning => theme.warning,
    };
    (words, style)
}

/// Whether the note tells more than the agent's sign: a task it works on, a lock it waits for, or uncommitted work.
fn says_more(agent: &Agent) -> bool {
    left(agent).is_some() || has_errand(agent)
}

fn has_errand(agent: &Agent) -> bool {
    let works = agent.task.as_ref().is_some_and(|task| !task.says_nothing) && agent.status == Status::Working;
    agent.blocked.is_some() || works
}

/// Returns the uncommitted work of an agent that is idle or stopped. The text does not repeat that state, because the
/// agent's sign shows it, and the work must not be cut off where there is little room.
fn left(agent: &Agent) -> Option<String> {
    let work = work_at_rest(agent)?;
    let words = work.uncommitted_words()?;
    Some(work.lines_words().map_or(words.clone(), |lines| format!("{words} · {lines}")))
}

/// Returns the committed work that the base does not have yet, of an agent that is idle or stopped: `+120 −3 history:
/// what changes most`.
fn committed(agent: &Agent) -> Option<String> {
    let work = work_at_rest(agent).filter(|work| work.commits_ahead > 0)?;
    let commit = work.last_commit.as_deref()?;
    Some(work.lines_words().map_or(commit.to_owned(), |lines| format!("{lines} {commit}")))
}

fn work_at_rest(agent: &Agent) -> Option<&Work> {
    let rests = matches!(agent.status, Status::Idle | Status::Stopped) && !has_errand(agent);
    agent.work.as_ref().filter(|_| rests)
}

/// Whether the agent's turn or run has ended, so that a person may want to look at it.
fn is_over(agent: &Agent) -> bool {
    agent.attention == Attention::FinishedUnseen || agent.status == Status::Stopped
}

/// Whether the terminal's title tells what is done, and not only which program runs where.
fn title_tells(agent: &Agent) -> bool {
    let title = agent.title.trim();
    // A shell's title is like `ann@host: ~/src`, or a path.
    if title.starts_with(['~', '/']) || title.split_once('@').is_some_and(|(_, host)| host.contains(':')) {
        return false;
    }
    let place = agent.workspace.as_deref().unwrap_or_default().to_lowercase();
    let known = [agent.command.to_lowercase(), agent.name.to_lowercase(), place];
    let words = title.split(|character: char| !character.is_alphanumeric()).map(str::to_lowercase);
    let mut telling = words.filter(|word| {
        word.chars().count() > 1
            && !TITLE_WORDS.contains(&word.as_str())
            && !known.iter().any(|known| known.split(|c: char| !c.is_alphanumeric()).any(|part| part == word))
    });
    telling.next().is_some()
}

/// The time that a row of the list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// The time since the agent's status began.
    For { since_ms: u64 },
    /// The time since the agent began to ask a person.
    Waits { since_ms: u64 },
    /// The time until the snooze of the agent's question ends.
    Snoozed { until_ms: u64 },
}

impl Clock {
    pub(super) fn of(agent: &Agent) -> Clock {
        let since_ms = agent.status_since_ms;
        match (agent.attention, agent.question.as_ref().and_then(|question| question.snoozed_until_ms)) {
            (Attention::NeedsYou, _) => Clock::Waits { since_ms },
            (Attention::Snoozed, Some(until_ms)) => Clock::Snoozed { until_ms },
            _ => Clock::For { since_ms },
        }
    }

    /// Returns the time alone, without a word.
    pub(super) fn age(self) -> Age {
        match self {
            Clock::For { since_ms } | Clock::Waits { since_ms } => Age::Since(since_ms),
            Clock::Snoozed { until_ms } => Age::Until(until_ms),
        }
    }

    /// Returns the time with a word, such as `waits 4m` or `snoozed 9m`; none for an age, which needs no word.
    pub(super) fn long(self, now_ms: u64) -> Option<String> {
        match self {
            Clock::For { .. } => None,
            Clock::Waits { .. } => Some(format!("waits {}", self.age().text(now_ms))),
            Clock::Snoozed { .. } => Some(format!("snoozed {}", self.age().text(now_ms))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::demo;

    #[test]
    fn a_title_tells_when_it_says_more_than_the_programs_name() {
        let mut agent = demo::agents().swap_remove(0);
        agent.name = "parser".to_owned();
        agent.workspace = Some("/srv/lighthouse/workspaces/parser".to_owned());
        for (command, title, tells) in [
            ("claude", "✳ Claude Code", false),
            ("claude", "✳ Refactoring the config loader", true),
            ("codex", "⠼ fix the lexer | repo", true),
            ("codex", "parser", false),
            ("gemini", "✦  Working… (parser)", false),
            ("gemini", "◇  Ready (lighthouse)", false),
            ("copilot", "think about it - GitHub Copilot", true),
            ("opencode", "OpenCode", false),
            ("pi", "π - parser", false),
            ("qwen --yolo", "Qwen - parser", false),
            ("bash", "ann@host: ~/src", false),
            ("bash", "~/src", false),
            ("sh -c 'vim notes'", "vim", false),
            ("x", "", false),
            ("x", "日本語", true),
        ] {
            (agent.command, agent.title) = (command.to_owned(), title.to_owned());
            assert_eq!(title_tells(&agent), tells, "{title}");
        }
    }
}
