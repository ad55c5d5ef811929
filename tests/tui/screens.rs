//! What the screens look like.

use crate::demo;
use crate::{hear, looked_back, press, settled, shown, write};
use quarterdeck::tui::FromFleet;
use quarterdeck::tui::input::{Code, Key};
use quarterdeck::tui::model::Model;
use quarterdeck::tui::model::Tone;
use quarterdeck::tui::msg::Msg;
use quarterdeck::tui::update::update;

/// The sizes that are looked at.
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 50), (20, 5)];

fn at_every_size(name: &str, prepare: impl Fn(&mut Model)) {
    for (columns, rows) in SIZES {
        let mut model = settled(columns, rows);
        prepare(&mut model);
        model.check().unwrap();
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), shown(&model));
    }
}

fn enter(model: &mut Model) {
    press(model, Key::plain(Code::Enter));
}

#[test]
fn dashboard() {
    at_every_size("dashboard", |_| {});
}

#[test]
fn typing() {
    at_every_size("typing", enter);
}

#[test]
fn help() {
    at_every_size("help", |model| drop(write(model, "?")));
}

#[test]
fn help_searched() {
    at_every_size("help_searched", |model| drop(write(model, "?kill")));
}

#[test]
fn kill_dialog() {
    at_every_size("kill", |model| drop(write(model, "K")));
}

#[test]
fn a_stop_is_asked() {
    at_every_size("stop_asked", |model| drop(write(model, "s")));
}

#[test]
fn quit_dialog() {
    at_every_size("quit", |model| drop(write(model, "q")));
}

#[test]
fn new_agent_dialog() {
    at_every_size("new", |model| {
        write(model, "nbuilder\tx");
        enter(model);
    });
}

#[test]
fn grid() {
    at_every_size("grid", |model| drop(write(model, "g")));
}

#[test]
fn zoom() {
    at_every_size("zoom", |model| {
        write(model, "z");
        let screen = quarterdeck::tui::layout::parts(model).screen;
        let frame = demo::screen(screen.width, screen.height);
        hear(model, FromFleet::Whole { agent: "builder".to_owned(), frame });
    });
}

#[test]
fn looking_back_and_searching() {
    at_every_size("scroll", |model| {
        press(model, Key::plain(Code::PageUp));
        if model.scroll.is_none() {
            hear(model, FromFleet::Whole { agent: "builder".to_owned(), frame: demo::screen(20, 4) });
            press(model, Key::plain(Code::PageUp));
        }
        let rows = looked_back(model, 1_200);
        hear(model, FromFleet::History { agent: "builder".to_owned(), rows, complete: true });
        write(model, "/stale");
        enter(model);
        write(model, "n");
    });
}

#[test]
fn filter_being_written() {
    at_every_size("filter", |model| drop(write(model, "/er")));
}

#[test]
fn filter_kept() {
    at_every_size("filtered", |model| {
        write(model, "/er");
        enter(model);
    });
}

#[test]
fn empty_fleet() {
    for (columns, rows) in SIZES {
        let mut model = demo::empty(columns, rows);
        hear(&mut model, FromFleet::Fleet { changed: vec![], removed: vec![], banners: vec![] });
        insta::assert_snapshot!(format!("empty_{columns}x{rows}"), shown(&model));
    }
}

#[test]
fn disconnected() {
    at_every_size("disconnected", |model| {
        hear(model, FromFleet::Disconnected { reason: "connection reset".to_owned() });
        hear(model, FromFleet::Reconnecting { attempt: 3 });
        update(model, Msg::Tick, demo::NOW_MS + 12_000);
    });
}

#[test]
fn banners_and_toasts() {
    at_every_size("banners", |model| {
        let banners =
            ["Disk full: the transcript of builder is not written", "agents.toml: line 7: unknown key `comand`"];
        let banners = banners.map(str::to_owned).to_vec();
        hear(model, FromFleet::Fleet { changed: vec![], removed: vec![], banners });
        model.toast(Tone::Remark, "copied 3 lines");
        model.toast(Tone::Failure, "pause fuzzer: it has no live run (s starts it); what can't run can't be frozen");
    });
}

#[test]
fn agent_without_a_picture() {
    at_every_size("no_picture", |model| {
        let mut agent = demo::agents().swap_remove(2);
        agent.reason = Some("exec: no such file: claude: is it on PATH?".to_owned());
        model.screens.remove("fuzzer");
        hear(model, FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] });
        model.roster.select("fuzzer", demo::NOW_MS);
    });
}

#[test]
fn explanation() {
    at_every_size("explain", |model| {
        let asked = write(model, "e");
        demo::answer(model, asked);
    });
}

/// The picture in the README is the real screen.
#[test]
fn the_picture_is_of_the_real_screen() {
    let model = demo::picture(120, 34);
    let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 120, 34));
    quarterdeck::tui::view::draw(&model, &mut buffer);
    let svg = crate::svg::render(&buffer);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/dashboard.svg");
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(path, &svg).unwrap();
    }
    let made = std::fs::read_to_string(path).unwrap();
    assert!(made == svg, "run `INSTA_UPDATE=always cargo test --test tui picture` to make it anew");
}
