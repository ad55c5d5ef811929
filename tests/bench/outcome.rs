//! The errors of a measurement: each is a sentence. A bench need not tell kinds of errors apart.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// A measured value, or the sentence that says why there is none.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Adds the failed operation to the text of an error.
pub(crate) trait Doing<T> {
    /// Returns the outcome with a failure whose text begins with `what`.
    fn doing(self, what: &str) -> Outcome<T>;
}

impl<T, E: Display> Doing<T> for Result<T, E> {
    fn doing(self, what: &str) -> Outcome<T> {
        self.map_err(|why| format!("{what}: {why}").into())
    }
}

/// Repeats a question until there is an answer, or fails with the name of what was awaited. It asks every 2 ms:
/// measurements carry their own time stamps, so the pace only decides how soon the answer is noticed.
pub(crate) fn until<T>(what: &str, within: Duration, mut ask: impl FnMut() -> Option<T>) -> Outcome<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            return Err(format!("{what}: not within {} s", within.as_secs()).into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
