//! Notifies a person whose window has no focus through their terminal: with a notification if the terminal shows them,
//! else with the bell.

use super::widget::text::fit;

/// The longest text of a notification, in columns. Beyond it, it ends with `…`.
const TEXT_COLUMNS_MAX: u16 = 200;

/// The way in which a terminal is told to notify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notices {
    /// The person is not notified at all.
    Off,
    /// The bell (BEL), which every terminal has and a multiplexer passes on.
    #[default]
    Bell,
    /// OSC 9 of iTerm2, which carries a text.
    Osc9,
    /// OSC 777 of rxvt, which carries a title and a text.
    Osc777,
    /// OSC 99 of kitty, which is a desktop notification.
    Osc99,
}

impl Notices {
    /// Returns the way that the terminal accepts, as far as the environment tells which terminal it is. Only one way is
    /// used: some terminals accept several, and would show each.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Notices {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let names = ["TERM", "TERM_PROGRAM"].map(|name| variable(name).unwrap_or_default().to_lowercase());
        let named = |known: &[&str]| known.iter().any(|known| names.iter().any(|name| name.contains(known)));
        match () {
            () if is_set("TMUX") || is_set("STY") => Notices::Bell,
            () if is_set("KITTY_WINDOW_ID") || named(&["kitty"]) => Notices::Osc99,
            () if is_set("KONSOLE_VERSION") || named(&["foot", "rxvt", "ghostty", "wezterm"]) => Notices::Osc777,
            () if named(&["iterm", "warp", "vscode"]) => Notices::Osc9,
            () => Notices::Bell,
        }
    }

    /// Returns the way with the given name in the user's file; none for an unknown name.
    pub fn named(name: &str) -> Option<Notices> {
        let known = [
            ("off", Notices::Off),
            ("bell", Notices::Bell),
            ("osc9", Notices::Osc9),
            ("osc777", Notices::Osc777),
            ("osc99", Notices::Osc99),
        ];
        known.into_iter().find(|(known, _)| *known == name).map(|(_, notices)| notices)
    }

    /// Returns the bytes that make the terminal notify. Agents can influence the text, so its control characters are
    /// removed.
    pub fn bytes(self, text: &str) -> String {
        let text: String = text.chars().filter(|character| !character.is_control()).collect();
        let text = fit(&text, TEXT_COLUMNS_MAX);
        match self {
            Notices::Off => String::new(),
            Notices::Bell => "\x07".to_owned(),
            Notices::Osc9 => format!("\x1b]9;{text}\x1b\\"),
            Notices::Osc777 => format!("\x1b]777;notify;Quarterdeck;{text}\x1b\\"),
            Notices::Osc99 => format!("\x1b]99;;{text}\x1b\\"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_is_told_in_the_way_it_takes() {
        for (pairs, notices) in [
            (&[("TERM", "xterm-kitty")][..], Notices::Osc99),
            (&[("TERM", "foot")], Notices::Osc777),
            (&[("TERM", "xterm-ghostty"), ("TERM_PROGRAM", "ghostty")], Notices::Osc777),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Notices::Osc777),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Notices::Osc9),
            (
                &[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/default,1,0"), ("TERM_PROGRAM", "tmux")],
                Notices::Bell,
            ),
            (&[("TERM", "screen"), ("STY", "1.pts")], Notices::Bell),
            (&[("TERM", "xterm-256color")], Notices::Bell),
            (&[], Notices::Bell),
        ] {
            let told = Notices::of(|name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(told, notices, "{pairs:?}");
        }
    }

    #[test]
    fn a_text_can_do_nothing_but_be_one() {
        let hostile = "a\x1b\\\x07\u{9c}\n;b";
        assert_eq!(Notices::Osc9.bytes(hostile), "\x1b]9;a\\;b\x1b\\");
        assert_eq!(Notices::Bell.bytes(hostile), "\x07");
        assert_eq!(Notices::Off.bytes(hostile), "");
        assert_eq!(Notices::Osc9.bytes(&"x".repeat(10_000)), format!("\x1b]9;{}…\x1b\\", "x".repeat(199)));
    }
}
