//! Reads and writes the names of keys: `enter`, `ctrl-c`, `alt-x`, `shift-tab`, `f5`, `A`. Modifiers come first, joined
//! by `-` or `+`; case matters only for single characters.

use super::key::{FUNCTION_KEY_MAX, Key, KeyCode, Modifiers};
use std::fmt;
use std::str::FromStr;

/// The names of keys that are not characters; if a key has several, the first is the one that is written.
const NAMES: [(&str, KeyCode); 24] = [
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("esc", KeyCode::Escape),
    ("escape", KeyCode::Escape),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pgup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("pgdn", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("ins", KeyCode::Insert),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("space", KeyCode::Char(' ')),
    ("minus", KeyCode::Char('-')),
    ("plus", KeyCode::Char('+')),
    ("f1", KeyCode::Function(1)),
];

/// The names of modifiers; if a modifier has several, the first is the one that is written.
const MODIFIERS: [(&str, Modifiers); 9] = [
    ("ctrl", Modifiers::CTRL),
    ("control", Modifiers::CTRL),
    ("c", Modifiers::CTRL),
    ("alt", Modifiers::ALT),
    ("meta", Modifiers::ALT),
    ("m", Modifiers::ALT),
    ("shift", Modifiers::SHIFT),
    ("s", Modifiers::SHIFT),
    ("super", Modifiers::SUPER),
];

/// The least likeness (0 to 1) with which a known name is suggested.
const LIKENESS_MIN: f64 = 0.7;

/// The error for a name that no key has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key is named '{name}'{}", nearest.as_ref().map(|nearest| format!("; did you mean '{nearest}'?")).unwrap_or_default())]
pub struct KeyNameError {
    /// The name that was given and that no key has.
    pub name: String,
    /// The known name of a key that is most similar, if one is.
    pub nearest: Option<String>,
}

impl Key {
    /// Returns the key with the given name.
    ///
    /// # Errors
    /// No key has that name; the error holds the nearest one that is known.
    pub fn parse(name: &str) -> Result<Key, KeyNameError> {
        let mut modifiers = Modifiers::NONE;
        let mut rest = name;
        while let Some((modifier, after)) = split_modifier(rest) {
            modifiers = modifiers.with(modifier);
            rest = after;
        }
        let code = code(rest).ok_or_else(|| unknown(name, rest))?;
        Ok(Key { code, modifiers })
    }
}

impl FromStr for Key {
    type Err = KeyNameError;

    fn from_str(name: &str) -> Result<Key, KeyNameError> {
        Key::parse(name)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for modifier in [Modifiers::CTRL, Modifiers::ALT, Modifiers::SHIFT, Modifiers::SUPER] {
            let named = MODIFIERS.iter().find(|(_, known)| *known == modifier && self.modifiers.contains(modifier));
            if let Some((name, _)) = named {
                write!(formatter, "{name}-")?;
            }
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => formatter.write_str(name),
            (None, KeyCode::Char(character)) => write!(formatter, "{character}"),
            (None, KeyCode::Function(number)) => write!(formatter, "f{number}"),
            // The table holds every other key.
            (None, code) => write!(formatter, "{code:?}"),
        }
    }
}

/// Splits a modifier's name from the rest of the text. A single character is a key, even `-` itself.
fn split_modifier(name: &str) -> Option<(Modifiers, &str)> {
    let joint = name.find(['-', '+']).filter(|joint| *joint > 0 && joint + 1 < name.len())?;
    let known = MODIFIERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name[..joint]))?;
    Some((known.1, &name[joint + 1..]))
}

fn code(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        return (!character.is_control()).then_some(KeyCode::Char(character));
    }
    let lower = name.to_ascii_lowercase();
    let function = || lower.strip_prefix('f')?.parse().ok().filter(|number| (1..=FUNCTION_KEY_MAX).contains(number));
    let named = NAMES.iter().find(|(known, _)| *known == lower).map(|(_, code)| *code);
    named.or_else(|| function().map(KeyCode::Function))
}

fn unknown(name: &str, rest: &str) -> KeyNameError {
    let known = NAMES.iter().map(|(known, _)| *known).chain(MODIFIERS.iter().map(|(known, _)| *known));
    let wanted = rest.split(['-', '+']).next().unwrap_or(rest).to_ascii_lowercase();
    let likest = known
        .map(|known| (strsim::jaro_winkler(known, &wanted), known))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    KeyNameError { name: name.to_owned(), nearest: likest.map(|(_, known)| known.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_forgiving() {
        let ctrl_c = Key::with(KeyCode::Char('c'), Modifiers::CTRL);
        for name in ["ctrl-c", "Ctrl+c", "control-c", "C-c"] {
            assert_eq!(Key::parse(name), Ok(ctrl_c), "{name}");
        }
        assert_eq!(Key::parse("-"), Ok(Key::plain(KeyCode::Char('-'))));
        assert_eq!(Key::parse("ctrl--"), Ok(Key::with(KeyCode::Char('-'), Modifiers::CTRL)));
        assert_eq!(Key::parse("F5"), Ok(Key::plain(KeyCode::Function(5))));
        assert_eq!(Key::parse("G"), Ok(Key::plain(KeyCode::Char('G'))));
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_known_one() {
        let nearest = |name| Key::parse(name).unwrap_err().nearest;
        assert_eq!(nearest("entr").as_deref(), Some("enter"));
        assert_eq!(nearest("ctrl-escpe").as_deref(), Some("escape"));
        assert_eq!(nearest("crtl-c").as_deref(), Some("ctrl"));
        assert_eq!(nearest("xyzzy"), None);
        assert_eq!(nearest(""), None);
        let error = Key::parse("entr").unwrap_err().to_string();
        assert_eq!(error, "no key is named 'entr'; did you mean 'enter'?");
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let code = prop_oneof![
            any::<char>().prop_filter("no key", |c| !c.is_control()).prop_map(KeyCode::Char),
            prop::sample::select(NAMES.map(|(_, code)| code).to_vec()),
            (1..=FUNCTION_KEY_MAX).prop_map(KeyCode::Function),
        ];
        (code, 0_u8..16).prop_map(|(code, bits)| Key { code, modifiers: Modifiers(bits) })
    }

    proptest! {
        #[test]
        fn every_key_is_found_by_its_own_name(key in any_key()) {
            prop_assert_eq!(Key::parse(&key.to_string()), Ok(key));
        }

        #[test]
        fn no_name_panics(name in ".{0,20}") {
            let _ = Key::parse(&name);
        }
    }
}
