//! Decides whether output is coloured: by `--color`, else by the environment, else by whether a terminal supports it.
//!
//! The rules apply in this order, as in other programs (`anstream`, which prints clap's own help, knows the same
//! rules):
//!
//! 1. `--color always` or `--color never`;
//! 2. `NO_COLOR`, not empty: no colours (<https://no-color.org>);
//! 3. `CLICOLOR_FORCE`, not empty: colours, also in a pipe (<https://bixense.com/clicolors>);
//! 4. `CLICOLOR=0`: no colours;
//! 5. colours on a terminal whose `TERM` is set and not `dumb`.

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use std::ffi::{OsStr, OsString};

/// Whether output is printed in colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// The output has colours.
    Shown,
    /// The output has no colours.
    Plain,
}

/// The values of the option `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Colours only on a terminal
    #[default]
    Auto,
    /// Colours also in a pipe or a file
    Always,
    /// No colours at all
    Never,
}

impl Colors {
    /// Returns whether colours are shown on a stream.
    pub fn on(stream: &impl RawStream) -> Colors {
        match AutoStream::choice(stream) {
            ColorChoice::Never => Colors::Plain,
            _ => Colors::Shown,
        }
    }
}

impl When {
    /// Returns the value of `--color` in the words of a command line. It is read before clap parses the words, because
    /// clap's own errors and help are coloured too. An invalid value is left to clap, which refuses it.
    pub fn asked(words: &[OsString]) -> When {
        let own = words.iter().take_while(|word| *word != "--");
        let values =
            own.clone().zip(own.clone().skip(1)).filter(|(word, _)| *word == "--color").map(|(_, value)| value);
        let joined = own.filter_map(|word| word.to_str()?.strip_prefix("--color=")).map(OsStr::new);
        let asked = joined.chain(values.map(OsString::as_os_str)).filter_map(OsStr::to_str).last();
        asked.and_then(|word| When::from_str(word, false).ok()).unwrap_or_default()
    }

    /// Applies the choice in the whole program.
    pub fn set(self) {
        let choice = match self {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        };
        choice.write_global();
        if self == When::Always {
            // Otherwise crossterm would follow NO_COLOR by itself.
            crossterm::style::force_color_output(true);
        }
    }

    /// Returns a variable of the environment for code that knows only `NO_COLOR`. The value of `NO_COLOR` follows the
    /// choice here, so that such code makes the same choice.
    pub fn variable(name: &str) -> Option<String> {
        match (name, ColorChoice::global()) {
            ("NO_COLOR", ColorChoice::Never) => Some("1".to_owned()),
            ("NO_COLOR", ColorChoice::Always | ColorChoice::AlwaysAnsi) => None,
            _ => std::env::var(name).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_asked_up_to_the_words_of_others() {
        for (line, when) in [
            ("qd ps", When::Auto),
            ("qd --color always ps", When::Always),
            ("qd ps --color=never", When::Never),
            ("qd --color never ps", When::Never),
            ("qd --color sometimes ps", When::Auto),
            ("qd ps --color", When::Auto),
            ("qd spawn a -- ls --color always", When::Auto),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(When::asked(&words), when, "{line}");
        }
    }
}
