//! Which key does what. The table of actions is here, their keys are in `assets/keys.toml`; the key bar and the
//! help are made from both, so neither can say what is not so.

use super::input::{Code, Key, parse_chord};
use std::collections::BTreeMap;
use std::fmt;
use toml::de::{DeTable, DeValue};

/// The keys as shipped.
pub const BUILT_IN: &str = include_str!("../../assets/keys.toml");

/// Where keys go decides what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// To Quarterdeck.
    Fleet,
    /// To the frozen copy of a terminal that is scrolled and searched.
    Scroll,
    /// To the agent, but for what is bound here.
    Typing,
}

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Does {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    Type,
    Pause,
    StartStop,
    Restart,
    Kill,
    New,
    Forget,
    Filter,
    Grid,
    Zoom,
    Explain,
    Scroll,
    PageDown,
    Focus,
    Back,
    Redraw,
    Suspend,
    Help,
    Quit,
    ScrollLineUp,
    ScrollLineDown,
    ScrollPageUp,
    ScrollPageDown,
    ScrollTop,
    ScrollBottom,
    Search,
    SearchNext,
    SearchPrevious,
    ScrollLeave,
    TypingLeave,
}

/// One line of the table of actions.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it does.
    pub does: Does,
    /// Where.
    pub context: Context,
    /// Its name in the file.
    pub name: &'static str,
    /// For the key bar.
    pub label: &'static str,
    /// For the help.
    pub help: &'static str,
    /// Its place in the key bar, lowest first; none keeps it out.
    pub bar: Option<u8>,
}

/// What an action that has to be reachable may not lose: all its keys.
const NEEDED: [Does; 2] = [Does::Quit, Does::TypingLeave];

const fn entry(
    does: Does,
    context: Context,
    name: &'static str,
    label: &'static str,
    help: &'static str,
    bar: Option<u8>,
) -> Entry {
    Entry { does, context, name, label, help, bar }
}

/// Every action, in the order of the help.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    entry(Does::Up, Context::Fleet, "up", "up", "go to the agent above", None),
    entry(Does::Down, Context::Fleet, "down", "down", "go to the agent below", None),
    entry(Does::Left, Context::Fleet, "left", "left", "in the grid, go left", None),
    entry(Does::Right, Context::Fleet, "right", "right", "in the grid, go right", None),
    entry(Does::First, Context::Fleet, "first", "first", "go to the first agent", None),
    entry(Does::Last, Context::Fleet, "last", "last", "go to the last agent", None),
    entry(Does::Type, Context::Fleet, "type", "type", "type into the agent", Some(0)),
    entry(Does::Pause, Context::Fleet, "pause", "pause", "freeze its whole tree, or thaw it", Some(2)),
    entry(Does::StartStop, Context::Fleet, "start_stop", "stop", "start it, or stop it; a second time skips the grace", Some(1)),
    entry(Does::Restart, Context::Fleet, "restart", "restart", "stop it, then start it, newly configured", Some(4)),
    entry(Does::Kill, Context::Fleet, "kill", "kill", "SIGKILL its whole tree, after asking", Some(6)),
    entry(Does::New, Context::Fleet, "new", "new", "start a new agent that is not in the file", Some(5)),
    entry(Does::Forget, Context::Fleet, "forget", "forget", "forget an agent that does not run, after asking", None),
    entry(Does::Filter, Context::Fleet, "filter", "filter", "show only the agents that match", Some(7)),
    entry(Does::Grid, Context::Fleet, "grid", "grid", "show many terminals at once, or one", Some(8)),
    entry(Does::Zoom, Context::Fleet, "zoom", "zoom", "show its terminal alone, or the panels again", Some(9)),
    entry(Does::Explain, Context::Fleet, "explain", "explain", "say why it is as it is", Some(10)),
    entry(Does::Scroll, Context::Fleet, "scroll", "scroll", "look back in its terminal", Some(11)),
    entry(Does::PageDown, Context::Fleet, "page_down", "page", "scroll the facts forward", None),
    entry(Does::Focus, Context::Fleet, "focus", "focus", "move between agents, terminal and facts", Some(12)),
    entry(Does::Back, Context::Fleet, "back", "back", "leave the filter, the grid or the zoom", None),
    entry(Does::Redraw, Context::Fleet, "redraw", "redraw", "draw the whole screen anew", None),
    entry(Does::Suspend, Context::Fleet, "suspend", "suspend", "go to the background; `fg` comes back", None),
    entry(Does::Help, Context::Fleet, "help", "help", "this list", Some(3)),
    entry(Does::Quit, Context::Fleet, "quit", "quit", "leave the fleet running, or stop it", Some(3)),
    entry(Does::ScrollLineUp, Context::Scroll, "line_up", "up", "one line back", None),
    entry(Does::ScrollLineDown, Context::Scroll, "line_down", "down", "one line on", None),
    entry(Does::ScrollPageUp, Context::Scroll, "page_up", "page up", "one page back", Some(3)),
    entry(Does::ScrollPageDown, Context::Scroll, "page_down", "page down", "one page on", Some(4)),
    entry(Does::ScrollTop, Context::Scroll, "top", "top", "to the oldest line", Some(6)),
    entry(Does::ScrollBottom, Context::Scroll, "bottom", "bottom", "to the newest line", None),
    entry(Does::Search, Context::Scroll, "search", "search", "search", Some(1)),
    entry(Does::SearchNext, Context::Scroll, "next", "next", "to the next match, going back in time", Some(2)),
    entry(Does::SearchPrevious, Context::Scroll, "previous", "previous", "to the match before it", Some(5)),
    entry(Does::ScrollLeave, Context::Scroll, "leave", "back to live", "back to the live terminal", Some(0)),
    entry(Does::TypingLeave, Context::Typing, "leave", "leaves", "give the keys back to Quarterdeck", Some(0)),
];

impl Context {
    /// Its table's name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Context::Fleet => "fleet",
            Context::Scroll => "scroll",
            Context::Typing => "typing",
        }
    }

    /// Its heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Context::Fleet => "Fleet",
            Context::Scroll => "Looking back",
            Context::Typing => "Typing into an agent",
        }
    }

    /// All of them, in the order of the help.
    pub const ALL: [Context; 3] = [Context::Fleet, Context::Scroll, Context::Typing];
}

/// Keys and what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    keys: BTreeMap<Does, Vec<Key>>,
    does: BTreeMap<(Context, Key), Does>,
}

/// What is wrong with a keymap file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeymapError {
    /// The line, from 1; 0 when it is about the file as a whole.
    pub line: usize,
    /// What is wrong and what would be right.
    pub what: String,
}

impl fmt::Display for KeymapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.what) } else { write!(f, "line {}: {}", self.line, self.what) }
    }
}

impl std::error::Error for KeymapError {}

impl Default for Keymap {
    /// The keys as shipped. The file is part of the program and a test reads it, so nothing can be wrong with it.
    fn default() -> Keymap {
        let empty = Keymap { keys: BTreeMap::new(), does: BTreeMap::new() };
        empty.overlaid(BUILT_IN).unwrap_or(empty)
    }
}

impl Keymap {
    /// These keys with those of a user's file in their place. Pure.
    ///
    /// # Errors
    /// The first thing that is wrong with the file; these keys stay.
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
        Ok(Keymap { keys, does })
    }

    /// What a key does in a context.
    pub fn does(&self, context: Context, key: &Key) -> Option<Does> {
        self.does.get(&(context, *key)).copied()
    }

    /// The keys of an action, the one to show first.
    pub fn keys(&self, does: Does) -> &[Key] {
        self.keys.get(&does).map_or(&[], Vec::as_slice)
    }

    /// The key to show for an action, empty when it has none.
    pub fn shown(&self, does: Does) -> String {
        self.keys(does).first().map(Key::to_string).unwrap_or_default()
    }
}

/// An action's line of the table.
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
        return Err(format!("`{}` needs a key: without one there would be no way out", entry.name));
    }
    let takes_from_agent = |key: &&Key| !key.held.ctrl && !key.held.alt && !matches!(key.code, Code::F(_));
    match chords.iter().find(takes_from_agent).filter(|_| entry.context == Context::Typing) {
        Some(key) => Err(format!("{key} would be kept from the agent; take a chord with ctrl or alt, or f1 to f24")),
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
    let nearest = known.iter().min_by_key(|candidate| distance(name, candidate));
    match nearest.filter(|candidate| distance(name, candidate) <= 3) {
        Some(nearest) => format!("unknown {kind} `{name}`; did you mean `{nearest}`?"),
        None => format!("unknown {kind} `{name}`; known are {}", known.join(", ")),
    }
}

/// Levenshtein's distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
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
            ("[fleet]\nquit = []", "line 2: `quit` needs a key"),
            ("[typing]\nleave = \"x\"", "line 2: x would be kept from the agent"),
            ("fleet = 3", "line 1: `fleet` is a table"),
            ("[fleet\n", "line 1: "),
        ] {
            let error = Keymap::default().overlaid(text).expect_err(text).to_string();
            assert!(error.to_lowercase().contains(&says.to_lowercase()), "{text:?} gave {error:?}");
        }
    }

    proptest! {
        /// The loader never panics, and what it accepts has no chord that means two things in one context.
        #[test]
        fn any_text_is_read_or_refused(text in "(\\[(fleet|scroll|typing|x)\\]\n)?((up|kill|leave|quit|é) = (\"[a-z-]{0,9}\"|\\[\"(ctrl-)?.\"\\]|3)\n){0,4}") {
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
