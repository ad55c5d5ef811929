//! Decides which key triggers which action. The table of actions is in `table`, their keys are in `assets/keys.toml`;
//! the key bar and the help are made from both, so neither can be wrong.

mod table;

use super::input::{Code, Key, parse_chord};
use crate::nearest::hint_for_unknown;
use std::collections::BTreeMap;
use std::fmt;
use toml::de::{DeTable, DeValue};

pub use table::{Context, Does, ENTRIES, Entry};

/// The default keys, in the form of a keymap file.
pub const BUILT_IN: &str = include_str!("../../../assets/keys.toml");

/// The actions that must keep at least one key, so that a user can always leave.
const NEEDED: [Does; 2] = [Does::Quit, Does::TypingLeave];

/// A keymap: the keys of every action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    keys: BTreeMap<Does, Vec<Key>>,
    does: BTreeMap<(Context, Key), Does>,
}

/// An error in a keymap file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeymapError {
    /// Number of the line, from 1; 0 when the error is about the whole file.
    pub line: usize,
    /// Description of the error, and of what would be right.
    pub what: String,
}

impl fmt::Display for KeymapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.what) } else { write!(f, "line {}: {}", self.line, self.what) }
    }
}

impl std::error::Error for KeymapError {}

impl Default for Keymap {
    /// Returns the default keys.
    ///
    /// # Panics
    /// Panics if the file that is part of the program is wrong (`keymap::tests::every_action_has_a_key_as_shipped`).
    fn default() -> Keymap {
        let empty = Keymap { keys: BTreeMap::new(), does: BTreeMap::new() };
        empty.overlaid(BUILT_IN).expect("the keys as shipped are right")
    }
}

impl Keymap {
    /// Returns these keys, overlaid with those of a user's file. Pure.
    ///
    /// # Errors
    /// The file has an error; the first one is returned, and these keys stay.
    pub fn overlaid(&self, text: &str) -> Result<Keymap, KeymapError> {
        let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        let table = DeTable::parse(text).map_err(|error| KeymapError {
            line: error.span().map_or(0, |span| line_of(span.start)),
            what: error.message().to_owned(),
        })?;
        let mut keys = self.keys.clone();
        for (context_name, entries) in table.get_ref() {
            let wrong = |offset, what| KeymapError { line: line_of(offset), what };
            let context = Context::ALL
                .into_iter()
                .find(|context| context.name() == context_name.get_ref().as_ref())
                .ok_or_else(|| wrong(context_name.span().start, unknown("table", context_name.get_ref(), &tables())))?;
            let DeValue::Table(entries) = entries.get_ref() else {
                return Err(wrong(
                    entries.span().start,
                    format!("`{}` is a table: write [{0}]", context_name.get_ref()),
                ));
            };
            for (name, value) in entries {
                let entry = ENTRIES
                    .iter()
                    .find(|entry| entry.context == context && entry.name == name.get_ref().as_ref())
                    .ok_or_else(|| wrong(name.span().start, unknown("action", name.get_ref(), &names(context))))?;
                let chords = chords(value.get_ref()).map_err(|what| wrong(value.span().start, what))?;
                check(entry, &chords).map_err(|what| wrong(value.span().start, what))?;
                keys.insert(entry.does, chords);
            }
        }
        Keymap::indexed(keys)
    }

    fn indexed(keys: BTreeMap<Does, Vec<Key>>) -> Result<Keymap, KeymapError> {
        let mut does: BTreeMap<(Context, Key), Does> = BTreeMap::new();
        for entry in ENTRIES {
            for key in keys.get(&entry.does).into_iter().flatten() {
                if let Some(other) = does.insert((entry.context, *key), entry.does).filter(|other| *other != entry.does)
                {
                    let what = format!(
                        "{key} is bound twice in [{}]: to `{}` and to `{}`; give one of them another key",
                        entry.context.name(),
                        info(other).name,
                        entry.name
                    );
                    return Err(KeymapError { line: 0, what });
                }
            }
        }
        let clash = does.iter().filter(|((context, _), _)| context.is_tab()).find_map(|((_, key), own)| {
            let common = does.get(&(Context::Fleet, *key)).filter(|common| common.is_common())?;
            Some((*key, *own, *common))
        });
        match clash {
            None => Ok(Keymap { keys, does }),
            Some((key, own, common)) => {
                let (own, common) = (info(own), info(common));
                let what = format!(
                    "{key} is bound to `{}` in [{}], and to `{}`, which holds in every tab; give one of them another key",
                    own.name,
                    own.context.name(),
                    common.name
                );
                Err(KeymapError { line: 0, what })
            }
        }
    }

    /// Returns the action of a key in a context.
    pub fn does(&self, context: Context, key: &Key) -> Option<Does> {
        self.does.get(&(context, *key)).copied()
    }

    /// Returns the action of a key in a tab beside the fleet: the action bound in the tab, else the one common to all
    /// tabs.
    pub fn does_in_tab(&self, context: Context, key: &Key) -> Option<Does> {
        self.does(context, key).or_else(|| self.does(Context::Fleet, key).filter(|does| does.is_common()))
    }

    /// Returns the keys of an action; the first is the one to show.
    pub fn keys(&self, does: Does) -> &[Key] {
        self.keys.get(&does).map_or(&[], Vec::as_slice)
    }

    /// Returns the key to show for an action; empty when it has none.
    pub fn shown(&self, does: Does) -> String {
        self.keys(does).first().map(Key::to_string).unwrap_or_default()
    }
}

/// Returns the entry of an action in the table.
pub fn info(does: Does) -> &'static Entry {
    ENTRIES.iter().find(|entry| entry.does == does).unwrap_or(&ENTRIES[0])
}

fn chords(value: &DeValue<'_>) -> Result<Vec<Key>, String> {
    let one = |value: &DeValue<'_>| match value {
        DeValue::String(text) => parse_chord(text),
        _ => Err("a key is a string, such as \"ctrl-]\"".to_owned()),
    };
    match value {
        DeValue::Array(values) => values.iter().map(|value| one(value.get_ref())).collect(),
        single => one(single).map(|key| vec![key]),
    }
}

fn check(entry: &Entry, chords: &[Key]) -> Result<(), String> {
    if chords.is_empty() && NEEDED.contains(&entry.does) {
        return Err(format!("`{}` needs a key: without one you could not leave", entry.name));
    }
    let takes_from_agent = |key: &&Key| !key.held.ctrl && !key.held.alt && !matches!(key.code, Code::F(_));
    match chords.iter().find(takes_from_agent).filter(|_| entry.context == Context::Typing) {
        Some(key) => {
            Err(format!("{key} could not be typed into the agent any more; use a chord with ctrl or alt, or f1 to f24"))
        }
        None => Ok(()),
    }
}

fn tables() -> Vec<&'static str> {
    Context::ALL.map(Context::name).to_vec()
}

fn names(context: Context) -> Vec<&'static str> {
    ENTRIES.iter().filter(|entry| entry.context == context).map(|entry| entry.name).collect()
}

fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    let hint = hint_for_unknown(name, known.iter().copied());
    format!("unknown {kind} `{name}`; {}", hint.unwrap_or_else(|| format!("known are {}", known.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_action_has_a_key_as_shipped() {
        let keymap = Keymap::default();
        for entry in ENTRIES {
            assert!(!keymap.keys(entry.does).is_empty(), "{} has no key", entry.name);
        }
        assert_eq!(keymap.shown(Does::TypingLeave), "Ctrl-]");
    }

    #[test]
    fn a_user_replaces_single_actions() {
        let keymap = Keymap::default().overlaid("[fleet]\nkill = \"ctrl-k\"\n[typing]\nleave = [\"f12\"]\n").unwrap();
        assert_eq!(keymap.does(Context::Fleet, &Key::ctrl('k')), Some(Does::Kill));
        assert_eq!(keymap.does(Context::Fleet, &Key::plain(Code::Char('K'))), None);
        assert_eq!(keymap.shown(Does::TypingLeave), "F12");
        assert_eq!(keymap.does(Context::Fleet, &Key::plain(Code::Char('p'))), Some(Does::Pause));
    }

    #[test]
    fn mistakes_are_named_with_line_and_remedy() {
        for (text, says) in [
            ("[fleet]\nkil = \"x\"", "line 2: unknown action `kil`; did you mean `kill`?"),
            ("[flet]\n", "line 1: unknown table `flet`; did you mean `fleet`?"),
            ("[fleet]\npause = 3", "line 2: a key is a string, such as \"ctrl-]\""),
            ("[fleet]\npause = \"hyper-p\"", "line 2: `hyper-p`: `hyper` is not a modifier"),
            ("[fleet]\npause = \"s\"", "S is bound twice"),
            ("[tasks]\nretry = \"q\"", "q is bound to `retry` in [tasks], and to `quit`, which holds in every tab"),
            ("[fleet]\nquit = []", "line 2: `quit` needs a key"),
            ("[typing]\nleave = \"x\"", "line 2: x could not be typed into the agent"),
            ("fleet = 3", "line 1: `fleet` is a table"),
            ("[fleet\n", "line 1: "),
        ] {
            let error = Keymap::default().overlaid(text).expect_err(text).to_string();
            assert!(error.to_lowercase().contains(&says.to_lowercase()), "{text:?} gave {error:?}");
        }
    }

    proptest! {
        /// The loader never panics, and a keymap that it accepts has no chord with two meanings in one context.
        #[test]
        fn any_text_is_read_or_refused(text in "(\\[(fleet|tasks|scroll|typing|x)\\]\n)?((up|kill|leave|quit|é) = (\"[a-z-]{0,9}\"|\\[\"(ctrl-)?.\"\\]|3)\n){0,4}") {
            let _ = Keymap::default().overlaid(&text);
        }

        #[test]
        fn what_a_chord_shows_reads_back(ctrl: bool, alt: bool, shift: bool, which in 0usize..24) {
            let names = ["a", "Z", "]", "enter", "esc", "tab", "backspace", "delete", "insert", "up", "down", "left",
                "right", "home", "end", "pageup", "pagedown", "space", "f1", "f12", "é", "-", "4", "backtab"];
            let written = format!("{}{}{}{}", if ctrl { "ctrl-" } else { "" }, if alt { "alt-" } else { "" },
                if shift { "shift-" } else { "" }, names[which]);
            let key = parse_chord(&written).unwrap();
            prop_assert!(!key.to_string().is_empty());
            prop_assert_eq!(parse_chord(&written), Ok(key));
        }
    }
}
