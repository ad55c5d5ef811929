//! Replaces characters for terminals that have only ASCII: each sign and line of the dashboard becomes an ASCII
//! character of its own, and a `?` replaces every other character. Pure.

use ratatui::buffer::{Buffer, CellWidth};

/// The characters that a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// The terminal shows Unicode, in UTF-8.
    #[default]
    Unicode,
    /// The terminal shows only ASCII.
    Ascii,
}

impl Letters {
    /// Reads the locale from the environment, in the order of setlocale(3). Without a locale, UTF-8 is assumed, because
    /// most terminals show it nevertheless.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Letters {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
        let is_other = !locale.is_empty() && !locale.contains("utf-8") && !locale.contains("utf8");
        if is_other { Letters::Ascii } else { Letters::Unicode }
    }

    /// Returns the text with characters that the terminal has.
    pub fn text(self, text: &str) -> String {
        match self {
            Letters::Unicode => text.to_owned(),
            Letters::Ascii => text.chars().map(ascii).collect(),
        }
    }

    /// Replaces the characters of a buffer by those that the terminal has. Each keeps its columns.
    pub fn write(self, buffer: &mut Buffer) {
        if self == Letters::Unicode {
            return;
        }
        let mut behind = 0;
        for cell in &mut buffer.content {
            if behind > 0 {
                behind -= 1;
                cell.set_symbol(" ");
            } else if !cell.symbol().is_ascii() {
                behind = cell.cell_width().saturating_sub(1);
                let mut letter = [0; 4];
                cell.set_symbol(cell.symbol().chars().next().map_or('?', ascii).encode_utf8(&mut letter));
            }
        }
    }
}

/// Returns the ASCII character that replaces a character.
fn ascii(character: char) -> char {
    match character {
        '\0'..='\x7f' => character,
        // The signs of all states.
        '◆' => '!',
        '◇' => 'z',
        '✗' => 'x',
        '✓' => 'v',
        '●' => '*',
        '○' => 'o',
        '⧗' => '%',
        '‖' => '=',
        '◌' => '~',
        '◎' => '@',
        '⊘' => '/',
        '·' | '…' | '•' => '.',
        '›' | '→' | '▸' | '❯' => '>',
        '‹' | '←' => '<',
        '↑' => '^',
        '↓' => 'v',
        '−' | '–' | '—' => '-',
        '×' => 'x',
        '─' | '━' | '┄' | '┅' | '╌' | '╍' | '╴' | '╶' => '-',
        '│' | '┃' | '┆' | '┇' | '╎' | '╏' | '▏' | '▌' => '|',
        '\u{2500}'..='\u{257f}' => '+',
        '\u{2580}'..='\u{259f}' => '#',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::states::Look;
    use crate::tui::{demo, view};
    use ratatui::layout::Rect;
    use std::collections::BTreeMap;

    #[test]
    fn a_locale_without_utf_8_gets_ascii() {
        for (pairs, letters) in [
            (&[][..], Letters::Unicode),
            (&[("LANG", "de_DE.UTF-8")], Letters::Unicode),
            (&[("LANG", "C.utf8")], Letters::Unicode),
            (&[("LANG", "C")], Letters::Ascii),
            (&[("LANG", "en_US.UTF-8"), ("LC_ALL", "POSIX")], Letters::Ascii),
            (&[("LC_ALL", ""), ("LC_CTYPE", "en_US.ISO-8859-1")], Letters::Ascii),
        ] {
            let of = Letters::of(|name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(of, letters, "{pairs:?}");
        }
    }

    #[test]
    fn every_sign_has_a_letter_of_its_own() {
        let mut signs: BTreeMap<char, &str> = BTreeMap::new();
        for sign in Look::ALL.iter().map(|look| look.sign()) {
            let letter = sign.chars().next().map(ascii).expect("a sign");
            assert!(letter != '?', "{sign}");
            assert_eq!(*signs.entry(letter).or_insert(sign), sign, "{letter} stands for two signs");
        }
    }

    #[test]
    fn a_screen_is_brought_to_ascii_and_every_column_stays() {
        let mut model = demo::model(100, 30);
        let wide = crate::tui::FromFleet::Whole { agent: "builder".to_owned(), frame: demo::screen(60, 20) };
        crate::tui::update::update(&mut model, crate::tui::msg::Msg::Fleet(wide), demo::NOW_MS);
        let mut drawn = Buffer::empty(Rect::new(0, 0, 100, 30));
        view::draw(&model, &mut drawn);
        let before = drawn.clone();
        Letters::Ascii.write(&mut drawn);
        assert!(drawn.content.iter().all(|cell| cell.symbol().is_ascii() && !cell.symbol().is_empty()));
        let same = |(one, other): (&ratatui::buffer::Cell, &ratatui::buffer::Cell)| {
            !one.symbol().is_ascii() || one.symbol() == other.symbol() || one.symbol().is_empty()
        };
        assert!(before.content.iter().zip(&drawn.content).all(same), "what is ASCII stays as it is");
        assert_eq!(Letters::Ascii.text("◆1 lighthouse · Quarterdeck"), "!1 lighthouse . Quarterdeck");
    }
}
