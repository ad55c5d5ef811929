//! The places that can be clicked: they lie where their words are drawn, and each does what it says.

use crate::demo::{self, board};
use crate::{look, mouse, write};
use proptest::prelude::*;
use quarterdeck::tui::input::{Button, Held, Mouse, MouseAction};
use quarterdeck::tui::model::dialog::Overlay;
use quarterdeck::tui::model::{Focus, Keys, Model};
use quarterdeck::tui::seen::Click;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Keys that lead to each kind of screen.
const SCREENS: [&str; 16] = ["", "g", "z", "/x", "/er", "v", "?", "K", "q", "n", "2", "2n", "3", "4", "5", "5n"];

fn screen(columns: u16, rows: u16, keys: &str, down: usize) -> Model {
    let mut model = demo::model(columns, rows);
    for key in keys.chars().chain("j".repeat(down).chars().filter(|_| keys.len() < 2)) {
        let cmds = write(&mut model, &key.to_string());
        demo::answer(&mut model, cmds);
    }
    model
}

/// What stands in a place, line by line, without the blanks at the ends.
fn words(buffer: &Buffer, place: Rect) -> String {
    let line = |y| (place.x..place.right()).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (place.y..place.bottom()).map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Whether the words of a place contain the name, or a part of it where there is no room for all.
fn names(words: &str, name: &str) -> bool {
    let is_part = |word: &str| match word.strip_suffix('…') {
        Some(begin) => name.starts_with(begin),
        None => name.contains(word) && words.chars().count() < name.chars().count() + 3,
    };
    words.contains(name) || words.chars().count() < 3 || words.split(['│', ' ']).any(is_part)
}

/// Whether something is drawn in the place that names what a click there is for.
fn is_named(model: &Model, click: &Click, words: &str) -> bool {
    match click {
        Click::Tab(tab) => words.contains(tab.title()) || words.chars().count() < 4,
        Click::Count(None) => words.contains("agent") || words.starts_with("of ") || words.ends_with('…'),
        Click::Count(Some(_)) => words.contains(|c: char| c.is_ascii_digit()) || words.ends_with('…'),
        Click::Agent(name) | Click::Tile(name) | Click::Fact(name) | Click::Node(name) => names(words, name),
        Click::Task(id) => {
            let task = model.tabs.tasks.named(id).expect("a task");
            let own = task.name.rsplit('.').next().unwrap_or_default();
            names(words, own) || names(words, &task.name) || names(words, id)
        }
        Click::Message(id) => {
            let message = board::messages(None).into_iter().find(|message| message.id == *id).expect("a message");
            names(words, &message.from)
        }
        Click::Choice(index) => match &model.overlay {
            Some(Overlay::Ask(question)) => words.contains(question.choices[*index].key),
            _ => false,
        },
        Click::Field(field) => names(words, &format!("{field:?}")),
        Click::Lock(_) | Click::Write(_) => true,
        Click::Panel(_) | Click::Screen | Click::Body | Click::Nothing => true,
    }
}

/// Whether the click has done what the place is for. `before` is the dashboard as it was.
fn is_done(before: &Model, model: &Model, click: &Click) -> bool {
    let tabs = &model.tabs;
    let selected = model.roster.selected_name();
    match click {
        Click::Tab(tab) => tabs.shown == *tab,
        Click::Count(_) => model.roster.filter() != before.roster.filter() || before.roster.filter().is_empty(),
        Click::Panel(Focus::Terminal) | Click::Screen => model.keys == before.keys || model.keys == Keys::Quarterdeck,
        Click::Panel(focus) => model.focus == *focus && model.keys == Keys::Quarterdeck,
        Click::Agent(name) => selected == Some(name) && model.focus == Focus::Agents,
        // A filter may hide the agent that the fact is about.
        Click::Fact(name) => {
            let hidden = !model.roster.shown().any(|agent| agent.name == *name);
            (hidden || selected == Some(name)) && model.focus == Focus::Facts
        }
        Click::Tile(name) => selected == Some(name),
        Click::Body => model.keys == Keys::Quarterdeck,
        Click::Task(id) => tabs.tasks.selected().is_some_and(|task| task.id == *id),
        Click::Node(name) => tabs.plan.node(tabs.plan.selected()).is_some_and(|node| node.name == *name),
        Click::Lock(key) => tabs.locks.selected().and_then(|row| row.key()).as_ref() == Some(key),
        Click::Message(id) => tabs.messages.selected().is_some_and(|message| message.id == *id),
        Click::Choice(_) => model.overlay.is_none(),
        Click::Field(field) => matches!(&model.overlay, Some(Overlay::New(form)) if form.field == *field),
        Click::Write(place) => matches!(&model.overlay, Some(Overlay::Compose(text)) if text.place == *place),
        Click::Nothing => model.overlay == before.overlay,
    }
}

/// Whether a place may lie over another of the same layer: it is a part of it.
fn may_cover(above: &(Rect, Click), below: &(Rect, Click)) -> bool {
    let shared = above.0.intersection(below.0);
    shared.is_empty() || shared == above.0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_place_lies_on_the_screen_says_what_it_is_for_and_does_it(
        columns in 1u16..=220, rows in 1u16..=60, keys in prop::sample::select(&SCREENS[..]), down in 0usize..12
    ) {
        let mut model = screen(columns, rows, keys, down);
        let buffer = look(&mut model);
        let places = model.seen.places().to_vec();
        for (index, place) in places.iter().enumerate() {
            let (area, click) = place;
            prop_assert_eq!(buffer.area.intersection(*area), *area, "{:?} is off the screen", click);
            let layer = places[..=index].iter().rposition(|(_, click)| *click == Click::Nothing).unwrap_or(0);
            for below in &places[layer..index] {
                prop_assert!(may_cover(place, below), "{:?} lies over {:?}", place, below);
            }
            let covered = |at| model.seen.at(at) != Some(click);
            let Some(at) = area.positions().find(|at| !covered(*at)) else { continue };
            let words = words(&buffer, *area);
            prop_assert!(is_named(&model, click, &words), "{:?} stands at {:?}", click, words);
            let mut clicked = model.clone();
            let did = MouseAction::Press(Button::Left);
            mouse(&mut clicked, Mouse { did, column: at.x, row: at.y, held: Held::default() });
            prop_assert!(is_done(&model, &clicked, click), "{:?} was clicked at {:?}", click, at);
        }
    }
}

/// What is clicked is what was drawn, even when the fleet has changed before the next drawing.
#[test]
fn a_click_does_what_was_drawn_where_it_falls() {
    let mut model = demo::model(120, 40);
    look(&mut model);
    let (place, _) = model.seen.places().iter().find(|(_, click)| *click == Click::Agent("docs".to_owned())).unwrap();
    let (column, row) = (place.x, place.y);
    let mut urgent = demo::agents().swap_remove(0);
    urgent.name = "aaa".to_owned();
    urgent.attention = quarterdeck::api::agents::Attention::NeedsYou;
    crate::hear(
        &mut model,
        quarterdeck::tui::FromFleet::Fleet { changed: vec![urgent], removed: vec![], banners: vec![] },
    );
    let did = MouseAction::Press(Button::Left);
    let click = quarterdeck::tui::input::InputEvent::Mouse(Mouse { did, column, row, held: Held::default() });
    quarterdeck::tui::update::update(&mut model, quarterdeck::tui::msg::Msg::Input(click), demo::NOW_MS);
    assert_eq!(model.roster.selected_name(), Some("docs"));
}
