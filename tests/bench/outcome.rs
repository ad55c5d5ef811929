//! What can go wrong while measuring: a sentence. A bench has nobody to tell errors apart for.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// A measured value, or the sentence that says why there is none.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Puts what was being done before what went wrong.
pub(crate) trait Doing<T> {
    /// The same outcome; a failure now begins with `what`.
    fn doing(self, what: &str) -> Outcome<T>;
}

impl<T, E: Display> Doing<T> for Result<T, E> {
    fn doing(self, what: &str) -> Outcome<T> {
        self.map_err(|why| format!("{what}: {why}").into())
    }
}

/// Asks until there is an answer, or says what was awaited in vain. Asks every 2 ms: what is measured carries
/// its own time stamps, so the pace only decides how soon we notice.
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
