//! Everything that is written on the screen can be read: on black, and on the backgrounds that people use.

use crate::demo;
use crate::demo::board;
use crate::{hear, press, settled, write};
use quarterdeck::tui::ground::{Colours, Ground, luminance};
use quarterdeck::tui::input::{Code, Key};
use quarterdeck::tui::layout::{self, inside};
use quarterdeck::tui::model::{Model, Tone};
use quarterdeck::tui::theme::{Looks, Theme};
use quarterdeck::tui::{Data, FromFleet, Topic, view};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;

/// WCAG 2.2, success criterion 1.4.3: text.
const TEXT_RATIO: f64 = 4.5;
/// WCAG 2.2, success criterion 1.4.11: lines, and here what matters less.
const DIM_RATIO: f64 = 3.0;

/// Backgrounds: black, VS Code's, Solarized Dark, gruvbox; white, Solarized Light.
const GROUNDS: [(Ground, (u8, u8, u8)); 6] = [
    (Ground::Dark, (0x00, 0x00, 0x00)),
    (Ground::Dark, (0x1e, 0x1e, 0x1e)),
    (Ground::Dark, (0x00, 0x2b, 0x36)),
    (Ground::Dark, (0x28, 0x28, 0x28)),
    (Ground::Light, (0xff, 0xff, 0xff)),
    (Ground::Light, (0xfd, 0xf6, 0xe3)),
];

/// A colour's value; none for the terminal's own ink or background. The sixteen colours of a palette have none that
/// could be known.
fn rgb(colour: Color) -> Result<Option<(u8, u8, u8)>, String> {
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    match colour {
        Color::Reset => Ok(None),
        Color::Rgb(red, green, blue) => Ok(Some((red, green, blue))),
        Color::Indexed(index @ 16..232) => {
            let cube = index - 16;
            Ok(Some((level(cube / 36), level(cube / 6 % 6), level(cube % 6))))
        }
        Color::Indexed(index @ 232..) => {
            let grey = 8 + (index - 232) * 10;
            Ok(Some((grey, grey, grey)))
        }
        palette => Err(format!("{palette:?} is whatever the user's palette says")),
    }
}

fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
    let of = |(red, green, blue)| luminance(red, green, blue) + 0.05;
    let (one, other) = (of(one), of(other));
    one.max(other) / one.min(other)
}

/// What keeps a cell from being read, if something does. Who writes in the terminal's own ink on its own background can
/// be read: that pair is the user's.
fn fault(cell: &Cell, ground: (u8, u8, u8), lesser: &[Color]) -> Result<(), String> {
    let (ink, paper) = (rgb(cell.fg)?, rgb(cell.bg)?);
    let (ink, paper) = match (ink, paper) {
        (None, None) => return Ok(()),
        (Some(ink), None) => (ink, ground),
        (Some(ink), Some(paper)) => (ink, paper),
        (None, Some(_)) => return Err("the terminal's own ink on a background of ours".to_owned()),
    };
    let line = cell.symbol().chars().all(|character| ('\u{2500}'..='\u{259f}').contains(&character));
    let wanted = if line || lesser.contains(&cell.fg) { DIM_RATIO } else { TEXT_RATIO };
    let ratio = contrast(ink, paper);
    if cell.modifier.contains(Modifier::DIM) {
        return Err("`dim` is whatever the terminal makes of it".to_owned());
    }
    if ratio >= wanted { Ok(()) } else { Err(format!("{ratio:.2} : 1, and {wanted} : 1 is wanted")) }
}

/// The cells in which agents write: their colours are theirs.
fn is_agents(model: &Model, at: Position) -> bool {
    let parts = layout::parts(model);
    parts.screen.contains(at) || parts.tiles.iter().any(|(_, tile)| inside(*tile).contains(at))
}

/// Every screen there is, by name, with looks.
fn screens(theme: &Theme) -> Vec<(String, Model)> {
    let fleet = ["", "?", "K", "q", "n", "g", "z", "e", "/er", "s", "r", "t"];
    let tabs = ["2", "2?", "2n", "2e", "2c", "2/x", "3", "3p", "3c", "4", "4f", "5", "5n", "5/x"];
    let mut all = Vec::new();
    for keys in fleet.into_iter().chain(tabs) {
        for (columns, rows) in [(80, 24), (200, 50), (20, 5)] {
            let mut model = settled(columns, rows);
            model.theme = std::sync::Arc::new(theme.clone());
            for key in keys.chars() {
                let cmds = write(&mut model, &key.to_string());
                demo::answer(&mut model, cmds);
            }
            all.push((format!("{keys:?} at {columns}x{rows}"), model));
        }
    }
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut model = crate::conflicts::open(columns, rows);
        model.theme = std::sync::Arc::new(theme.clone());
        write(&mut model, "b");
        all.push((format!("a conflict at {columns}x{rows}"), model.clone()));
        let unknown = FromFleet::Fetched {
            topic: Topic::Conflict(board::conflicts()[0].id.clone()),
            data: Box::new(Ok(Data::Conflict(Box::new(board::conflict(&board::conflicts()[1].id))))),
        };
        hear(&mut model, unknown);
        all.push((format!("a conflict asked for at {columns}x{rows}"), model));
        let mut model = crate::committing::committed(columns, rows);
        model.theme = std::sync::Arc::new(theme.clone());
        all.push((format!("a commit at {columns}x{rows}"), model));
    }
    let mut told = settled(120, 40);
    told.theme = std::sync::Arc::new(theme.clone());
    hear(&mut told, FromFleet::Fleet { changed: vec![], removed: vec![], banners: vec!["disk full".to_owned()] });
    for (tone, text) in [(Tone::Remark, "a remark"), (Tone::Warning, "a warning"), (Tone::Failure, "a failure")] {
        told.toast(tone, text);
    }
    let mut typing = told.clone();
    press(&mut typing, Key::plain(Code::Enter));
    let mut lost = told.clone();
    hear(&mut lost, FromFleet::Disconnected { reason: "gone".to_owned() });
    all.extend([("toasts".to_owned(), told), ("typing".to_owned(), typing), ("lost".to_owned(), lost)]);
    all
}

#[test]
fn everything_on_the_screen_can_be_read_on_every_background() {
    for colours in [Colours::True, Colours::Indexed] {
        let looks = Looks::built_in().in_colours(colours);
        for (ground, paper) in GROUNDS {
            let theme = looks.on(ground);
            let lesser = [theme.dim, theme.off, theme.stale, theme.border].map(|style| style.fg.unwrap());
            let mut faults: BTreeMap<String, String> = BTreeMap::new();
            for (name, model) in screens(theme) {
                let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
                view::draw(&model, &mut buffer);
                for (index, cell) in buffer.content.iter().enumerate() {
                    let (x, y) = buffer.pos_of(index);
                    if cell.symbol().trim().is_empty() || is_agents(&model, Position::new(x, y)) {
                        continue;
                    }
                    if let Err(why) = fault(cell, paper, &lesser) {
                        let pair = format!("{:?} on {:?}", cell.fg, cell.bg);
                        faults.entry(pair).or_insert(format!("{why}: {} at {x},{y} of {name}", cell.symbol()));
                    }
                }
            }
            assert!(faults.is_empty(), "{colours:?} on {ground:?} {paper:x?}: {faults:#?}");
        }
    }
}

/// No role is left out because no screen above happens to show it.
#[test]
fn every_role_can_be_read_on_every_background() {
    for (ground, paper) in GROUNDS {
        let looks = Looks::built_in();
        let theme = looks.on(ground);
        let lines = [theme.border, theme.dim, theme.off, theme.stale];
        let texts = [
            theme.text,
            theme.title,
            theme.accent,
            theme.border_focused,
            theme.border_typing,
            theme.border_scroll,
            theme.selected,
            theme.key,
            theme.typing,
            theme.needs_you,
            theme.failed,
            theme.finished,
            theme.working,
            theme.idle,
            theme.pending,
            theme.paused,
            theme.warning,
            theme.error,
            theme.critical,
            theme.banner,
            theme.tab,
            theme.found,
        ];
        let lesser = lines.map(|style| style.fg.unwrap());
        for style in lines.into_iter().chain(texts) {
            let mut cell = Cell::new("x");
            cell.set_style(Style { fg: style.fg.or(Some(Color::Reset)), ..style });
            assert_eq!(fault(&cell, paper, &lesser), Ok(()), "{style:?} on {paper:x?}");
        }
    }
}

/// The letters of a text where it is first drawn, with their looks.
fn drawn_at(buffer: &Buffer, text: &str) -> Style {
    let cells = text.chars().count();
    let at = |window: &[Cell]| window.iter().map(Cell::symbol).collect::<String>() == text;
    let place = buffer.content.windows(cells).position(at).unwrap_or_else(|| panic!("no `{text}`"));
    buffer.content[place].style()
}

#[test]
fn what_lies_behind_a_dialog_is_dimmed_and_one_that_takes_away_is_framed_as_a_danger() {
    for ground in [Ground::Dark, Ground::Light] {
        let theme = Looks::built_in().on(ground).clone();
        for (keys, title, edge) in [
            ("K", "Kill builder?", theme.error),
            ("q", "Quit?", theme.border_focused),
            ("n", "New agent", theme.border_focused),
        ] {
            let mut model = settled(120, 40);
            model.theme = std::sync::Arc::new(theme.clone());
            let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
            view::draw(&model, &mut buffer);
            let failed = drawn_at(&buffer, "1 failed");
            assert_eq!(failed.fg, theme.failed.fg);
            write(&mut model, keys);
            let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
            view::draw(&model, &mut buffer);
            let behind = drawn_at(&buffer, "1 failed");
            assert_eq!((behind.fg, behind.add_modifier), (theme.dim.fg, Modifier::empty()), "{keys}");
            assert_eq!(drawn_at(&buffer, title).fg, edge.fg, "{keys}");
        }
    }
}

/// The test would see the fault that was there.
#[test]
fn a_palettes_slot_and_a_pale_colour_are_faults() {
    let mut cell = Cell::new("x");
    cell.set_style(Style::new().fg(Color::DarkGray));
    assert!(fault(&cell, (0, 0x2b, 0x36), &[]).unwrap_err().contains("palette"));
    cell.set_style(Style::new().fg(Color::Indexed(80)));
    assert!(fault(&cell, (255, 255, 255), &[]).unwrap_err().contains("4.5 : 1"));
}
