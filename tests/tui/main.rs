//! The screen: what it looks like, and that nothing a person or the fleet does breaks it.

mod attention;
mod chord;
mod clicks;
mod committing;
mod conduct;
mod conflicts;
pub mod demo;
mod hostile;
mod looks;
mod real;
mod screens;
pub mod svg;
mod tabs;
mod typed;

use quarterdeck::api::agents::{AgentPatch, CHANGE_AGENT};
use quarterdeck::api::call::Call;
use quarterdeck::term::frame::Row;
use quarterdeck::tui::cadence::READ_AMID_LETTERS_MS;
use quarterdeck::tui::deadline::next_deadline_ms;
use quarterdeck::tui::input::{Code, InputEvent, Key, Mouse};
use quarterdeck::tui::model::Model;
use quarterdeck::tui::msg::{Cmd, Msg};
use quarterdeck::tui::update::update;
use quarterdeck::tui::{FromFleet, ToFleet, view};
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::layout::Rect;
use std::sync::Arc;

/// The screen as text, with the cursor's place in the last line.
fn shown(model: &Model) -> String {
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
    let cursor = view::draw(model, &mut buffer).cursor;
    let mut lines = text(&buffer);
    lines.push(cursor.map_or("no cursor".to_owned(), |at| format!("cursor {},{}", at.position.x, at.position.y)));
    lines.join("\n")
}

fn text(buffer: &Buffer) -> Vec<String> {
    let line = |y| {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            line.push_str(cell.symbol());
            x += cell.cell_width().max(1);
        }
        line.trim_end().to_owned()
    };
    (0..buffer.area.height).map(line).collect()
}

/// Draws the screen, as the loop does before a person can press a key or click. Returns its cells.
fn look(model: &mut Model) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
    model.seen = view::draw(model, &mut buffer).seen;
    buffer
}

/// The next instant at which something changes by time alone, once the screen is drawn.
fn due_ms(model: &mut Model) -> Option<u64> {
    look(model);
    next_deadline_ms(model)
}

fn input(model: &mut Model, event: InputEvent) -> Vec<Cmd> {
    look(model);
    update(model, Msg::Input(event), demo::NOW_MS)
}

/// The calls that these commands make.
fn calls(cmds: &[Cmd]) -> Vec<Call> {
    let call = |cmd: &Cmd| match cmd {
        Cmd::Send(ToFleet::Call { call, .. }) => Some(call.clone()),
        _ => None,
    };
    cmds.iter().filter_map(call).collect()
}

/// The agent and the action of a call that asks for one.
fn patched(call: &Call) -> Option<(String, AgentPatch)> {
    let agent = call.path.strip_prefix(CHANGE_AGENT.path.trim_end_matches("{name}"))?;
    let body = call.body.as_ref().unwrap().as_ref().filter(|_| call.method == CHANGE_AGENT.method)?;
    Some((agent.to_owned(), serde_json::from_slice(body).unwrap()))
}

fn press(model: &mut Model, key: Key) -> Vec<Cmd> {
    input(model, InputEvent::Key(key))
}

/// Presses characters, one after the other.
fn write(model: &mut Model, text: &str) -> Vec<Cmd> {
    text.chars().flat_map(|character| press(model, Key::plain(Code::Char(character)))).collect()
}

/// Reads what is asked, and answers it with a character.
fn answer(model: &mut Model, character: char) -> Vec<Cmd> {
    let now_ms = model.now_ms;
    update(model, Msg::Drawing, now_ms);
    update(model, Msg::Drawn, now_ms);
    let key = InputEvent::Key(Key::plain(Code::Char(character)));
    update(model, Msg::Input(key), now_ms + READ_AMID_LETTERS_MS)
}

fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Cmd> {
    input(model, InputEvent::Mouse(mouse))
}

fn hear(model: &mut Model, word: FromFleet) -> Vec<Cmd> {
    update(model, Msg::Fleet(word), demo::NOW_MS)
}

/// What the fleet answers when it is asked for so many lines from above the selected agent's screen.
fn looked_back(model: &Model, lines: u32) -> Vec<Arc<Row>> {
    let screen = model.screen().into_iter().flat_map(|frame| frame.rows.iter().cloned());
    demo::history(lines).into_iter().chain(screen).collect()
}

/// A dashboard whose terminal panel was told its size, and whose agent has drawn for it.
fn settled(columns: u16, rows: u16) -> Model {
    let mut model = demo::model(columns, rows);
    let screen = quarterdeck::tui::layout::parts(&model).screen;
    if !screen.is_empty() {
        let frame = demo::screen(screen.width, screen.height);
        hear(&mut model, FromFleet::Whole { agent: "builder".to_owned(), frame });
    }
    model
}
