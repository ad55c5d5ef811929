//! The styles of the dashboard: a style for each role, for a dark background and for a light one, from
//! `assets/theme.toml`, overlaid by a user's file. No default style names one of the sixteen colours that palettes
//! redefine.

use super::ground::{Colours, Ground};
use super::notice::Notices;
use ratatui::style::{Color, Modifier, Style};
use toml::{Table, Value};

/// The contents of the file of default styles.
pub const BUILT_IN: &str = include_str!("../../assets/theme.toml");

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal,)*) => {
        /// The styles of the dashboard, one for each role.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Theme {
            $($(#[$doc])* pub $role: Style,)*
        }

        impl Theme {
            fn slot(&mut self, name: &str) -> Option<&mut Style> {
                match name {
                    $($name => Some(&mut self.$role),)*
                    _ => None,
                }
            }

            const ROLES: &[&str] = &[$($name),*];
        }
    };
}

roles! {
    /// The style of ordinary text.
    text = "text",
    /// The style of less important text.
    dim = "dim",
    /// The style of the names of panels and items.
    title = "title",
    /// The style of marks, such as that of the field that is written in.
    accent = "accent",
    /// The style of lines between panels.
    border = "border",
    /// The style of the border of the panel that has the focus.
    border_focused = "border_focused",
    /// The style of the border of the terminal that keys go to.
    border_typing = "border_typing",
    /// The style of the border of a terminal that is scrolled.
    border_scroll = "border_scroll",
    /// The style of the selected row.
    selected = "selected",
    /// The style of keys in the key bar and the help.
    key = "key",
    /// The style of the word that says that keys go to an agent.
    typing = "typing",
    /// The style of an agent that asks a person.
    needs_you = "needs_you",
    /// The style of an agent that failed.
    failed = "failed",
    /// The style of an agent that finished.
    finished = "finished",
    /// The style of an agent that works.
    working = "working",
    /// The style of an agent that is idle.
    idle = "idle",
    /// The style of an agent that is blocked, queued, starting or stopping.
    pending = "pending",
    /// The style of a paused agent.
    paused = "paused",
    /// The style of an agent that does not run.
    off = "off",
    /// The style of a fact that deserves a look.
    warning = "warning",
    /// The style of a failure.
    error = "error",
    /// The style of a danger to the whole fleet.
    critical = "critical",
    /// The style of banners, which say what is wrong with the whole fleet.
    banner = "banner",
    /// The style of the name of the tab that is shown.
    tab = "tab",
    /// The style of text that a search found.
    found = "match",
    /// The style of data that may be out of date.
    stale = "stale",
}

impl Theme {
    /// Returns the default styles for a dark background.
    pub fn built_in() -> Theme {
        Looks::built_in().dark
    }

    fn overlay<'a>(&mut self, roles: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Result<(), String> {
        for (role, look) in roles {
            let look = look.as_str().ok_or_else(|| format!("`{role}`: a style is a string, such as \"bold cyan\""))?;
            let style = parse_look(look).map_err(|why| format!("`{role}`: {why}"))?;
            match self.slot(role) {
                Some(slot) => *slot = style,
                None => return Err(format!("unknown role `{role}`; known are {}", Theme::ROLES.join(", "))),
            }
        }
        Ok(())
    }

    fn each(mut self, change: impl Fn(Style) -> Style) -> Theme {
        for role in Theme::ROLES {
            if let Some(style) = self.slot(role) {
                *style = change(*style);
            }
        }
        self
    }

    /// Returns these styles without colours (<https://no-color.org>): attributes stay, and a background colour becomes
    /// a reversal, so that highlighted text stays highlighted.
    pub fn without_colour(self) -> Theme {
        self.each(|style| {
            let plain = Style { fg: None, bg: None, ..style };
            if style.bg.is_some() { plain.add_modifier(Modifier::REVERSED) } else { plain }
        })
    }
}

/// The styles for both backgrounds, and which of them are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    wanted: Wanted,
    /// The way in which a person is notified; none means the way that the terminal accepts.
    notices: Option<Notices>,
    dark: Theme,
    light: Theme,
}

/// The choice between the styles for a dark and a light background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wanted {
    /// The styles for the terminal's background are wanted.
    #[default]
    Auto,
    /// The styles for this background are wanted.
    On(Ground),
}

/// Uses the same styles on every background.
impl From<Theme> for Looks {
    fn from(theme: Theme) -> Looks {
        Looks { dark: theme.clone(), light: theme, ..Looks::default() }
    }
}

impl Looks {
    /// Returns the default styles.
    ///
    /// # Panics
    /// Panics if the file that is part of the program is wrong
    /// (`theme::tests::the_shipped_looks_name_every_role_for_both_backgrounds`).
    pub fn built_in() -> Looks {
        Looks::default().overlaid(BUILT_IN).expect("the looks as shipped are right")
    }

    /// Returns these styles, overlaid with those of a user's file. Pure.
    ///
    /// # Errors
    /// The file has a mistake; the error describes the first one in one sentence, and these styles stay.
    pub fn overlaid(&self, text: &str) -> Result<Looks, String> {
        let file: Table = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let mut looks = self.clone();
        let for_both = |(name, _): &(&String, &Value)| !OWN_NAMES.contains(&name.as_str());
        looks.dark.overlay(file.iter().filter(for_both))?;
        looks.light.overlay(file.iter().filter(for_both))?;
        for (name, theme) in [("dark", &mut looks.dark), ("light", &mut looks.light)] {
            match file.get(name) {
                None => {}
                Some(Value::Table(roles)) => theme.overlay(roles)?,
                Some(_) => return Err(format!("`{name}` is a table: write [{name}]")),
            }
        }
        if let Some(wanted) = file.get("theme") {
            looks.wanted = match wanted.as_str() {
                Some("auto") => Wanted::Auto,
                Some("dark") => Wanted::On(Ground::Dark),
                Some("light") => Wanted::On(Ground::Light),
                _ => return Err(format!("`theme`: {wanted} is neither \"auto\" nor \"dark\" nor \"light\"")),
            };
        }
        if let Some(notify) = file.get("notify") {
            let named = |name| Notices::named(name).map(Some).or((name == "auto").then_some(None));
            let wrong = || {
                format!("`notify`: {notify} is none of \"auto\", \"bell\", \"osc9\", \"osc777\", \"osc99\", \"off\"")
            };
            looks.notices = notify.as_str().and_then(named).ok_or_else(wrong)?;
        }
        Ok(looks)
    }

    /// Returns the way in which a person is notified, in a terminal that accepts `taken`.
    pub fn notices(&self, taken: Notices) -> Notices {
        self.notices.unwrap_or(taken)
    }

    /// Returns these styles in the colours that the terminal has.
    pub fn in_colours(self, colours: Colours) -> Looks {
        let with = |theme: Theme| match colours {
            Colours::True => theme,
            Colours::Indexed => {
                theme.each(|style| Style { fg: style.fg.map(nearest), bg: style.bg.map(nearest), ..style })
            }
            Colours::None => theme.without_colour(),
        };
        Looks { dark: with(self.dark), light: with(self.light), ..self }
    }

    /// Returns the styles for a background.
    pub fn on(&self, ground: Ground) -> &Theme {
        let ground = match self.wanted {
            Wanted::Auto => ground,
            Wanted::On(wanted) => wanted,
        };
        match ground {
            Ground::Dark => &self.dark,
            Ground::Light => &self.light,
        }
    }

    /// Whether the styles depend on the background.
    pub fn differ(&self) -> bool {
        self.on(Ground::Dark) != self.on(Ground::Light)
    }
}

/// Names in the file that are not roles.
const OWN_NAMES: [&str; 4] = ["theme", "notify", "dark", "light"];
/// Levels of each part of xterm's cube of 216 colours.
const CUBE_LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Returns the nearest of xterm's colours from 16 on, which palettes do not redefine: a cube, then 24 greys.
fn nearest(colour: Color) -> Color {
    let Color::Rgb(red, green, blue) = colour else { return colour };
    let cube = (0..216_u8).map(|index| {
        let level = |step: u8| CUBE_LEVELS[usize::from(step % 6)];
        (16 + index, [level(index / 36), level(index / 6), level(index)])
    });
    let greys = (0..24_u8).map(|step| (232 + step, [8 + step * 10; 3]));
    let distance = |parts: [u8; 3]| -> u32 {
        let part = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        part(parts[0], red) + part(parts[1], green) + part(parts[2], blue)
    };
    let best = cube.chain(greys).min_by_key(|(_, parts)| distance(*parts));
    best.map_or(colour, |(index, _)| Color::Indexed(index))
}

fn parse_look(look: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut ground = false;
    for word in look.split_whitespace() {
        let modifier = match word {
            "on" => {
                ground = true;
                continue;
            }
            "bold" => Some(Modifier::BOLD),
            "dim" => Some(Modifier::DIM),
            "italic" => Some(Modifier::ITALIC),
            "underlined" => Some(Modifier::UNDERLINED),
            "reversed" => Some(Modifier::REVERSED),
            _ => None,
        };
        style = match modifier {
            Some(modifier) => style.add_modifier(modifier),
            None => {
                let colour: Color = word
                    .parse()
                    .map_err(|_| format!("`{word}` is neither a colour (cyan, bright-black, 208, #5fafff) nor bold"))?;
                if ground { style.bg(colour) } else { style.fg(colour) }
            }
        };
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_looks_name_every_role_for_both_backgrounds() {
        let file: Table = toml::from_str(BUILT_IN).unwrap();
        let mut roles = Theme::ROLES.to_vec();
        roles.sort_unstable();
        for ground in ["dark", "light"] {
            let mut named: Vec<&str> = file[ground].as_table().unwrap().keys().map(String::as_str).collect();
            named.sort_unstable();
            assert_eq!(named, roles, "{ground}");
        }
        assert_eq!(file.len(), OWN_NAMES.len(), "nothing else");
        let needs_you = Style::new().fg(Color::Rgb(0xff, 0xd7, 0x5f)).add_modifier(Modifier::BOLD);
        assert_eq!(Theme::built_in().needs_you, needs_you);
        assert!(Looks::built_in().differ());
    }

    #[test]
    fn a_user_overrides_single_roles_and_is_told_of_mistakes() {
        let looks = Looks::built_in();
        let blue = Some(Color::Rgb(0x5f, 0xaf, 0xff));
        let both = looks.overlaid("working = '#5fafff'").unwrap();
        assert_eq!([both.dark.working.fg, both.light.working.fg], [blue, blue]);
        let one = looks.overlaid("working = 'red'\n[light]\nworking = '#5fafff'").unwrap();
        assert_eq!([one.dark.working.fg, one.light.working.fg], [Some(Color::Red), blue], "what is said for one wins");
        for (text, says) in [
            ("working = 'mauvish'", "`mauvish` is neither"),
            ("wroking = 'red'", "unknown role"),
            ("[light]\nwroking = 'red'", "unknown role"),
            ("working = 3", "`working`: a style is a string"),
            ("dark = 'red'", "`dark` is a table"),
            ("notify = 'email'", "`notify`: \"email\" is none of"),
            ("theme = 'solar'", "`theme`: \"solar\" is neither"),
        ] {
            let error = looks.overlaid(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn the_looks_follow_the_background_unless_one_is_wanted() {
        let looks = Looks::built_in();
        assert_eq!((looks.on(Ground::Dark), looks.on(Ground::Light)), (&looks.dark, &looks.light));
        let light = looks.overlaid("theme = 'light'").unwrap();
        assert_eq!(light.on(Ground::Dark), &looks.light);
        assert!(!light.differ(), "nothing must be asked");
        assert!(!looks.in_colours(Colours::None).differ(), "without colours, nothing must be asked either");
    }

    #[test]
    fn a_person_is_called_as_the_terminal_takes_it_unless_told_otherwise() {
        let looks = Looks::built_in();
        assert_eq!(looks.notices(Notices::Osc9), Notices::Osc9);
        assert_eq!(looks.overlaid("notify = 'off'").unwrap().notices(Notices::Osc9), Notices::Off);
        let again = looks.overlaid("notify = 'bell'").unwrap().overlaid("notify = 'auto'").unwrap();
        assert_eq!(again.notices(Notices::Osc99), Notices::Osc99);
    }

    #[test]
    fn colours_become_the_nearest_that_palettes_leave_alone() {
        for (hex, index) in [("#ffd75f", 221), ("#000000", 16), ("#ffffff", 231), ("#8a8a8a", 245), ("#1e1e1e", 234)] {
            assert_eq!(nearest(hex.parse().unwrap()), Color::Indexed(index), "{hex}");
        }
        assert_eq!(nearest(Color::Cyan), Color::Cyan, "who names a palette's colour gets it");
    }

    #[test]
    fn without_colour_nothing_is_coloured_and_a_ground_still_stands_out() {
        let plain = Theme::built_in().without_colour();
        assert_eq!(plain.needs_you, Style::new().add_modifier(Modifier::BOLD));
        assert!(plain.banner.add_modifier.contains(Modifier::REVERSED));
    }
}
