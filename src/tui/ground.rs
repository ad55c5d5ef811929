//! Finds out what the terminal can show: which colours it has, and whether its background is dark or light.
//!
//! The terminal is asked for its background (OSC 11) while the dashboard starts. Only the first drawing waits for the
//! answer, and only for a short time. crossterm reads an answer as keys, so the answer is searched among the keys,
//! whenever it comes. No key that is typed meanwhile is lost.

use super::input::{Code, InputEvent, Key};
use super::letters::Letters;
use super::notice::Notices;

/// The query for the colour of the background (xterm's "Operating System Commands", OSC 11).
pub const QUERY: &str = "\x1b]11;?\x1b\\";
/// For how long after the query an answer is expected.
pub const ANSWER_MS: u64 = 5_000;
/// The longest time for which keys that look like the beginning of an answer are held back.
const HELD_MS: u64 = 100;
/// The longest answer of a terminal about its colours, in characters. Beyond it, the text counts as keys and not as an
/// answer.
const ANSWER_CHARS_MAX: usize = 40;
/// The text with which an answer begins.
const BEGIN: &str = "11;rgb:";
/// Relative luminance at which black and white stand out equally (WCAG 2.2, "contrast ratio"): sqrt(1.05 × 0.05) −
/// 0.05.
const MIDDLE_LUMINANCE: f64 = 0.179;

/// Whether the background of the terminal is dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    #[default]
    Dark,
    Light,
}

/// The colours that the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// The user wants no colours (<https://no-color.org>).
    None,
    /// The terminal has xterm's 256 colours, of which a palette redefines sixteen.
    #[default]
    Indexed,
    /// The terminal has all colours of 24 bits.
    True,
}

/// The properties of the terminal that are known before it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The colours that the terminal has.
    pub colours: Colours,
    /// The background that is assumed until the terminal answers.
    pub ground: Ground,
    /// Whether the terminal can be asked for its properties.
    pub answers: Answers,
    /// The characters that the terminal can show.
    pub letters: Letters,
    /// The way in which the terminal can notify a person.
    pub notices: Notices,
}

/// Whether a terminal can be asked for its properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// The terminal answers, or ignores a query that it does not know.
    #[default]
    Perhaps,
    /// The terminal would show the query as text.
    Never,
}

impl Surroundings {
    /// Reads the properties from the environment: `NO_COLOR`, `COLORTERM`, `COLORFGBG` (of rxvt and Konsole), `TERM`,
    /// and the locale.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Surroundings {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let colours = match (set("NO_COLOR"), set("COLORTERM").as_deref()) {
            (Some(_), _) => Colours::None,
            (None, Some("truecolor" | "24bit")) => Colours::True,
            (None, _) => Colours::Indexed,
        };
        let answers = match set("TERM").as_deref() {
            None | Some("dumb" | "linux") => Answers::Never,
            Some(_) => Answers::Perhaps,
        };
        let ground = set("COLORFGBG").and_then(|value| of_palette(&value)).unwrap_or_default();
        let letters = Letters::of(&variable);
        Surroundings { colours, ground, answers, letters, notices: Notices::of(&variable) }
    }
}

/// Reads `COLORFGBG`, for example `15;0` or `0;default;15`: the last number is that of the background among the sixteen
/// colours.
fn of_palette(value: &str) -> Option<Ground> {
    match value.rsplit(';').next()?.parse::<u8>().ok()? {
        0..=6 | 8 => Some(Ground::Dark),
        7 | 9..=15 => Some(Ground::Light),
        _ => None,
    }
}

/// Returns the relative luminance of a colour, from 0 to 1 (WCAG 2.2, "relative luminance").
pub fn luminance(red: u8, green: u8, blue: u8) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// Reads an answer as the terminal writes it: `11;rgb:1e1e/1e1e/1e1e`, each part in one to four hexadecimal digits.
fn read(answer: &str) -> Option<Ground> {
    let mut parts = answer.strip_prefix(BEGIN)?.split('/').map(|part| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(part, 16).ok().filter(|_| part.len() <= 4)?;
        u8::try_from((value * 255).checked_div(most)?).ok()
    });
    let mut part = || parts.next().flatten();
    let (red, green, blue) = (part()?, part()?, part()?);
    Some(if luminance(red, green, blue) > MIDDLE_LUMINANCE { Ground::Light } else { Ground::Dark })
}

/// Searches the keys for the terminal's answer to a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listener {
    until_ms: u64,
    held: Vec<InputEvent>,
    held_ms: u64,
    said: String,
}

/// The result of an event that the listener took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The event is not part of an answer: these events must be handled, in order.
    Input(Vec<InputEvent>),
    /// The event ended an answer, which says that the background is this one.
    Ground(Ground),
}

impl Listener {
    /// Records that the terminal was asked for its background.
    pub fn asked(&mut self, now_ms: u64) {
        self.until_ms = now_ms + ANSWER_MS;
    }

    /// Takes an event and decides whether it is a part of an answer.
    pub fn take(&mut self, event: InputEvent, now_ms: u64) -> Heard {
        let InputEvent::Key(key) = &event else { return Heard::Input(vec![event]) };
        if self.held.is_empty() {
            if now_ms >= self.until_ms || *key != alt(']') {
                return Heard::Input(vec![event]);
            }
            self.held_ms = now_ms;
            self.held.push(event);
            return Heard::Input(Vec::new());
        }
        let after_esc = self.held.last() == Some(&InputEvent::Key(Key::plain(Code::Esc)));
        let ends = *key == alt('\\') || *key == Key::ctrl('g') || after_esc && *key == Key::plain(Code::Char('\\'));
        if ends && let Some(ground) = read(&self.said) {
            *self = Listener { until_ms: self.until_ms, ..Listener::default() };
            return Heard::Ground(ground);
        }
        let goes_on = match key.typed() {
            Some(character) if !after_esc => {
                self.said.push(character);
                BEGIN.starts_with(&self.said)
                    || self.said.strip_prefix(BEGIN).is_some_and(|rest| {
                        rest.chars().all(|c| c.is_ascii_hexdigit() || c == '/') && rest.len() <= ANSWER_CHARS_MAX
                    })
            }
            _ => *key == Key::plain(Code::Esc),
        };
        self.held.push(event);
        Heard::Input(if goes_on { Vec::new() } else { self.give_back() })
    }

    /// Returns the events that were held back long enough and are not part of an answer.
    pub fn settle(&mut self, now_ms: u64) -> Vec<InputEvent> {
        let due = !self.held.is_empty() && (now_ms < self.held_ms || now_ms - self.held_ms >= HELD_MS);
        if due { self.give_back() } else { Vec::new() }
    }

    /// Returns the instant at which [`Listener::settle`] must be called.
    pub fn due_ms(&self) -> Option<u64> {
        (!self.held.is_empty()).then_some(self.held_ms + HELD_MS)
    }

    fn give_back(&mut self) -> Vec<InputEvent> {
        self.said.clear();
        std::mem::take(&mut self.held)
    }
}

fn alt(character: char) -> Key {
    let mut key = Key::plain(Code::Char(character));
    key.held.alt = true;
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the keys as which crossterm reads the bytes of an answer.
    fn keys(answer: &str, end: &[Key]) -> Vec<InputEvent> {
        let typed = answer.chars().map(|character| Key::plain(Code::Char(character)));
        let all = [alt(']')].into_iter().chain(typed).chain(end.iter().copied());
        all.map(InputEvent::Key).collect()
    }

    fn heard(listener: &mut Listener, events: Vec<InputEvent>, now_ms: u64) -> (Vec<InputEvent>, Option<Ground>) {
        let (mut input, mut ground) = (Vec::new(), None);
        for event in events {
            match listener.take(event, now_ms) {
                Heard::Input(events) => input.extend(events),
                Heard::Ground(told) => ground = Some(told),
            }
        }
        (input, ground)
    }

    #[test]
    fn an_answer_is_taken_from_among_the_keys_however_it_ends() {
        let esc = Key::plain(Code::Esc);
        let ends: [&[Key]; 3] = [&[alt('\\')], &[Key::ctrl('g')], &[esc, Key::plain(Code::Char('\\'))]];
        for (answer, ground) in [
            ("11;rgb:ffff/ffff/ffff", Ground::Light),
            ("11;rgb:0000/2b2b/3636", Ground::Dark),
            ("11;rgb:fd/f6/e3", Ground::Light),
            ("11;rgb:2828/2828/2828", Ground::Dark),
        ] {
            for end in ends {
                let mut listener = Listener::default();
                listener.asked(0);
                let mut events = keys(answer, end);
                events.insert(0, InputEvent::Key(Key::plain(Code::Char('j'))));
                events.push(InputEvent::Key(Key::plain(Code::Char('k'))));
                let (input, told) = heard(&mut listener, events, 10);
                assert_eq!((input.len(), told), (2, Some(ground)), "{answer} {end:?}: {input:?}");
                assert_eq!(listener.due_ms(), None);
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_given_back() {
        for (answer, end) in [("11;rgx", vec![]), ("11;rgb:12/zz", vec![]), ("11;rgb:12/12", vec![alt('\\')])] {
            let mut listener = Listener::default();
            listener.asked(0);
            let events = keys(answer, &end);
            let (input, told) = heard(&mut listener, events.clone(), 10);
            assert_eq!((input, told), (events, None), "{answer}");
        }
        let mut listener = Listener::default();
        listener.asked(0);
        assert_eq!(listener.take(InputEvent::Key(alt(']')), 10), Heard::Input(vec![]));
        assert_eq!(listener.settle(109), []);
        assert_eq!(listener.settle(110), [InputEvent::Key(alt(']'))], "a key that a person pressed");
    }

    #[test]
    fn nothing_is_held_when_nothing_was_asked() {
        let mut listener = Listener::default();
        listener.asked(0);
        let event = InputEvent::Key(alt(']'));
        assert_eq!(listener.take(event.clone(), ANSWER_MS), Heard::Input(vec![event]));
    }

    #[test]
    fn the_environment_says_what_it_knows() {
        let of = |pairs: &[(&str, &str)]| {
            Surroundings::of(|name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let told = |colours, ground, answers| Surroundings { colours, ground, answers, ..Surroundings::default() };
        let xterm = ("TERM", "xterm-256color");
        for (pairs, surroundings) in [
            (&[xterm][..], told(Colours::Indexed, Ground::Dark, Answers::Perhaps)),
            (&[xterm, ("COLORTERM", "truecolor")], told(Colours::True, Ground::Dark, Answers::Perhaps)),
            (&[xterm, ("COLORFGBG", "0;15")], told(Colours::Indexed, Ground::Light, Answers::Perhaps)),
            (&[xterm, ("COLORFGBG", "0;default;15")], told(Colours::Indexed, Ground::Light, Answers::Perhaps)),
            (&[xterm, ("COLORFGBG", "15;default")], told(Colours::Indexed, Ground::Dark, Answers::Perhaps)),
            (&[("TERM", "dumb"), ("NO_COLOR", "1")], told(Colours::None, Ground::Dark, Answers::Never)),
            (&[xterm, ("NO_COLOR", "")], told(Colours::Indexed, Ground::Dark, Answers::Perhaps)),
            (&[], told(Colours::Indexed, Ground::Dark, Answers::Never)),
        ] {
            assert_eq!(of(pairs), surroundings, "{pairs:?}");
        }
    }
}
