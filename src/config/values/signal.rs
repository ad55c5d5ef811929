//! Names of signals: `SIGTERM`, `TERM`, `int`.

use super::text::{BadValue, quoted, text_value};
use crate::nearest::did_you_mean;
use nix::sys::signal::Signal;
use std::fmt;
use std::str::FromStr;

/// A signal by its name, with or without `SIG`, in any case. Numbers differ between systems and are not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalName(pub Signal);

text_value!(
    SignalName,
    name: "Signal",
    expecting: "the name of a signal, such as \"SIGTERM\" or \"INT\"",
    examples: ["SIGTERM", "SIGINT", "SIGHUP"]
);

impl SignalName {
    /// The signal's number on this system.
    pub fn number(self) -> i32 {
        self.0 as i32
    }
}

impl FromStr for SignalName {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<SignalName, BadValue> {
        let upper = text.to_ascii_uppercase();
        let name = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
        Signal::from_str(&name).map(SignalName).map_err(|_| {
            let guess = did_you_mean(&name, Signal::iterator().map(Signal::as_str))
                .map(|name| format!("; did you mean \"{name}\"?"));
            BadValue(format!("{} is not a signal that this system knows{}", quoted(text), guess.unwrap_or_default()))
        })
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_with_and_without_sig() {
        for text in ["SIGTERM", "TERM", "term", "sigterm"] {
            assert_eq!(text.parse(), Ok(SignalName(Signal::SIGTERM)), "{text}");
        }
        let Err(BadValue(message)) = "SIGTREM".parse::<SignalName>() else { panic!("no such signal") };
        assert!(message.contains("did you mean \"SIGTERM\"?"), "{message}");
        assert!("15".parse::<SignalName>().is_err());
    }
}
