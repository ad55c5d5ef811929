//! Everything that is typed into a run's terminal: persons' keys and stop keys at once (`typist.rs`), letters carefully
//! (`courier.rs`), and the order between them.

use super::handle::{Answer, InputRefused};
use super::task::Task;
use super::{Delivered, Letter};
use crate::wire::{INPUT_QUEUE_BYTES_MAX, ToKeeper};
use tokio::time::Instant;

impl Task {
    /// Returns how many bytes wait in the keeper or here.
    pub(super) fn bytes_waiting(&self) -> u64 {
        self.input.waiting() + self.typist.bytes_waiting() + self.courier.bytes_waiting()
    }

    /// Returns the refusal of input that does not fit the keeper's queue; such input is refused as a whole.
    fn refused(&self, bytes: u64) -> Option<InputRefused> {
        let waiting = self.bytes_waiting();
        (waiting + bytes > INPUT_QUEUE_BYTES_MAX as u64).then_some(InputRefused::Full { waiting })
    }

    /// Queues a person's key, or replies why it is refused.
    pub(super) fn take_key(&mut self, bytes: Vec<u8>, reply: Answer<u64>, now: Instant) {
        match self.refused(bytes.len() as u64) {
            Some(why) => drop(reply.send(Err(why))),
            None => self.typist.take(vec![bytes], Some(reply), now),
        }
    }

    /// Queues a letter, or replies why it is refused.
    pub(super) fn take_letter(&mut self, letter: Letter, reply: Answer<Delivered>) {
        let paused = self.patience.is_frozen().then_some(InputRefused::Paused);
        match paused.or_else(|| self.refused(letter.size())) {
            Some(why) => drop(reply.send(Err(why))),
            None => self.courier.take(letter, reply),
        }
    }

    /// Returns when something must be typed next. Nothing is typed between a text and its Enter, and no letter between
    /// the keys of one request.
    pub(super) fn typing_due(&self, now: Instant) -> Option<Instant> {
        match self.typist.next_due() {
            Some(due) if !self.courier.holds_keyboard() => Some(due),
            _ => self.courier.next_due(now),
        }
    }

    /// Types the input that is due.
    pub(super) fn type_due(&mut self, now: Instant) {
        while let Some(bytes) = self.next_bytes(now) {
            self.input.sent(bytes.len() as u64);
            self.screen.typed(&bytes, now);
            self.patience.typed(&bytes, now);
            self.outbox.say(&ToKeeper::Input(&bytes));
        }
    }

    fn next_bytes(&mut self, now: Instant) -> Option<Vec<u8>> {
        let line = self.patience.line(now);
        if self.courier.holds_keyboard()
            && let Some(bytes) = self.courier.next(&mut self.screen, line, now)
        {
            return Some(bytes);
        }
        if self.courier.holds_keyboard() {
            return None;
        }
        if let Some(bytes) = self.typist.next(now) {
            self.courier.others_typed(&bytes);
            return Some(bytes);
        }
        match self.typist.next_due() {
            Some(_) => None,
            None => self.courier.next(&mut self.screen, line, now),
        }
    }
}
