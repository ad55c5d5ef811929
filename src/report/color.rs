//! Whether output is coloured: what `--color` says, else the environment, else whether a terminal takes it.
//!
//! In this order, as other programs have it (`anstream`, which clap's own help goes through, knows the rules):
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

/// Whether colours are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// They are.
    Shown,
    /// They are not.
    Plain,
}

/// What `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    #[default]
    Auto,
    /// Also in a pipe or a file
    Always,
    /// Not at all
    Never,
}

impl Colors {
    /// Whether colours are shown on a stream.
    pub fn on(stream: &impl RawStream) -> Colors {
        match AutoStream::choice(stream) {
            ColorChoice::Never => Colors::Plain,
            _ => Colors::Shown,
        }
    }
}

impl When {
    /// What the words of a command line ask for. They are looked at before clap takes them apart, because its own errors
    /// and help are coloured too; a value that is none is left to clap, which refuses it.
    pub fn asked(words: &[OsString]) -> When {
        let own = words.iter().take_while(|word| *word != "--");
        let values =
            own.clone().zip(own.clone().skip(1)).filter(|(word, _)| *word == "--color").map(|(_, value)| value);
        let joined = own.filter_map(|word| word.to_str()?.strip_prefix("--color=")).map(OsStr::new);
        let asked = joined.chain(values.map(OsString::as_os_str)).filter_map(OsStr::to_str).last();
        asked.and_then(|word| When::from_str(word, false).ok()).unwrap_or_default()
    }

    /// Makes it hold in the whole program.
    pub fn set(self) {
        let choice = match self {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        };
        choice.write_global();
        if self == When::Always {
            // It would heed NO_COLOR by itself.
            crossterm::style::force_color_output(true);
        }
    }

    /// A variable of the environment as a room sees it that knows only `NO_COLOR`.
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
