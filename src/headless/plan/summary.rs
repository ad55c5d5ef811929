//! The summary in Markdown for `$GITHUB_STEP_SUMMARY`; it is appended to the summaries of earlier steps.

use super::card::{Came, Card, ending, took};
use crate::amounts;
use crate::report::exit::Exit;
use std::borrow::Cow;

/// The number of rows in the table; GitHub limits a summary to 1 MiB for each step. Beyond it, the rest is counted.
const ROWS_MAX: usize = 1_000;

/// How much output is shown for one failure, in bytes. Beyond it, the newest bytes are shown, below a line that says
/// how many are omitted.
const OUTPUT_BYTES_MAX: usize = 4_096;

/// Returns the summary as Markdown text.
pub(super) fn markdown(card: &Card<'_>) -> String {
    let sign = if card.exit == Exit::Ok { "✅" } else { "❌" };
    let mut text =
        format!("## {sign} {}\n\n| | task | agent | state | time |\n|---|---|---|---|---:|\n", cell(&card.headline()));
    for node in card.detail.nodes.iter().take(ROWS_MAX) {
        let (agent, time) = match &node.task {
            Some(task) => (task.agent.clone().unwrap_or_default(), amounts::took(took(task, card.now_ms))),
            None => (String::new(), String::new()),
        };
        let sign = sign_of(Came::of(node));
        text += &format!("| {sign} | {} | {} | {} | {time} |\n", cell(&node.name), cell(&agent), cell(&ending(node)));
    }
    let more = card.detail.nodes.len().saturating_sub(ROWS_MAX);
    if more > 0 {
        text += &format!("\nand {more} more\n");
    }
    for (name, output) in card.failed {
        text += &format!("\n<details><summary>{}</summary>\n\n{}\n</details>\n", html(name), fenced(&newest(output)));
    }
    text.push('\n');
    text
}

fn sign_of(came: Came) -> &'static str {
    match came {
        Came::Verified => "✅",
        Came::Unverified => "☑️",
        Came::Failed | Came::CutShort => "❌",
        Came::Passed => "➖",
    }
}

/// Returns a text that stays within its table cell and contains no markup.
fn cell(text: &str) -> String {
    let plain = html(text).replace('\\', "\\\\").replace('|', "\\|").replace('`', "\\`").replace('*', "\\*");
    plain.replace('[', "\\[").replace(['\n', '\r'], " ")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Returns a block of code whose fence is longer than any fence in it (CommonMark, section 4.5).
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

/// Returns the end of a text, with the number of omitted bytes before it.
fn newest(text: &str) -> Cow<'_, str> {
    let from = text.len().saturating_sub(OUTPUT_BYTES_MAX);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    match from {
        0 => text.into(),
        _ => format!("… {from} bytes omitted\n{}", &text[from..]).into(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::api::plans::{FailMode, Plan, PlanDetail, PlanNode, PlanState};
    use crate::api::tasks::{Task, TaskState, Verified};
    use std::time::Duration;

    /// Returns a plan of four nodes: done, failed, cancelled, never made.
    pub(in crate::headless::plan) fn detail(name: &str, summary: &str) -> PlanDetail {
        let task = |state, verified, summary: &str| Task {
            id: "t1".into(),
            name: "x".into(),
            title: String::new(),
            state,
            summary: summary.into(),
            held: None,
            plan: None,
            parent: None,
            parts: None,
            priority: 0,
            required_capabilities: Vec::new(),
            needs: Vec::new(),
            locks: Vec::new(),
            agent: Some("builder".into()),
            run: None,
            attempt: 1,
            attempts_max: 1,
            barred: None,
            progress_percent: None,
            progress: None,
            verified,
            reason: None,
            queued_ms: 0,
            started_ms: (state != TaskState::Cancelled).then_some(1_000),
            ended_ms: Some(2_500),
        };
        let node = |number: u32, task| PlanNode { name: format!("{name}[{number}]"), layer: number, task };
        PlanDetail {
            plan: Plan {
                id: "p1".into(),
                name: name.into(),
                version: "0".repeat(64),
                state: PlanState::Failed,
                paused: false,
                fail_mode: FailMode::Stop,
                summary: String::new(),
                tasks: 4,
                done: 1,
                failed: 1,
                running: 0,
                cancelled: 1,
                started_ms: 0,
                ended_ms: Some(3_000),
            },
            nodes: vec![
                node(1, Some(task(TaskState::Done, Some(Verified::Verified), "done (verified)"))),
                node(2, Some(task(TaskState::Failed, Some(Verified::Refuted), summary))),
                node(3, Some(task(TaskState::Cancelled, None, "cancelled: skipped"))),
                node(4, None),
            ],
            edges: Vec::new(),
        }
    }

    #[test]
    fn what_agents_say_stays_in_its_cell() {
        let detail = detail("ci", "failed: a|b <script> `x`\n# no heading");
        let failed = vec![("ci[2]".to_owned(), "out ```` put\n</details>".to_owned())];
        let left = ["qd commit builder   # 3 files, not committed".to_owned()];
        let took = Duration::from_millis(3_210);
        let card = Card {
            detail: &detail,
            failed: &failed,
            left: &left,
            exit: Exit::TaskFailed,
            cut: Some("its time limit has passed"),
            took,
            now_ms: 9_000,
        };
        insta::assert_snapshot!(markdown(&card));
        insta::assert_snapshot!(card.lines().join("\n"));
    }

    #[test]
    fn only_the_end_of_a_long_output_is_shown() {
        let long = "é".repeat(OUTPUT_BYTES_MAX);
        let shown = newest(&long);
        assert!(shown.starts_with(&format!("… {OUTPUT_BYTES_MAX} bytes omitted\n")), "{shown}");
        assert_eq!(shown.matches('é').count(), OUTPUT_BYTES_MAX / 2);
        assert_eq!(newest("short"), "short");
    }
}
