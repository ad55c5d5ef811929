//! What looks how: roles to styles, from `assets/theme.toml`, overlaid by a user's file.

use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;

/// The looks as shipped.
pub const BUILT_IN: &str = include_str!("../../assets/theme.toml");

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal,)*) => {
        /// A style for each role.
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
    /// Ordinary text.
    text = "text",
    /// What matters less.
    dim = "dim",
    /// Names of panels and things.
    title = "title",
    /// What is in use.
    accent = "accent",
    /// Lines between panels.
    border = "border",
    /// The border of the panel that has the focus.
    border_focused = "border_focused",
    /// The border of the terminal that keys go to.
    border_typing = "border_typing",
    /// The border of a terminal that is scrolled.
    border_scroll = "border_scroll",
    /// The selected row.
    selected = "selected",
    /// Keys in the key bar and the help.
    key = "key",
    /// The word that says that keys go to an agent.
    typing = "typing",
    /// An agent that waits for a person.
    needs_you = "needs_you",
    /// An agent that failed.
    failed = "failed",
    /// An agent that finished.
    finished = "finished",
    /// An agent that works.
    working = "working",
    /// An agent that is idle.
    idle = "idle",
    /// An agent on its way.
    pending = "pending",
    /// A frozen agent.
    paused = "paused",
    /// An agent that does not run.
    off = "off",
    /// A fact to look at.
    warning = "warning",
    /// A failure.
    error = "error",
    /// The fleet is in danger.
    critical = "critical",
    /// What is wrong with the fleet as a whole.
    banner = "banner",
    /// The name of the tab that is shown.
    tab = "tab",
    /// What a search found.
    found = "match",
    /// What may no longer be so.
    stale = "stale",
}

impl Theme {
    /// The looks as shipped.
    pub fn built_in() -> Theme {
        Theme::default().overlaid(BUILT_IN).unwrap_or_default()
    }

    /// These looks with those of a user's file in their place. Pure.
    ///
    /// # Errors
    /// One sentence on the first thing that is wrong; these looks stay.
    pub fn overlaid(&self, text: &str) -> Result<Theme, String> {
        let looks: BTreeMap<String, String> = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let mut theme = self.clone();
        for (role, look) in looks {
            let style = parse_look(&look).map_err(|why| format!("`{role}`: {why}"))?;
            match theme.slot(&role) {
                Some(slot) => *slot = style,
                None => return Err(format!("unknown role `{role}`; known are {}", Theme::ROLES.join(", "))),
            }
        }
        Ok(theme)
    }

    /// These looks without colours (<https://no-color.org>): attributes stay, and a ground becomes a reversal,
    /// so that nothing that stood out is lost.
    pub fn without_colour(mut self) -> Theme {
        for role in Theme::ROLES {
            if let Some(style) = self.slot(role) {
                let mut plain = Style { fg: None, bg: None, ..*style };
                if style.bg.is_some() {
                    plain = plain.add_modifier(Modifier::REVERSED);
                }
                *style = plain;
            }
        }
        self
    }
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
    fn the_shipped_theme_names_every_role() {
        let looks: BTreeMap<String, String> = toml::from_str(BUILT_IN).unwrap();
        let named: Vec<&str> = looks.keys().map(String::as_str).collect();
        let mut roles = Theme::ROLES.to_vec();
        roles.sort_unstable();
        assert_eq!(named, roles);
        assert_eq!(Theme::built_in().needs_you, Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD));
    }

    #[test]
    fn a_user_overrides_single_roles_and_is_told_of_mistakes() {
        let theme = Theme::built_in();
        assert_eq!(theme.overlaid("working = '#5fafff'").unwrap().working.fg, Some(Color::Rgb(0x5f, 0xaf, 0xff)));
        assert!(theme.overlaid("working = 'mauvish'").unwrap_err().contains("`mauvish` is neither"));
        assert!(theme.overlaid("wroking = 'red'").unwrap_err().contains("unknown role"));
    }

    #[test]
    fn without_colour_nothing_is_coloured_and_a_ground_still_stands_out() {
        let plain = Theme::built_in().without_colour();
        assert_eq!(plain.needs_you, Style::new().add_modifier(Modifier::BOLD));
        assert!(plain.banner.add_modifier.contains(Modifier::REVERSED));
    }
}
