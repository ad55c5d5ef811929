//! The messages tab: the newest messages, of all agents or of one.

use crate::api::messages::{Delivery, Message};

/// The most messages that the tab receives, the newest. Beyond it, the tab says that there are older ones.
pub const MESSAGES_MAX: u32 = 500;

/// The state of the messages tab.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessagesTab {
    /// Whether the messages were received from the supervisor.
    pub heard: bool,
    /// Name of the agent, if only messages to or from it are shown.
    pub agent: Option<String>,
    /// The messages that were received, newest first.
    all: Vec<Message>,
    shown: Vec<usize>,
    selected: Option<String>,
    filter: String,
}

impl MessagesTab {
    /// Stores the messages that were received, newest last.
    pub fn apply(&mut self, messages: Vec<Message>) {
        let place = self.place();
        self.all = messages;
        self.all.reverse();
        self.heard = true;
        self.arrange(place);
    }

    /// Shows all messages, or only those of one agent. The messages of the other choice are dropped.
    pub fn choose(&mut self, agent: Option<String>) {
        *self = MessagesTab { agent, filter: std::mem::take(&mut self.filter), ..MessagesTab::default() };
    }

    fn arrange(&mut self, place: usize) {
        let wanted = self.filter.to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let of = |message: &Message| {
            let texts = [&message.from, &message.to, &message.topic, &message.body];
            words.iter().all(|word| texts.iter().any(|text| text.to_lowercase().contains(word)))
        };
        self.shown = (0..self.all.len()).filter(|index| of(&self.all[*index])).collect();
        let newest = place == 0;
        let known = self.selected.as_ref().is_some_and(|id| self.shown().any(|message| message.id == *id));
        // A user who looks at the newest message keeps looking at the newest.
        if !known || newest {
            let last = self.shown.len().saturating_sub(1);
            self.selected = self.shown.get(place.min(last)).map(|index| self.all[*index].id.clone());
        }
    }

    /// Whether there may be older messages that were not received.
    pub fn is_full(&self) -> bool {
        self.all.len() >= MESSAGES_MAX as usize
    }

    /// Returns the messages that are shown, newest first.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &Message> {
        self.shown.iter().map(|index| &self.all[*index])
    }

    /// Shows only the messages in which each word of the filter occurs.
    pub fn set_filter(&mut self, filter: String) {
        let place = self.place();
        self.filter = filter;
        self.arrange(place);
    }

    /// Returns the filter; empty when there is none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Returns the index of the selected message among those that are shown.
    pub fn place(&self) -> usize {
        let of = |id: &String| self.shown().position(|message| message.id == *id);
        self.selected.as_ref().and_then(of).unwrap_or(0)
    }

    /// Returns the selected message.
    pub fn selected(&self) -> Option<&Message> {
        let id = self.selected.as_ref()?;
        self.shown().find(|message| message.id == *id)
    }

    /// Selects the message at an index of the list.
    pub fn select(&mut self, place: usize) {
        if let Some(index) = self.shown.get(place) {
            self.selected = Some(self.all[*index].id.clone());
        }
    }

    /// Selects the message with this id, if it is shown.
    pub fn select_id(&mut self, id: &str) {
        if self.shown().any(|message| message.id == id) {
            self.selected = Some(id.to_owned());
        }
    }

    /// Moves the selection in the list up or down.
    pub fn step(&mut self, rows: isize) {
        let last = self.shown.len().saturating_sub(1);
        self.select(self.place().saturating_add_signed(rows).min(last));
    }

    /// Returns the number of messages that nobody has taken yet.
    pub fn undelivered(&self) -> usize {
        self.all.iter().filter(|message| message.delivery == Delivery::Pending).count()
    }

    /// Checks what must hold after every change.
    ///
    /// # Errors
    /// A condition does not hold; the error names it.
    pub fn check(&self) -> Result<(), String> {
        let sound = self.shown.is_empty() != self.selected().is_some();
        if sound { Ok(()) } else { Err("no message, or an unknown one, is selected".to_owned()) }
    }
}
