//! What a program reports of itself: OSC 7501, the Program Status Protocol, revision 0.2
//! (<https://www.superlogical.com/rex/docs/build/program-status>).
//!
//! A report is `7501;state=S:id=…:kind=…:app=…:msg=BASE64 …`; it replaces the record of its id as a whole. Records end with
//! `state=clear`, and those of a program under way with the next shell prompt (OSC 133 A). A full reset ends all.
//!
//! One thing is otherwise than the protocol says: a report whose text can't be read is taken without its text. That a
//! program waits for a person must not be lost over a bad letter.

use super::signals::plain;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Records kept; the protocol asks for 64 at least. Beyond it, the one that was reported longest ago is dropped whole.
const RECORDS_MAX: usize = 64;
/// The longest id, in bytes. Beyond it, the report is dropped whole.
const ID_BYTES_MAX: usize = 128;
/// The longest text kept of a report, in characters: what 2,048 bytes, its limit, can hold. Beyond it, it ends with
/// `…`.
const MESSAGE_CHARS_MAX: usize = 2_048;

/// What a program says it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProgramState {
    /// It waits for something to do.
    Idle,
    /// It works.
    Working,
    /// It has done what it was asked.
    Done,
    /// It waits for a person.
    Blocked(BlockedKind),
    /// It failed.
    Error,
}

/// What a blocked program waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockedKind {
    /// An approval.
    Permission,
    /// A typed answer; also where the report does not say.
    Question,
    /// A login.
    Auth,
}

/// A program's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramStatus {
    /// What it is doing.
    pub state: ProgramState,
    /// Its words, without control characters; empty when it gave none.
    pub message: String,
}

/// The records of one terminal, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Programs {
    records: Vec<(String, ProgramStatus)>,
}

/// What the content of an OSC 7501 is.
pub(super) enum Content {
    /// The program asks whether its terminal knows the protocol.
    Query,
    /// A report, taken in.
    Report,
    /// Nothing that is known.
    Unknown,
}

impl Programs {
    /// Takes the content behind `7501;` in.
    pub(super) fn take(&mut self, content: &[u8]) -> Content {
        if content.starts_with(b"?") {
            return Content::Query;
        }
        let value = |key: &str| {
            let pairs = content.rsplit(|byte| *byte == b':').filter_map(|pair| std::str::from_utf8(pair).ok());
            pairs
                .filter_map(|pair| pair.split_once('='))
                .find(|(known, _)| known.trim() == key)
                .map(|(_, value)| value.trim())
        };
        let id = value("id").unwrap_or_default();
        if id.len() > ID_BYTES_MAX {
            return Content::Unknown;
        }
        let state = match value("state") {
            Some("idle") => ProgramState::Idle,
            Some("working") => ProgramState::Working,
            Some("done") => ProgramState::Done,
            Some("error") => ProgramState::Error,
            Some("blocked") => ProgramState::Blocked(match value("kind") {
                Some("permission") => BlockedKind::Permission,
                Some("auth") => BlockedKind::Auth,
                _ => BlockedKind::Question,
            }),
            Some("clear") => {
                self.records.retain(|(known, _)| !is_at_or_below(known, id));
                return Content::Report;
            }
            _ => return Content::Unknown,
        };
        self.records.retain(|(known, _)| known != id);
        if self.records.len() == RECORDS_MAX {
            self.records.remove(0);
        }
        let message = value("msg").and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        let message = plain(&String::from_utf8_lossy(&message), MESSAGE_CHARS_MAX);
        self.records.push((id.to_owned(), ProgramStatus { state, message }));
        Content::Report
    }

    /// A shell shows its prompt: what ran before works no more, and waits for nobody.
    pub(super) fn prompt(&mut self) {
        self.records.retain(|(_, status)| !matches!(status.state, ProgramState::Working | ProgramState::Blocked(_)));
    }

    /// The report that says how the whole of it stands: one that waits for a person before one that works, and so on;
    /// of two the same, the newer.
    pub(super) fn foremost(&self) -> Option<&ProgramStatus> {
        let rank = |state: ProgramState| match state {
            ProgramState::Blocked(_) => 4,
            ProgramState::Working => 3,
            ProgramState::Error => 2,
            ProgramState::Done => 1,
            ProgramState::Idle => 0,
        };
        self.records.iter().map(|(_, status)| status).max_by_key(|status| rank(status.state))
    }
}

fn is_at_or_below(id: &str, root: &str) -> bool {
    root.is_empty() || id.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(reports: &[&str]) -> Option<(ProgramState, String)> {
        let mut programs = Programs::default();
        for report in reports {
            programs.take(report.as_bytes());
        }
        programs.foremost().map(|status| (status.state, status.message.clone()))
    }

    #[test]
    fn the_reports_of_real_programs_are_read() {
        let trust = "state=blocked:app=claude-code:kind=permission:msg=dHJ1c3QgdGhpcyBmb2xkZXI=";
        let blocked = ProgramState::Blocked(BlockedKind::Permission);
        assert_eq!(after(&[trust]), Some((blocked, "trust this folder".into())));
        assert_eq!(after(&[trust, "state=working:app=claude-code"]), Some((ProgramState::Working, String::new())));
        assert_eq!(after(&["state=blocked:app=codex:kind=permission"]), Some((blocked, String::new())));
        assert_eq!(after(&["state=error", "state=clear"]), None);
        assert_eq!(
            after(&["state=blocked:kind=auth"]),
            Some((ProgramState::Blocked(BlockedKind::Auth), String::new()))
        );
    }

    #[test]
    fn what_can_not_be_read_costs_no_more_than_itself() {
        assert_eq!(
            after(&["state=working", "state=dancing", "", "state", "nonsense=1"]),
            Some((ProgramState::Working, String::new()))
        );
        let question = ProgramState::Blocked(BlockedKind::Question);
        assert_eq!(after(&["state=blocked:msg=%%%:new=1"]), Some((question, String::new())));
        assert_eq!(after(&["state=blocked:msg=YQpiG2M="]), Some((question, "abc".into())), "no control characters");
        assert_eq!(after(&["state=idle:state=done"]), Some((ProgramState::Done, String::new())), "the last one counts");
    }

    #[test]
    fn a_part_that_waits_is_seen_before_the_whole_that_works() {
        let question = ProgramState::Blocked(BlockedKind::Question);
        assert_eq!(after(&["state=blocked:id=a/b:msg=YQ==", "state=working"]), Some((question, "a".into())));
        assert_eq!(
            after(&["state=blocked:id=a/b", "state=working", "state=clear:id=a"]),
            Some((ProgramState::Working, String::new()))
        );
        assert_eq!(
            after(&["state=blocked:id=ab", "state=clear:id=a"]),
            Some((question, String::new())),
            "not its child"
        );
    }

    #[test]
    fn a_shell_prompt_ends_what_was_under_way() {
        let mut programs = Programs::default();
        for report in ["state=working", "state=blocked:id=a", "state=done:id=b"] {
            programs.take(report.as_bytes());
        }
        programs.prompt();
        assert_eq!(programs.foremost().map(|status| status.state), Some(ProgramState::Done));
    }

    #[test]
    fn a_flood_of_records_is_bounded() {
        let mut programs = Programs::default();
        for count in 0..10_000 {
            programs.take(format!("state=idle:id=n{count}").as_bytes());
        }
        assert_eq!(programs.records.len(), RECORDS_MAX);
    }
}
