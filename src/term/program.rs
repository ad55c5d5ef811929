//! Reads what programs report of their own state: OSC 7501, the Program Status Protocol, revision 0.2
//! (<https://www.superlogical.com/rex/docs/build/program-status>).
//!
//! A report is `7501;state=S:id=…:kind=…:app=…:msg=BASE64 …`; it replaces the whole record with the same id. A record
//! ends with `state=clear`; a record that says that a program is working or blocked also ends with the next shell
//! prompt (OSC 133 A). A full reset ends all records.
//!
//! One rule differs from the protocol: a report whose text cannot be read is accepted without its text. Otherwise one
//! wrong character would hide that a program asks a person.

use super::cut::plain;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The most records that are kept; the protocol asks for at least 64. Beyond it, the record that was reported longest
/// ago is dropped whole.
const RECORDS_MAX: usize = 64;
/// The longest id of a record, in bytes. Beyond it, the report is dropped whole.
const ID_BYTES_MAX: usize = 128;
/// The longest text that is kept of a report, in characters; the protocol allows 2,048 bytes. Beyond it, the text ends
/// with `…`.
const MESSAGE_CHARS_MAX: usize = 2_048;

/// The state that a program reports of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProgramState {
    /// The program waits for something to do.
    Idle,
    /// The program is working on something.
    Working,
    /// The program has done what it was asked.
    Done,
    /// The program asks a person.
    Blocked(BlockedKind),
    /// The program failed at its work.
    Error,
}

/// The reason why a blocked program asks a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockedKind {
    /// The program waits for an approval.
    Permission,
    /// The program waits for a typed answer; also used if the report gives no reason.
    Question,
    /// The program waits for a login.
    Auth,
}

/// The status that a program reports of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramStatus {
    /// The state that the program reports.
    pub state: ProgramState,
    /// The text of the report, without control characters; empty when the report has none.
    pub message: String,
}

/// The records of one terminal, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Programs {
    records: Vec<(String, ProgramStatus)>,
}

/// The kind of an OSC 7501 by its content.
pub(super) enum Content {
    /// The program asks whether its terminal knows the protocol.
    Query,
    /// The content was a report, and its record is updated.
    Report,
    /// The content is not known to the protocol.
    Unknown,
}

impl Programs {
    /// Reads the content after `7501;` and updates the records.
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

    /// Ends the records of programs that work or are blocked, because the shell shows its prompt again.
    pub(super) fn prompt(&mut self) {
        self.records.retain(|(_, status)| !matches!(status.state, ProgramState::Working | ProgramState::Blocked(_)));
    }

    /// Returns the most urgent record: a blocked program comes before a working one, and so on; among equal states, the
    /// newest.
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
