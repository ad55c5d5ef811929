//! The queue of input that the terminal has not accepted yet: it is bounded, and never delays the reading of output.

use crate::wire::INPUT_QUEUE_BYTES_MAX;
use std::collections::VecDeque;
use std::io;
use std::os::fd::BorrowedFd;

/// The most memory of an empty queue, bytes. Beyond it, the memory is freed.
const KEPT_BYTES_MAX: usize = 16 * 1024;

/// The queue of input, and the counts of accepted and dropped bytes.
#[derive(Debug, Default)]
pub(super) struct Input {
    queue: VecDeque<u8>,
    /// The number of bytes that the terminal accepted, over the run's life.
    pub(super) taken: u64,
    /// The number of bytes that did not fit into the queue, over the run's life.
    pub(super) dropped: u64,
}

impl Input {
    /// Puts bytes into the queue: all of them, or, if they do not fit, none.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.queue.len() + bytes.len() > INPUT_QUEUE_BYTES_MAX {
            self.dropped += bytes.len() as u64;
        } else {
            self.queue.extend(bytes);
        }
    }

    /// Whether no input waits to be typed.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Drops the waiting input, because no process remains to read it.
    pub(super) fn discard(&mut self) {
        self.dropped += self.queue.len() as u64;
        self.queue = VecDeque::new();
    }

    /// Types the bytes that the terminal accepts now, without waiting.
    pub(super) fn type_into(&mut self, terminal: BorrowedFd<'_>) {
        while !self.queue.is_empty() {
            match rustix::io::write(terminal, self.queue.as_slices().0) {
                Ok(0) | Err(rustix::io::Errno::AGAIN) => break,
                Ok(count) => {
                    self.queue.drain(..count);
                    self.taken += count as u64;
                }
                Err(error) if io::Error::from(error).kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.discard(),
            }
        }
        if self.queue.is_empty() && self.queue.capacity() > KEPT_BYTES_MAX {
            self.queue = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn what_does_not_fit_is_dropped_whole_and_counted() {
        let mut input = Input::default();
        input.push(&vec![b'x'; INPUT_QUEUE_BYTES_MAX - 2]);
        input.push(b"abc");
        input.push(b"de");
        assert_eq!((input.dropped, input.queue.len()), (3, INPUT_QUEUE_BYTES_MAX));
        input.discard();
        assert_eq!(input.dropped, 3 + INPUT_QUEUE_BYTES_MAX as u64);
        assert!(input.is_empty());
    }

    #[test]
    fn takes_only_what_is_taken() {
        let (reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
        writer.set_nonblocking(true).unwrap();
        let mut input = Input::default();
        input.push(&vec![b'x'; INPUT_QUEUE_BYTES_MAX]);
        input.type_into(writer.as_fd());
        assert!(!input.is_empty() && input.taken > 0);
        assert_eq!(input.taken + input.queue.len() as u64, INPUT_QUEUE_BYTES_MAX as u64);
        // Shut down, not only dropped: a process that another test is just starting may hold it open for a moment.
        reader.shutdown(std::net::Shutdown::Both).unwrap();
        input.type_into(writer.as_fd());
        assert!(input.is_empty());
        assert_eq!(input.taken + input.dropped, INPUT_QUEUE_BYTES_MAX as u64);
    }
}
