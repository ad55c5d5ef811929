//! Writing a task or a message: an editor for the text, and a few fields. What was written is not lost by accident:
//! leaving asks, and the editor stays until the supervisor has taken the text.

use crate::api::messages::NewMessage;
use crate::api::tasks::NewTask;
use crate::tui::input::{Code, Key};
use crate::tui::link::{Deed, RequestId};
use ratatui::style::{Modifier, Style};
use ratatui_textarea::{Input, Key as AreaKey, TextArea, WrapMode};

/// The longest text of a form, bytes. Beyond it, the supervisor refuses it too; no more is taken.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Steps that can be undone. Beyond it, the oldest can't be undone any more.
const UNDO_STEPS_MAX: usize = 200;
/// The longest topic, in characters. Beyond it, no more is taken.
pub const TOPIC_CHARS_MAX: usize = 100;
/// Priorities reach so far both ways. Beyond it, they stay there.
pub const PRIORITY_MAX: i32 = 99;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Task,
    Message,
}

/// Where writing goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Text,
    /// Which agent is to do it, or gets it.
    Agent,
    /// A task's priority, or a message's topic.
    Last,
}

/// How it is to be left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    #[default]
    No,
    /// Esc was pressed over a text: asked whether it is to be thrown away.
    Asked,
}

/// A task or a message being written.
#[derive(Clone, Debug, PartialEq)]
pub struct Compose {
    pub piece: Piece,
    pub text: Editor,
    /// The agent; none: any, or all.
    pub agent: Option<String>,
    pub priority: i32,
    pub topic: String,
    pub place: Place,
    pub leaving: Leaving,
    /// The request under way.
    pub sending: Option<RequestId>,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// An editor of several lines.
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
    /// What was written.
    pub fn text(&self) -> String {
        self.0.lines().join("\n")
    }

    /// Whether nothing was written but blanks.
    pub fn is_blank(&self) -> bool {
        self.0.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Takes a key. Characters beyond [`TEXT_BYTES_MAX`] are refused.
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

    /// Takes a paste, its lines kept.
    ///
    /// # Errors
    /// There is no room for all of it; nothing is taken.
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

    /// As a widget.
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
    /// The one below, around.
    pub fn next(self) -> Place {
        match self {
            Place::Text => Place::Agent,
            Place::Agent => Place::Last,
            Place::Last => Place::Text,
        }
    }
}

impl Compose {
    /// A blank one, for an agent or for any.
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

    /// What is asked for when it is submitted.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn deed(&self) -> Result<Deed, String> {
        if self.text.is_blank() {
            return Err(match self.piece {
                Piece::Task => "say what is to be done".to_owned(),
                Piece::Message => "say something".to_owned(),
            });
        }
        Ok(match self.piece {
            Piece::Task => Deed::AddTask(NewTask {
                prompt: self.text.text(),
                priority: self.priority,
                agent: self.agent.clone(),
                ..NewTask::default()
            }),
            Piece::Message => Deed::SendMessage(NewMessage {
                to: self.agent.iter().cloned().collect(),
                topic: self.sent_topic(),
                body: self.text.text(),
                ..NewMessage::default()
            }),
        })
    }

    /// The topic as it is sent: to nobody in particular it must be one that reaches all.
    fn sent_topic(&self) -> Option<String> {
        match (self.topic.trim(), &self.agent) {
            ("", None) => Some("broadcast.message".to_owned()),
            ("", Some(_)) => None,
            (topic, _) => Some(topic.to_owned()),
        }
    }

    /// The agent so many further on among those that are known; before the first comes any.
    pub fn choose_agent<'a>(&mut self, names: impl Iterator<Item = &'a str>, by: isize) {
        let choices: Vec<Option<&str>> = std::iter::once(None).chain(names.map(Some)).collect();
        let now = choices.iter().position(|choice| *choice == self.agent.as_deref()).unwrap_or(0) as isize;
        let next = (now + by).rem_euclid(choices.len() as isize) as usize;
        self.agent = choices[next].map(str::to_owned);
    }

    /// The next agent whose name begins so.
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
        assert_eq!(compose.deed(), Err("say something".to_owned()));
        compose.text.paste("stop").unwrap();
        let Ok(Deed::SendMessage(message)) = compose.deed() else { panic!("no message") };
        assert_eq!((message.to.len(), message.topic.as_deref()), (0, Some("broadcast.message")));
        compose.choose_agent(["builder", "docs"].into_iter(), -1);
        let Ok(Deed::SendMessage(message)) = compose.deed() else { panic!("no message") };
        assert_eq!((message.to, message.topic), (vec!["docs".to_owned()], None));
    }
}
