//! Regular expressions that are matched against lines of output.

use super::text::{BadValue, quoted, text_value};
use regex::{Regex, RegexBuilder};
use std::fmt;
use std::str::FromStr;

/// The longest pattern, bytes. Beyond it, the pattern is refused.
pub const PATTERN_BYTES_MAX: usize = 4_096;

/// The most memory of a compiled pattern, bytes; the regex crate matches in linear time whatever the pattern. Beyond
/// it, the pattern is refused.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A regular expression in the syntax of the regex crate.
#[derive(Clone, Debug)]
pub struct Pattern(pub Regex);

text_value!(
    Pattern,
    name: "Pattern",
    expecting: "a regular expression, such as \"listening on .*:[0-9]+\"",
    examples: ["listening on .*:[0-9]+"]
);

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl FromStr for Pattern {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Pattern, BadValue> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(BadValue(format!("the pattern is longer than {PATTERN_BYTES_MAX} bytes")));
        }
        RegexBuilder::new(text).size_limit(COMPILED_BYTES_MAX).build().map(Pattern).map_err(|error| {
            // The crate's message draws the pattern over several lines; its last line says what is wrong.
            let message = error.to_string();
            let why = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
            BadValue(format!("{} is not a regular expression: {why}", quoted(text)))
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_in_one_line() {
        assert!("ready on port [0-9]+".parse::<Pattern>().is_ok());
        for bad in ["(", "[a", "a{99999999}", &"x".repeat(PATTERN_BYTES_MAX + 1)] {
            let Err(BadValue(message)) = bad.parse::<Pattern>() else { panic!("{bad}") };
            assert!(!message.contains('\n'), "{message}");
        }
    }
}
