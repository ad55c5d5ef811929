//! What follows from what: commands, order, sizes, pictures, time.

use crate::demo;
use crate::{answer, calls, due_ms, hear, input, looked_back, mouse, patched, press, settled, shown, write};
use quarterdeck::api::agents::{Action, AgentState, Attention, SPAWN_AGENT, SpawnRequest, Status};
use quarterdeck::api::error::Problem;
use quarterdeck::api::events::{EventRecord, Severity};
use quarterdeck::api::system::{SHUTDOWN, ShutdownRequest};
use quarterdeck::term::frame::{Mouse as Wants, Size};
use quarterdeck::tui::ground::{Colours, Ground, Surroundings};
use quarterdeck::tui::input::{Button, Code, Held, InputEvent, Key, Mouse, MouseAction};
use quarterdeck::tui::keymap::Keymap;
use quarterdeck::tui::model::{Keys, Line, Model};
use quarterdeck::tui::msg::{Cmd, Msg, Outcome};
use quarterdeck::tui::theme::Theme;
use quarterdeck::tui::update::update;
use quarterdeck::tui::{Answer, FromFleet, Mode, Options, ToFleet};

fn actions(cmds: &[Cmd]) -> Vec<(String, Action)> {
    let patches = calls(cmds).into_iter().filter_map(|call| patched(&call));
    patches.map(|(agent, patch)| (agent, patch.action)).collect()
}

fn change(model: &mut Model, name: &str, with: impl Fn(&mut quarterdeck::api::agents::Agent)) -> Vec<Cmd> {
    let mut agent = model.roster.get(name).unwrap().clone();
    with(&mut agent);
    hear(model, FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] })
}

fn order(model: &Model) -> Vec<&str> {
    model.roster.shown().map(|agent| agent.name.as_str()).collect()
}

fn at(did: MouseAction, column: u16, row: u16) -> Mouse {
    Mouse { did, column, row, held: Held::default() }
}

#[test]
fn keys_ask_for_what_they_say() {
    let mut model = settled(120, 40);
    assert_eq!(actions(&write(&mut model, "p")), [("builder".to_owned(), Action::Pause)]);
    change(&mut model, "builder", |agent| agent.status = Status::Paused);
    assert_eq!(actions(&write(&mut model, "p")), [("builder".to_owned(), Action::Resume)]);
    assert_eq!(actions(&write(&mut model, "s")), [], "it asks first");
    assert_eq!(actions(&answer(&mut model, 's')), [("builder".to_owned(), Action::Stop)]);
    change(&mut model, "builder", |agent| agent.state = AgentState::Stopping);
    assert_eq!(actions(&write(&mut model, "s")), []);
    assert!(shown(&model).contains("stop without grace builder? s again"), "{}", shown(&model));
    assert_eq!(actions(&answer(&mut model, 's')), [("builder".to_owned(), Action::Stop)]);
    change(&mut model, "builder", |agent| agent.state = AgentState::Completed);
    assert_eq!(actions(&write(&mut model, "s")), [("builder".to_owned(), Action::Start)]);
    assert_eq!(actions(&write(&mut model, "r")), [("builder".to_owned(), Action::Start)]);
}

#[test]
fn a_kill_is_asked_about_and_enter_alone_kills_nothing() {
    let mut model = settled(120, 40);
    write(&mut model, "K");
    assert_eq!(actions(&press(&mut model, Key::plain(Code::Enter))), []);
    assert_eq!(model.overlay, None);
    assert_eq!(actions(&write(&mut model, "Ky")), [], "nobody reads that fast");
    assert_eq!(actions(&answer(&mut model, 'y')), [("builder".to_owned(), Action::Kill)]);
    assert_eq!(actions(&write(&mut model, "Kn")), []);
}

#[test]
fn quitting_leaves_the_fleet_running_unless_told_otherwise() {
    let mut model = settled(120, 40);
    write(&mut model, "q");
    assert_eq!(press(&mut model, Key::plain(Code::Enter)), [Cmd::Quit(Outcome::Left)]);
    let mut model = settled(120, 40);
    write(&mut model, "q");
    let cmds = answer(&mut model, 's');
    assert_eq!(calls(&cmds), [SHUTDOWN.call(&[], &ShutdownRequest { kill: false })]);
    let cmds = hear(&mut model, FromFleet::Disconnected { reason: "the fleet has stopped".to_owned() });
    assert_eq!(cmds, [Cmd::Quit(Outcome::FleetStopped)]);
}

#[test]
fn a_fleet_stopped_by_somebody_else_ends_the_screen_and_is_not_brought_back() {
    let shutdown = |at_ms, seq| {
        let mut fact = demo::facts().swap_remove(0);
        (fact.kind, fact.at_ms, fact.seq) = ("system.shutdown_begun".to_owned(), at_ms, seq);
        FromFleet::Fact(fact)
    };
    let gone = || FromFleet::Disconnected { reason: "the supervisor ended".to_owned() };
    let mut model = settled(120, 40);
    hear(&mut model, shutdown(demo::NOW_MS - 60_000, 100));
    assert_eq!(hear(&mut model, gone()), [], "a shutdown of yesterday is no reason");
    let mut model = settled(120, 40);
    hear(&mut model, shutdown(demo::NOW_MS, 100));
    assert_eq!(hear(&mut model, gone()), [Cmd::Quit(Outcome::FleetStopped)]);
}

#[test]
fn a_new_agent_is_asked_for_with_what_was_written() {
    let mut model = settled(120, 40);
    write(&mut model, "nscout\tls -la");
    assert!(model.overlay.is_some());
    press(&mut model, Key::plain(Code::Esc));
    write(&mut model, "nscout");
    press(&mut model, Key::plain(Code::Tab));
    write(&mut model, "ls -la");
    let cmds = press(&mut model, Key::plain(Code::Enter));
    let config = [("shell", "ls -la"), ("workspace", "worktree")];
    let config = config.map(|(key, value)| (key.to_owned(), value.into())).into_iter().collect();
    let name = "scout".to_owned();
    assert_eq!(calls(&cmds), [SPAWN_AGENT.call(&[], &SpawnRequest { name, config })]);
}

#[test]
fn who_needs_attention_comes_first_and_the_selection_sticks() {
    let mut model = settled(120, 40);
    let sorted = ["reviewer", "fuzzer", "indexer", "builder", "docs", "translator", "migrations", "nightly"];
    assert_eq!(order(&model), sorted);
    assert_eq!(model.roster.selected_name(), Some("builder"));
    update(&mut model, Msg::Tick, demo::NOW_MS + 10_000);
    let mut agent = model.roster.get("builder").unwrap().clone();
    agent.attention = Attention::NeedsYou;
    let word = FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] };
    update(&mut model, Msg::Fleet(word), demo::NOW_MS + 10_000);
    assert_eq!(order(&model)[..2], ["reviewer", "builder"], "who waits longer comes first");
    assert_eq!(model.roster.selected_name(), Some("builder"));
}

#[test]
fn rows_hold_still_under_the_users_hand() {
    let mut model = settled(120, 40);
    write(&mut model, "j");
    let before: Vec<String> = order(&model).into_iter().map(str::to_owned).collect();
    change(&mut model, "nightly", |agent| agent.attention = Attention::NeedsYou);
    assert_eq!(order(&model), before);
    let due = due_ms(&mut model).unwrap();
    assert!(due <= demo::NOW_MS + 1_500);
    update(&mut model, Msg::Tick, demo::NOW_MS + 1_500);
    assert_eq!(order(&model)[0], "nightly");
    assert_eq!(model.roster.selected_name(), Some("docs"));
}

#[test]
fn keys_never_come_to_go_to_another_agent() {
    let mut model = settled(120, 40);
    write(&mut model, "/spans");
    press(&mut model, Key::plain(Code::Enter));
    press(&mut model, Key::plain(Code::Enter));
    assert_eq!((model.keys, order(&model)), (Keys::Agent, vec!["builder"]));
    change(&mut model, "docs", |agent| agent.last_line = "spans".to_owned());
    change(&mut model, "builder", |agent| agent.last_line = "done".to_owned());
    assert_eq!(model.roster.selected_name(), Some("builder"));
    change(&mut model, "builder", |agent| agent.state = AgentState::Completed);
    assert_eq!(write(&mut model, "rm"), []);
    assert_eq!(model.keys, Keys::Agent, "the next letter is not taken for a command");
    hear(&mut model, FromFleet::Fleet { changed: vec![], removed: vec!["builder".to_owned()], banners: vec![] });
    assert_eq!(model.keys, Keys::Quarterdeck);
}

#[test]
fn only_who_is_shown_is_watched() {
    let mut model = settled(120, 40);
    assert_eq!(model.watching.iter().collect::<Vec<_>>(), ["builder"]);
    let cmds = write(&mut model, "j");
    assert!(cmds.contains(&Cmd::Send(ToFleet::Unwatch { agent: "builder".to_owned() })), "{cmds:?}");
    assert!(cmds.contains(&Cmd::Send(ToFleet::Watch { agent: "docs".to_owned() })), "{cmds:?}");
    write(&mut model, "g");
    assert_eq!(model.watching.len(), 8);
    input(&mut model, InputEvent::Resize(20, 5));
    assert!(model.watching.is_empty());
}

#[test]
fn pictures_are_acknowledged_once_they_are_drawn() {
    let mut model = settled(120, 40);
    let drawn = |cmds: Vec<Cmd>| cmds == [Cmd::Send(ToFleet::Drawn { agent: "builder".to_owned(), seq: 7 })];
    assert!(drawn(update(&mut model, Msg::Drawn, demo::NOW_MS)));
    assert_eq!(update(&mut model, Msg::Drawn, demo::NOW_MS), []);
}

#[test]
fn sizes_are_told_at_once_and_then_after_a_pause() {
    let sizes = |cmds: &[Cmd]| -> Vec<Size> {
        let size = |cmd: &Cmd| match cmd {
            Cmd::Send(ToFleet::Resize { agent, size }) if agent == "builder" => Some(*size),
            _ => None,
        };
        cmds.iter().filter_map(size).collect()
    };
    let mut model = settled(120, 40);
    let start = demo::NOW_MS + 60_000;
    let resize = |model: &mut Model, columns, after| {
        sizes(&update(model, Msg::Input(InputEvent::Resize(columns, 40)), start + after))
    };
    assert_eq!(resize(&mut model, 130, 0), [Size { columns: 88, rows: 27 }]);
    assert_eq!(resize(&mut model, 131, 10), []);
    assert_eq!(resize(&mut model, 132, 20), []);
    assert_eq!(due_ms(&mut model), Some(start + 150));
    assert_eq!(sizes(&update(&mut model, Msg::Tick, start + 150)), [Size { columns: 90, rows: 27 }]);
    assert_eq!(sizes(&update(&mut model, Msg::Tick, start + 400)), []);
}

#[test]
fn nothing_ticks_when_nothing_shown_changes() {
    let mut model = settled(120, 40);
    let hours_ago = demo::NOW_MS - 3 * 3_600_000;
    for agent in demo::agents() {
        change(&mut model, &agent.name, |agent| agent.status_since_ms = hours_ago);
    }
    update(&mut model, Msg::Tick, demo::NOW_MS + 5_000);
    let due = due_ms(&mut model).unwrap();
    assert!(due >= demo::NOW_MS + 3_000_000, "ticks after {} ms", due - demo::NOW_MS);
    let removed = all_names(&model);
    hear(&mut model, FromFleet::Fleet { changed: vec![], removed, banners: vec![] });
    assert_eq!(due_ms(&mut model), None);
}

fn all_names(model: &Model) -> Vec<String> {
    model.roster.all().map(|agent| agent.name.clone()).collect()
}

#[test]
fn a_lost_line_claims_nothing_and_comes_back_whole() {
    let mut model = settled(120, 40);
    hear(&mut model, FromFleet::Disconnected { reason: "gone".to_owned() });
    assert!(matches!(model.line, Line::Lost { .. }));
    assert_eq!(actions(&write(&mut model, "p")), []);
    assert!(shown(&model).contains("no connection to the supervisor"));
    hear(&mut model, FromFleet::Connected { fleet: "lighthouse".to_owned() });
    let changed = demo::agents().into_iter().filter(|agent| agent.name != "docs").collect();
    let cmds = hear(&mut model, FromFleet::Fleet { changed, removed: vec![], banners: vec![] });
    assert!(cmds.contains(&Cmd::Send(ToFleet::Watch { agent: "builder".to_owned() })), "{cmds:?}");
    assert_eq!(model.roster.all().len(), 7, "who is not in the new list is gone");
}

#[test]
fn a_refusal_is_told_and_nothing_ends() {
    let mut model = settled(120, 40);
    let cmds = write(&mut model, "p");
    let Some(Cmd::Send(ToFleet::Call { request, .. })) = cmds.first().cloned() else { panic!("{cmds:?}") };
    let problem = Problem {
        status: 409,
        code: "not_pausable".to_owned(),
        what: "can't pause builder".to_owned(),
        why: "its run is being ended".to_owned(),
        hint: None,
    };
    assert_eq!(hear(&mut model, FromFleet::Answer { request, answer: Answer::Problem(problem) }), []);
    assert!(shown(&model).contains("pause builder: its run is being ended"));
}

#[test]
fn a_drag_copies_and_a_click_selects() {
    let mut model = settled(120, 40);
    mouse(&mut model, at(MouseAction::Press(Button::Left), 41, 3));
    mouse(&mut model, at(MouseAction::Drag(Button::Left), 46, 3));
    let cmds = mouse(&mut model, at(MouseAction::Release(Button::Left), 46, 3));
    assert_eq!(cmds, [Cmd::Copy("$ carg".to_owned())]);
    mouse(&mut model, at(MouseAction::Press(Button::Left), 5, 3));
    assert_eq!(model.roster.selected_name(), Some("reviewer"));
}

#[test]
fn a_program_that_wants_the_mouse_gets_it_while_keys_go_to_it() {
    let mut model = settled(120, 40);
    let mut frame = demo::screen(78, 27);
    frame.modes.mouse = Wants::Click;
    frame.modes.mouse_sgr = true;
    hear(&mut model, FromFleet::Whole { agent: "builder".to_owned(), frame });
    assert_eq!(mouse(&mut model, at(MouseAction::Press(Button::Left), 41, 3)), [], "not while keys go to Quarterdeck");
    mouse(&mut model, at(MouseAction::Release(Button::Left), 41, 3));
    press(&mut model, Key::plain(Code::Enter));
    let bytes = b"\x1b[<0;1;1M".to_vec();
    let told = Cmd::Send(ToFleet::Input { agent: "builder".to_owned(), bytes });
    assert_eq!(mouse(&mut model, at(MouseAction::Press(Button::Left), 41, 3)), [told]);
}

#[test]
fn looking_back_asks_for_history_and_comes_back_by_itself() {
    let mut model = settled(120, 40);
    let cmds = press(&mut model, Key::plain(Code::PageUp));
    assert!(matches!(&cmds[..], [Cmd::Send(ToFleet::History { agent, .. })] if agent == "builder"), "{cmds:?}");
    let rows = looked_back(&model, 100);
    hear(&mut model, FromFleet::History { agent: "builder".to_owned(), rows, complete: true });
    assert_eq!(model.scroll.as_ref().map(|scroll| (scroll.back, scroll.rows.len())), Some((26, 127)));
    for _ in 0..26 {
        mouse(&mut model, at(MouseAction::WheelDown, 60, 10));
    }
    assert_eq!(model.scroll, None);
}

fn click(model: &mut Model, column: u16, row: u16) -> Vec<Cmd> {
    mouse(model, at(MouseAction::Press(Button::Left), column, row))
}

/// Where a text stands on the screen: column, row.
fn find(model: &Model, text: &str) -> (u16, u16) {
    let screen = shown(model);
    let lines = screen.lines().zip(0..);
    let mut places = lines.filter_map(|(line, row)| Some((line[..line.find(text)?].chars().count() as u16, row)));
    places.next().unwrap_or_else(|| panic!("`{text}` is not on the screen:\n{screen}"))
}

#[test]
fn a_click_takes_the_choice_it_falls_on_and_no_other() {
    for (columns, rows) in [(120, 40), (80, 24), (70, 8)] {
        let mut model = settled(columns, rows);
        write(&mut model, "K");
        let (column, row) = find(&model, "y  kill it");
        assert_eq!(actions(&click(&mut model, column, row - 2)), [], "above the choices");
        assert!(model.overlay.is_some());
        assert_eq!(actions(&click(&mut model, column, row)), [("builder".to_owned(), Action::Kill)]);
        assert_eq!(model.overlay, None);
    }
}

#[test]
fn a_click_in_the_form_goes_to_the_field() {
    let mut model = settled(120, 40);
    write(&mut model, "nscout");
    let (column, row) = find(&model, "Command");
    click(&mut model, column, row);
    write(&mut model, "ls");
    assert!(shown(&model).contains("Command    ls"), "{}", shown(&model));
}

#[test]
fn a_click_on_a_fact_selects_its_agent() {
    let mut model = settled(120, 40);
    let fact = model
        .facts
        .shown()
        .rev()
        .map(|told| &told.fact)
        .find(|fact| fact.agent.as_deref().is_some_and(|agent| agent != "builder"));
    let (agent, message) = fact.map(|fact| (fact.agent.clone().unwrap(), fact.message.clone())).unwrap();
    let (column, row) = find(&model, &message);
    click(&mut model, column, row);
    assert_eq!(model.roster.selected_name(), Some(agent.as_str()));
}

#[test]
fn an_agent_that_does_not_run_says_all_of_why_below_its_last_lines() {
    let mut model = settled(80, 24);
    let why =
        "exec: no such file: a-program-with-a-long-name: is it on PATH? it was looked for in every directory there";
    change(&mut model, "builder", |agent| {
        (agent.state, agent.attention, agent.pid) = (AgentState::Failed, Attention::Failed, None);
        agent.summary = why.to_owned();
    });
    let screen = shown(&model);
    let said: String = screen.lines().filter_map(|line| line.split('│').nth(1)).collect::<Vec<_>>().join(" ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(why) && said.contains("s starts it · e says why"), "{screen}");
    assert!(screen.contains("├───"), "its last lines are above: {screen}");
    let told = model.sizes.told.get("builder").copied();
    change(&mut model, "builder", |agent| agent.state = AgentState::Ready);
    assert_eq!(model.sizes.told.get("builder").copied(), told, "no other size is told for it");
}

#[test]
fn what_is_wrong_with_the_users_files_stays_until_it_was_read() {
    let files = [("keys.toml".to_owned(), "[fleet]\npauze = [\"p\"]\n".to_owned())];
    let remarks = Options::new(Mode::Dashboard).with_files(&files, &[], Surroundings::default()).remarks;
    let mut model = settled(80, 24);
    model.remarks = remarks;
    update(&mut model, Msg::Tick, demo::NOW_MS + 3_600_000);
    assert!(shown(&model).lines().nth(2).is_some_and(|line| line.contains("keys.toml: ")), "{}", shown(&model));
    press(&mut model, Key::plain(Code::Esc));
    assert!(!shown(&model).contains("keys.toml"));
}

#[test]
fn until_the_user_does_something_whoever_needs_them_first_is_selected() {
    let fresh = || {
        let mut model = Model::new(Mode::Dashboard, (80, 24), demo::NOW_MS, Keymap::default(), Theme::built_in());
        hear(&mut model, FromFleet::Connected { fleet: "lighthouse".to_owned() });
        let mut agents = demo::agents();
        agents.iter_mut().for_each(|agent| agent.attention = Attention::Quiet);
        hear(&mut model, FromFleet::Fleet { changed: agents, removed: vec![], banners: vec![] });
        model
    };
    let calls = |model: &mut Model, now_ms| {
        let mut agent = model.roster.get("translator").unwrap().clone();
        agent.attention = Attention::NeedsYou;
        let word = FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] };
        update(model, Msg::Fleet(word), now_ms);
        model.roster.selected_name().unwrap().to_owned()
    };
    assert_eq!(calls(&mut fresh(), demo::NOW_MS + 1_000), "translator");
    assert_eq!(calls(&mut fresh(), demo::NOW_MS + 4_000), "builder", "the user may be reading by now");
    let mut touched = fresh();
    press(&mut touched, Key::plain(Code::Esc));
    assert_eq!(calls(&mut touched, demo::NOW_MS + 1_000), "builder", "the user has a hand on it");
    let mut seen = fresh();
    calls(&mut seen, demo::NOW_MS + 1_000);
    assert_eq!(actions(&update(&mut seen, Msg::Tick, demo::NOW_MS + 9_000)), [], "nobody has looked at it yet");
}

/// The lines and the screen are of one instant: what was drawn meanwhile neither doubles a line nor swallows one.
#[test]
fn what_is_looked_back_at_has_no_seam() {
    let mut model = settled(120, 40);
    press(&mut model, Key::plain(Code::PageUp));
    let rows = looked_back(&model, 100);
    let frame = demo::screen(30, 4);
    hear(&mut model, FromFleet::Whole { agent: "builder".to_owned(), frame });
    hear(&mut model, FromFleet::History { agent: "builder".to_owned(), rows: rows.clone(), complete: true });
    assert_eq!(model.scroll.map(|scroll| scroll.rows), Some(rows));
}

fn attached() -> Model {
    let mode = Mode::Attach { agent: "builder".to_owned() };
    let mut model = Model::new(mode, (80, 24), demo::NOW_MS, Keymap::default(), Theme::built_in());
    hear(&mut model, FromFleet::Connected { fleet: "lighthouse".to_owned() });
    model
}

#[test]
fn attached_keys_go_to_the_agent_from_the_start_and_the_chord_ends_it() {
    let mut model = attached();
    let cmds = hear(&mut model, FromFleet::Fleet { changed: demo::agents(), removed: vec![], banners: vec![] });
    assert!(cmds.contains(&Cmd::Send(ToFleet::Watch { agent: "builder".to_owned() })), "{cmds:?}");
    let size = Size { columns: 80, rows: 23 };
    assert!(cmds.contains(&Cmd::Send(ToFleet::Resize { agent: "builder".to_owned(), size })), "{cmds:?}");
    assert_eq!(model.keys, Keys::Agent);
    hear(&mut model, FromFleet::Whole { agent: "builder".to_owned(), frame: demo::screen(80, 23) });
    insta::assert_snapshot!("attached_80x24", shown(&model));
    assert_eq!(press(&mut model, Key::ctrl(']')), [Cmd::Quit(Outcome::Left)]);
    let cmds = change(&mut model, "builder", |agent| {
        agent.state = AgentState::Completed;
        agent.exit_code = Some(3);
    });
    let ended = Outcome::AgentEnded { agent: "builder".to_owned(), exit_code: Some(3), exit_signal: None };
    assert!(cmds.contains(&Cmd::Quit(ended)), "{cmds:?}");
}

#[test]
fn attaching_to_nobody_says_so() {
    let mut model = attached();
    let cmds = hear(&mut model, FromFleet::Fleet { changed: vec![], removed: vec![], banners: vec![] });
    assert_eq!(cmds, [Cmd::Quit(Outcome::NoSuchAgent { agent: "builder".to_owned() })]);
}

/// The same model, message and instant: the same model and commands.
#[test]
fn update_is_pure() {
    let (mut one, mut other) = (settled(120, 40), settled(120, 40));
    for key in ["j", "g", "z", "K", "n", "p", "?"] {
        assert_eq!(write(&mut one, key), write(&mut other, key));
    }
    assert_eq!(shown(&one), shown(&other));
}

#[test]
fn a_users_files_are_overlaid_and_what_is_wrong_is_told() {
    use quarterdeck::tui::Options;
    use quarterdeck::tui::keymap::Does;
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let keymaps = [file("mine", "[typing]\nleave = 'f12'"), file("fleet's", "[fleet]\nkil = 'x'")];
    let plain = Surroundings { colours: Colours::None, ..Surroundings::default() };
    let options = Options::new(Mode::Dashboard).with_files(&keymaps, &[file("looks", "working = 'pink-ish'")], plain);
    assert_eq!(options.keymap.shown(Does::TypingLeave), "F12");
    assert_eq!(options.looks.on(Ground::Dark).working.fg, None);
    let [keys, looks] = &options.remarks[..] else { panic!("{:?}", options.remarks) };
    assert_eq!(keys, "fleet's: line 2: unknown action `kil`; did you mean `kill`?");
    assert!(looks.starts_with("looks: `working`: `pink-ish` is neither"), "{looks}");
}

/// A fact that the panel shows needs no toast on top of it.
#[test]
fn a_failure_is_announced_where_its_fact_is_not_in_sight() {
    let failure = |seq| EventRecord {
        seq,
        at_ms: demo::NOW_MS,
        severity: Severity::Error,
        message: "the disk is full".to_owned(),
        ..demo::facts().swap_remove(0)
    };
    let announced = |model: &Model| model.toasts.iter().any(|toast| toast.text.contains("the disk is full"));
    let mut panels = settled(120, 40);
    hear(&mut panels, FromFleet::Fact(failure(1_000)));
    assert!(!announced(&panels) && shown(&panels).contains("the disk is full"), "{}", shown(&panels));
    let mut zoomed = settled(120, 40);
    write(&mut zoomed, "z");
    hear(&mut zoomed, FromFleet::Fact(failure(1_000)));
    assert!(announced(&zoomed));
    let mut other = settled(120, 40);
    write(&mut other, "2");
    hear(&mut other, FromFleet::Fact(failure(1_000)));
    assert!(announced(&other));
    let top: String = shown(&other).lines().skip(2).take(3).collect();
    assert!(top.contains("✗") && top.contains("the disk is full"), "at the top: {}", shown(&other));
}

#[test]
fn repeated_facts_are_one_line_and_a_key_shows_only_what_warns() {
    let mut model = settled(120, 40);
    for seq in 1_000..1_009 {
        let message = if seq % 2 == 0 { "started (pid 1)" } else { "failed: exit 1" };
        let severity = if seq % 2 == 0 { Severity::Info } else { Severity::Warning };
        let fact = EventRecord { seq, severity, message: message.to_owned(), ..demo::facts().swap_remove(1) };
        hear(&mut model, FromFleet::Fact(fact));
    }
    let screen = shown(&model);
    assert!(screen.contains("×5 started (pid 1)") && screen.contains("×4 failed: exit 1"), "{screen}");
    assert!(screen.contains("completed in 4m 12s"), "what happened to others stays: {screen}");
    write(&mut model, "w");
    let screen = shown(&model);
    assert!(!screen.contains("started (pid 1)") && screen.contains("×4 failed: exit 1"), "{screen}");
    assert!(screen.contains("Facts (warnings and errors)"), "{screen}");
    write(&mut model, "ww");
    assert!(shown(&model).contains("×5 started (pid 1)"));
}

#[test]
fn a_search_says_which_match_of_how_many_even_without_a_frame() {
    let mut model = settled(80, 24);
    write(&mut model, "z");
    press(&mut model, Key::plain(Code::PageUp));
    write(&mut model, "/lo");
    assert!(shown(&model).contains("Keys → search /lo▏"), "{}", shown(&model));
    write(&mut model, "ck");
    press(&mut model, Key::plain(Code::Enter));
    let bar = |model: &Model| shown(model).lines().nth(23).unwrap().to_owned();
    assert!(bar(&model).contains("/lock 1 of "), "{}", bar(&model));
    write(&mut model, "n");
    assert!(bar(&model).contains("/lock 2 of "), "{}", bar(&model));
}
