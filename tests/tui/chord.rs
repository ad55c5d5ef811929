//! Where keys go: one chord gets out and never reaches the agent; everything else does.

use crate::{input, press, settled};
use quarterdeck::tui::ToFleet;
use quarterdeck::tui::input::{Code, Held, InputEvent, Key, from_crossterm, parse_chord};
use quarterdeck::tui::model::Keys;
use quarterdeck::tui::msg::Cmd;

fn typed(cmds: &[Cmd]) -> Vec<u8> {
    let bytes = |cmd: &Cmd| match cmd {
        Cmd::Send(ToFleet::Input { agent, bytes }) if agent == "builder" => bytes.clone(),
        _ => Vec::new(),
    };
    cmds.iter().flat_map(bytes).collect()
}

#[test]
fn everything_but_the_chord_reaches_the_agent() {
    for (written, bytes) in [
        ("q", &b"q"[..]),
        ("K", b"K"),
        ("?", b"?"),
        ("/", b"/"),
        ("ctrl-c", b"\x03"),
        ("ctrl-z", b"\x1a"),
        ("ctrl-q", b"\x11"),
        ("ctrl-l", b"\x0c"),
        ("esc", b"\x1b"),
        ("tab", b"\t"),
        ("backtab", b"\x1b[Z"),
        ("enter", b"\r"),
        ("pageup", b"\x1b[5~"),
        ("f1", b"\x1bOP"),
        ("f12", b"\x1b[24~"),
        ("alt-x", b"\x1bx"),
        ("ctrl-\\", b"\x1c"),
        ("ä", "ä".as_bytes()),
    ] {
        let mut model = settled(120, 40);
        press(&mut model, Key::plain(Code::Enter));
        let cmds = press(&mut model, parse_chord(written).unwrap());
        assert_eq!(typed(&cmds), bytes, "{written}");
        assert_eq!(model.keys, Keys::Agent, "{written}");
    }
}

#[test]
fn the_chord_gets_out_and_reaches_nobody() {
    use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
    // What a legacy terminal sends for Ctrl-] is read as Ctrl-5, what a kitty one sends as Ctrl-].
    for reported in ['5', ']'] {
        let mut model = settled(120, 40);
        press(&mut model, Key::plain(Code::Enter));
        assert_eq!(model.keys, Keys::Agent);
        let event = Event::Key(KeyEvent::new(KeyCode::Char(reported), KeyModifiers::CONTROL));
        let cmds = input(&mut model, from_crossterm(event).unwrap());
        assert_eq!(model.keys, Keys::Quarterdeck);
        assert_eq!(typed(&cmds), b"");
    }
}

#[test]
fn the_chord_never_reaches_the_agent_even_while_looking_back() {
    let mut model = settled(120, 40);
    press(&mut model, Key::plain(Code::Enter));
    let wheel = quarterdeck::tui::input::Mouse {
        did: quarterdeck::tui::input::MouseAction::WheelUp,
        column: 60,
        row: 10,
        held: Held::default(),
    };
    input(&mut model, InputEvent::Mouse(wheel));
    assert!(model.scroll.is_some());
    assert_eq!(typed(&press(&mut model, Key::ctrl(']'))), b"");
    assert_eq!((model.keys, model.scroll), (Keys::Quarterdeck, None));
}

#[test]
fn pasted_text_goes_where_keys_go() {
    let mut model = settled(120, 40);
    let paste = || InputEvent::Paste("two\nlines".to_owned());
    assert_eq!(typed(&input(&mut model, paste())), b"", "Quarterdeck takes no pasted text for commands");
    press(&mut model, Key::plain(Code::Enter));
    assert_eq!(typed(&input(&mut model, paste())), b"two\rlines");
}
