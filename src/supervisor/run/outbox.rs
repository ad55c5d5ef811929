//! Holds the messages of a supervisor to a keeper until the keeper has received them.
//!
//! A connection can break while the keeper has not read everything that was sent over it. Then a signal, a kill or a
//! key would be lost. So every byte is held until the keeper's count says that it was received. Bytes that were not
//! received are sent again over the next connection. A keeper of an older program does not count; nothing is sent to it
//! again.
//!
//! **Invariant:** a keeper receives every message once, however often the connection breaks
//! (`what_was_not_heard_is_said_again_and_nothing_twice`).

use crate::wire::ToKeeper;

/// The most memory of an empty buffer, bytes. Beyond it, the memory is freed.
const KEPT_BYTES_MAX: usize = 128 * 1024;

/// The messages that the keeper has not received yet. Their input is bounded by
/// [`INPUT_QUEUE_BYTES_MAX`](crate::wire::INPUT_QUEUE_BYTES_MAX), for which those that type wait.
#[derive(Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// The number of bytes that were sent over the present connection.
    sent: usize,
    /// The number of bytes that the keeper had heard before the first one that is held. None before its first answer,
    /// and if it does not count.
    heard: Option<u64>,
    /// Whether the keeper has answered over the present connection.
    is_welcome: bool,
}

impl Outbox {
    /// Adds a message behind the others.
    pub(super) fn say(&mut self, message: &ToKeeper<'_>) {
        message.encode(&mut self.bytes);
    }

    /// Returns the bytes that may be sent now. Nothing is sent before the keeper's answer to hello says what it
    /// heard over earlier connections.
    pub(super) fn unsent(&self) -> &[u8] {
        if self.is_welcome { &self.bytes[self.sent..] } else { &[] }
    }

    /// Records that the socket accepted this many of the unsent bytes.
    pub(super) fn sent(&mut self, count: usize) {
        self.sent += count;
        if self.heard.is_none() && self.sent == self.bytes.len() {
            self.forget(self.sent);
        }
    }

    /// Records that a new connection was made.
    pub(super) fn connected(&mut self) {
        self.is_welcome = false;
        if self.heard.is_none() && self.sent > 0 {
            // The keeper does not count, and may have heard half of it.
            self.forget(self.bytes.len());
        }
    }

    /// Records the keeper's answer to hello, with the bytes that it has heard, if it counts.
    pub(super) fn welcomed(&mut self, total: Option<u64>) {
        self.is_welcome = true;
        if let Some(total) = total {
            self.heard.get_or_insert(total);
            self.heard(total);
            self.sent = 0;
        }
    }

    /// Records the number of bytes that the keeper has heard over the run's life.
    pub(super) fn heard(&mut self, total: u64) {
        if let Some(before) = self.heard.replace(total) {
            self.forget(usize::try_from(total.saturating_sub(before)).unwrap_or(usize::MAX));
        }
    }

    fn forget(&mut self, count: usize) {
        let count = count.min(self.bytes.len());
        self.bytes.drain(..count);
        self.sent = self.sent.saturating_sub(count);
        if self.bytes.is_empty() {
            self.bytes.shrink_to(KEPT_BYTES_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A keeper that hears what it reads, in order, and counts.
    #[derive(Default)]
    struct Keeper {
        heard: Vec<u8>,
        /// What is in the socket.
        arrived: Vec<u8>,
    }

    impl Keeper {
        fn reads(&mut self, count: usize) {
            let count = count.min(self.arrived.len());
            self.heard.extend(self.arrived.drain(..count));
        }
    }

    fn send(outbox: &mut Outbox, keeper: &mut Keeper, count: usize) {
        let bytes = outbox.unsent();
        let count = count.min(bytes.len());
        keeper.arrived.extend_from_slice(&bytes[..count]);
        outbox.sent(count);
    }

    fn input(text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        ToKeeper::Input(text).encode(&mut bytes);
        bytes
    }

    proptest! {
        /// Each step says a message, sends some bytes, lets the keeper hear some messages, tells the count, or breaks
        /// the connection.
        #[test]
        fn what_was_not_heard_is_said_again_and_nothing_twice(
            before in 0_u64..100,
            steps in prop::collection::vec((0_u8..5, 0_usize..80), 0..60),
        ) {
            let (mut outbox, mut keeper, mut said) = (Outbox::default(), Keeper::default(), Vec::new());
            let count = |keeper: &Keeper| before + keeper.heard.len() as u64;
            outbox.connected();
            outbox.welcomed(Some(before));
            for (step, amount) in steps {
                match step {
                    0 => {
                        let text = vec![amount as u8; amount % 7];
                        outbox.say(&ToKeeper::Input(&text));
                        // Empty input is not a message.
                        said.extend(if text.is_empty() { Vec::new() } else { input(&text) });
                    }
                    1 => send(&mut outbox, &mut keeper, amount),
                    2 => keeper.reads(amount),
                    3 => outbox.heard(count(&keeper)),
                    _ => {
                        keeper.arrived.clear();
                        outbox.connected();
                        prop_assert!(outbox.unsent().is_empty(), "nothing is said before the answer");
                        outbox.welcomed(Some(count(&keeper)));
                    }
                }
            }
            send(&mut outbox, &mut keeper, usize::MAX);
            keeper.reads(usize::MAX);
            prop_assert_eq!(&keeper.heard, &said);
            outbox.heard(count(&keeper));
            prop_assert!(outbox.bytes.is_empty(), "what was heard is not held");
        }
    }

    #[test]
    fn to_a_keeper_that_does_not_count_nothing_is_said_again() {
        let (mut outbox, mut keeper) = (Outbox::default(), Keeper::default());
        outbox.say(&ToKeeper::Thaw);
        outbox.connected();
        assert!(outbox.unsent().is_empty());
        outbox.welcomed(None);
        send(&mut outbox, &mut keeper, 10);
        outbox.connected();
        outbox.say(&ToKeeper::KillTree);
        outbox.welcomed(None);
        send(&mut outbox, &mut keeper, usize::MAX);
        assert!(outbox.bytes.is_empty());
        assert_eq!(
            keeper.arrived.len(),
            10 + 16,
            "half a message over the first connection, a whole one over the next"
        );
    }
}
