//! The state of writing a task or a message: an editor for the text, and a few fields. A text is not lost by accident:
//! leaving asks first, and the editor stays until the supervisor has accepted the text.

use crate::api::call::Call;
use crate::api::messages::{NewMessage, SEND_MESSAGE};
use crate::api::tasks::{ADD_TASK, NewTask};
use crate::tui::input::{Code, Key};
use crate::tui::link::RequestId;
use ratatui::style::{Modifier, Style};
use ratatui_textarea::{Input, Key as AreaKey, TextArea, WrapMode};

/// The longest text of a task or message, in bytes, as the supervisor limits it. Beyond it, further text is refused.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// The most steps of the editor that can be undone. Beyond it, the oldest can't be undone any more.
const UNDO_STEPS_MAX: usize = 200;
/// The longest topic of a message, in characters. Beyond it, further characters are refused.
pub const TOPIC_CHARS_MAX: usize = 100;
/// The highest priority; its negative is the lowest. Beyond it, the priority is set to the limit.
pub const PRIORITY_MAX: i32 = 99;

/// The kind of text that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Task,
    Message,
}

/// The field of the editor that is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Text,
    /// The field of the agent that is to do the task, or gets the message.
    Agent,
    /// The field of a task's priority, or of a message's topic.
    Last,
}

/// Whether the editor asks before it closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    #[default]
    No,
    /// Esc was pressed while there is a text: the editor asks whether to discard it.
    Asked,
}

/// A task or a message that is being written.
#[derive(Clone, Debug, PartialEq)]
pub struct Compose {
    pub piece: Piece,
    pub text: Editor,
    /// Name of the agent; none means any agent for a task, or all agents for a message.
    pub agent: Option<String>,
    pub priority: i32,
    pub topic: String,
    pub place: Place,
    pub leaving: Leaving,
    /// Number of the request that is under way, if one is.
    pub sending: Option<RequestId>,
    /// Description of what is wrong with the text, if something is.
    pub error: Option<String>,
}

/// An editor for text of several lines.
#[derive(Clone, Debug)]
pub struct Editor(TextArea<'static>);

impl PartialEq for Editor {
    fn eq(&self, other: &Editor) -> bool {
        self.0.lines() == other.0.lines() && self.0.cursor() == other.0.cursor()
    }
}

impl Default for Editor {
    fn default() -> Editor {
        let mut area = TextArea::default();
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_max_histories(UNDO_STEPS_MAX);
        area.set_cursor_line_style(Style::default());
        area.set_cursor_style(Style::default().add_modifier(Modifier::REVERSED));
        Editor(area)
    }
}

impl Editor {
    /// Returns the text that was written in the editor.
    pub fn text(&self) -> String {
        self.0.lines().join("\n")
    }

    /// Whether the text contains nothing but blanks.
    pub fn is_blank(&self) -> bool {
        self.0.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Handles a key. Characters beyond [`TEXT_BYTES_MAX`] are refused.
    ///
    /// # Errors
    /// The text is full.
    pub fn press(&mut self, key: Key) -> Result<(), String> {
        if key.typed().is_some() || key.code == Code::Enter {
            self.room_for(4)?;
        }
        self.0.input(Input { key: area_key(key.code), ctrl: key.held.ctrl, alt: key.held.alt, shift: key.held.shift });
        Ok(())
    }

    /// Inserts pasted text and keeps its lines.
    ///
    /// # Errors
    /// There is no room for all of it; nothing is inserted.
    pub fn paste(&mut self, text: &str) -> Result<(), String> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let kept: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        self.room_for(kept.len())?;
        self.0.insert_str(kept);
        Ok(())
    }

    fn room_for(&self, bytes: usize) -> Result<(), String> {
        let used: usize = self.0.lines().iter().map(|line| line.len() + 1).sum();
        match used + bytes <= TEXT_BYTES_MAX {
            true => Ok(()),
            false => Err(format!("the text is at its limit of {} KiB", TEXT_BYTES_MAX / 1024)),
        }
    }

    /// Returns the widget that draws the editor.
    pub fn area(&self) -> &TextArea<'static> {
        &self.0
    }
}

fn area_key(code: Code) -> AreaKey {
    match code {
        Code::Char(character) => AreaKey::Char(character),
        Code::F(number) => AreaKey::F(number),
        Code::Enter => AreaKey::Enter,
        Code::Esc => AreaKey::Esc,
        Code::Backspace => AreaKey::Backspace,
        Code::Delete => AreaKey::Delete,
        Code::Up => AreaKey::Up,
        Code::Down => AreaKey::Down,
        Code::Left => AreaKey::Left,
        Code::Right => AreaKey::Right,
        Code::Home => AreaKey::Home,
        Code::End => AreaKey::End,
        Code::PageUp => AreaKey::PageUp,
        Code::PageDown => AreaKey::PageDown,
        Code::Tab | Code::BackTab | Code::Insert => AreaKey::Null,
    }
}

impl Place {
    /// Returns the field below; after the last comes the first.
    pub fn next(self) -> Place {
        match self {
            Place::Text => Place::Agent,
            Place::Agent => Place::Last,
            Place::Last => Place::Text,
        }
    }
}

impl Compose {
    /// Returns an empty form, for one agent or for any.
    pub fn new(piece: Piece, agent: Option<String>) -> Compose {
        Compose {
            piece,
            text: Editor::default(),
            agent,
            priority: 0,
            topic: String::new(),
            place: Place::Text,
            leaving: Leaving::No,
            sending: None,
            error: None,
        }
    }

    /// Returns the call that submitting the form makes.
    ///
    /// # Errors
    /// A field is missing; the error says which.
    pub fn call(&self) -> Result<Call, String> {
        if self.text.is_blank() {
            return Err(match self.piece {
                Piece::Task => "describe the work".to_owned(),
                Piece::Message => "say something".to_owned(),
            });
        }
        Ok(match self.piece {
            Piece::Task => {
                let (prompt, priority, agent) = (self.text.text(), self.priority, self.agent.clone());
                ADD_TASK.call(&[], &NewTask { prompt, priority, agent, ..NewTask::default() })
            }
            Piece::Message => {
                let (to, topic, body) = (self.agent.iter().cloned().collect(), self.sent_topic(), self.text.text());
                SEND_MESSAGE.call(&[], &NewMessage { to, topic, body, ..NewMessage::default() })
            }
        })
    }

    /// Returns the topic to send. A message to no agent in particular without a topic gets a topic that reaches all.
    fn sent_topic(&self) -> Option<String> {
        match (self.topic.trim(), &self.agent) {
            ("", None) => Some("broadcast.message".to_owned()),
            ("", Some(_)) => None,
            (topic, _) => Some(topic.to_owned()),
        }
    }

    /// Chooses the agent `by` places further on among the known ones; before the first comes "any".
    pub fn choose_agent<'a>(&mut self, names: impl Iterator<Item = &'a str>, by: isize) {
        let choices: Vec<Option<&str>> = std::iter::once(None).chain(names.map(Some)).collect();
        let now = choices.iter().position(|choice| *choice == self.agent.as_deref()).unwrap_or(0) as isize;
        let next = (now + by).rem_euclid(choices.len() as isize) as usize;
        self.agent = choices[next].map(str::to_owned);
    }

    /// Chooses the next agent whose name begins with a letter.
    pub fn seek_agent<'a>(&mut self, names: impl Iterator<Item = &'a str>, begins: char) {
        let names: Vec<&str> = names.filter(|name| name.to_lowercase().starts_with(begins)).collect();
        let now = names.iter().position(|name| Some(*name) == self.agent.as_deref());
        let next = now.map_or(0, |now| (now + 1) % names.len());
        if let Some(name) = names.get(next) {
            self.agent = Some((*name).to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_keeps_its_lines_and_a_text_has_a_limit() {
        let mut editor = Editor::default();
        editor.paste("one\r\ntwo\u{1b}[31m\tthree").unwrap();
        assert_eq!(editor.text(), "one\ntwo[31m\tthree");
        assert!(editor.paste(&"x".repeat(TEXT_BYTES_MAX)).unwrap_err().contains("64 KiB"));
        assert_eq!(editor.text(), "one\ntwo[31m\tthree", "nothing of it was taken");
    }

    #[test]
    fn a_message_to_nobody_in_particular_reaches_all() {
        let mut compose = Compose::new(Piece::Message, None);
        assert_eq!(compose.call(), Err("say something".to_owned()));
        compose.text.paste("stop").unwrap();
        let sent = |to: &[&str], topic: Option<&str>| {
            let to = to.iter().map(|name| (*name).to_owned()).collect();
            let topic = topic.map(str::to_owned);
            SEND_MESSAGE.call(&[], &NewMessage { to, topic, body: "stop".to_owned(), ..NewMessage::default() })
        };
        assert_eq!(compose.call(), Ok(sent(&[], Some("broadcast.message"))));
        compose.choose_agent(["builder", "docs"].into_iter(), -1);
        assert_eq!(compose.call(), Ok(sent(&["docs"], None)));
    }
}
