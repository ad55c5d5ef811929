//! Any sequence of keys, mouse, sizes and messages, at any size: nothing panics, nothing breaks.

use crate::demo::board;
use crate::{demo, update, view};
use proptest::prelude::*;
use quarterdeck::api::agents::{AgentState, Attention, Question, QuestionKind, Status};
use quarterdeck::api::conflicts::Content;
use quarterdeck::api::error::Problem;
use quarterdeck::api::messages::Message;
use quarterdeck::term::frame::{Cursor, CursorShape, Frame, FrameUpdate, Modes, Mouse as Wants, Size};
use quarterdeck::tui::deadline::next_deadline_ms;
use quarterdeck::tui::input::{Button, Code, Held, InputEvent, Key, Mouse, MouseAction, parse_chord};
use quarterdeck::tui::model::Model;
use quarterdeck::tui::msg::Msg;
use quarterdeck::tui::seen::Click;
use quarterdeck::tui::{Answer, Data, FromFleet, Mode, Topic};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn key() -> impl Strategy<Value = Key> {
    let bound =
        "[a-zKGN?/ ]|[1-5\\[\\],.ncfpy+]".prop_map(|text| Key::plain(Code::Char(text.chars().next().unwrap_or('a'))));
    let named = prop::sample::select(vec![
        "enter",
        "enter",
        "esc",
        "tab",
        "backtab",
        "backspace",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pageup",
        "pageup",
        "pagedown",
        "ctrl-]",
        "ctrl-c",
        "ctrl-s",
        "ctrl-u",
        "ctrl-l",
        "ctrl-z",
        "f1",
        "delete",
        "alt-x",
        "日",
    ]);
    prop_oneof![3 => bound, 2 => named.prop_map(|name| parse_chord(name).unwrap())]
}

fn mouse() -> impl Strategy<Value = Mouse> {
    let did = prop::sample::select(vec![
        MouseAction::Press(Button::Left),
        MouseAction::Drag(Button::Left),
        MouseAction::Release(Button::Left),
        MouseAction::Press(Button::Right),
        MouseAction::Move,
        MouseAction::WheelUp,
        MouseAction::WheelDown,
    ]);
    (did, 0u16..260, 0u16..130).prop_map(|(did, column, row)| Mouse { did, column, row, held: Held::default() })
}

fn person() -> impl Strategy<Value = InputEvent> {
    prop_oneof![
        8 => key().prop_map(InputEvent::Key),
        3 => mouse().prop_map(InputEvent::Mouse),
        1 => "\\PC{0,12}|a\nb".prop_map(InputEvent::Paste),
        2 => (0u16..=250, 0u16..=120).prop_map(|(columns, rows)| InputEvent::Resize(columns, rows)),
        1 => Just(InputEvent::FocusLost),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["builder", "docs", "fuzzer", "reviewer", "nobody", "日本"]).prop_map(str::to_owned)
}

fn frame() -> impl Strategy<Value = Frame> {
    (0u16..90, 0u16..50, 0u16..100, 0u16..100, any::<bool>(), 0u32..5).prop_map(
        |(columns, rows, column, row, alternate_screen, history_lines)| {
            let mut frame = demo::screen(columns, rows);
            let mouse = if alternate_screen { Wants::Motion } else { Wants::Off };
            frame.modes = Modes { alternate_screen, mouse, focus_events: true, ..Modes::default() };
            frame.cursor = Cursor { column, row, shape: CursorShape::Bar };
            frame.history_lines = history_lines;
            frame
        },
    )
}

fn topic() -> impl Strategy<Value = Topic> {
    let task = (0u32..30).prop_map(|number| Topic::Task(format!("t{number}")));
    let agent = prop::option::of(name()).prop_map(Topic::Messages);
    let plan = prop::sample::select(vec!["p3", "p4", "p9"]).prop_map(|id| Topic::Plan(id.to_owned()));
    let conflict = prop::sample::select(board::conflicts()).prop_map(|conflict| Topic::Conflict(conflict.id));
    let why = (0u32..30).prop_map(|number| Topic::Why(format!("t{number}")));
    let some = prop::collection::btree_set((0u32..30).prop_map(|number| format!("t{number}")), 0..4);
    let about = (name(), any::<bool>())
        .prop_map(|(name, explains)| if explains { Topic::Explanation(name) } else { Topic::Work(name) });
    let some = some.prop_map(Topic::SomeTasks);
    prop_oneof![2 => Just(Topic::Tasks), 1 => some, 1 => task, 1 => why, 1 => about, 1 => Just(Topic::Plans), 2 => plan,
        1 => Just(Topic::Locks),
        1 => Just(Topic::Conflicts), 1 => conflict, 1 => agent]
}

/// What a supervisor may answer, to whatever was asked: some of it gone, some of it with other names and numbers.
fn fetched() -> impl Strategy<Value = Result<Data, Problem>> {
    let problem = Problem { status: 500, code: "x".into(), what: "x".into(), why: "so".into(), hint: None };
    (topic(), any::<u64>(), "\\PC{0,20}", 0u32..9, any::<bool>()).prop_map(move |(topic, kept, text, number, fails)| {
        if fails && kept % 4 == 0 {
            return Err(problem.clone());
        }
        let keep = |index: usize| kept >> (index % 64) & 1 == 1;
        Ok(match board::data(&topic) {
            Data::Tasks(tasks) => {
                let mut tasks: Vec<_> =
                    tasks.into_iter().enumerate().filter(|(at, _)| keep(*at)).map(|(_, task)| task).collect();
                tasks.iter_mut().take(3).for_each(|task| (task.name, task.summary) = (text.clone(), text.clone()));
                tasks.iter_mut().for_each(|task| task.progress_percent = Some(number as u8 * 30));
                Data::Tasks(tasks)
            }
            Data::Plan(mut plan) => {
                let mut at = 0;
                plan.nodes.retain(|_| (keep(at), at += 1).0);
                plan.nodes.iter_mut().take(2).for_each(|node| (node.layer, node.task) = (number, None));
                plan.nodes.iter_mut().skip(2).take(1).for_each(|node| node.name = text.clone());
                Data::Plan(plan)
            }
            Data::Plans(mut plans) => {
                plans.truncate(number as usize % 3);
                plans.iter_mut().for_each(|plan| plan.paused = fails);
                Data::Plans(plans)
            }
            Data::Locks(mut locks) => {
                locks.leases.truncate(number as usize % 5);
                locks.waiting.truncate(kept as usize % 4);
                locks.resources.iter_mut().for_each(|resource| resource.capacity = number.wrapping_sub(1));
                locks.cycles.iter_mut().for_each(|cycle| cycle.cycle = text.clone());
                Data::Locks(locks)
            }
            Data::Conflicts(mut conflicts) => {
                conflicts.truncate(kept as usize % 3);
                conflicts.iter_mut().for_each(|conflict| conflict.files.truncate(number as usize % 3));
                Data::Conflicts(conflicts)
            }
            Data::Conflict(mut detail) => {
                detail.versions.truncate(number as usize % 3);
                detail.versions.iter_mut().for_each(|file| file.after = Content::Text(text.clone()));
                Data::Conflict(detail)
            }
            Data::Messages(messages) => {
                let some = messages.into_iter().enumerate().filter(|(at, _)| keep(*at)).map(|(_, message)| message);
                Data::Messages(some.map(|message| Message { body: text.clone(), ..message }).collect())
            }
            task => task,
        })
    })
}

fn fleet() -> impl Strategy<Value = FromFleet> {
    use AgentState as S;
    let state =
        prop::sample::select(vec![S::Off, S::Ready, S::Stopping, S::Failed, S::Queued, S::GaveUp, S::Completed]);
    let attention = prop::sample::select(vec![
        Attention::NeedsYou,
        Attention::Snoozed,
        Attention::Failed,
        Attention::Working,
        Attention::Off,
    ]);
    let status = prop::sample::select(vec![Status::Working, Status::Paused, Status::Stopped]);
    let changed =
        (name(), state, attention, status, "\\PC{0,30}").prop_map(|(name, state, attention, status, line)| {
            let mut agent = demo::agents().swap_remove(0);
            (agent.name, agent.state, agent.attention, agent.status) = (name, state, attention, status);
            agent.question = matches!(attention, Attention::NeedsYou | Attention::Snoozed).then(|| Question {
                kind: QuestionKind::Question,
                text: line.clone(),
                since_ms: demo::NOW_MS,
                snoozed_until_ms: (attention == Attention::Snoozed).then_some(demo::NOW_MS + 600_000),
            });
            (agent.last_line, agent.title, agent.status_since_ms) = (line.clone(), line, demo::NOW_MS);
            FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec!["disk full".to_owned()] }
        });
    let update = FrameUpdate {
        seq: 9,
        size: Size { columns: 3, rows: 900 },
        rows: vec![(5_000, demo::row(&[]))],
        cursor: Cursor { column: 900, row: 900, shape: CursorShape::Block },
        modes: Modes::default(),
        title: None,
        history_lines: 1,
    };
    let problem = Problem { status: 409, code: "x".into(), what: "x".into(), why: "so".into(), hint: None };
    prop_oneof![
        4 => changed,
        2 => name().prop_map(|name| FromFleet::Fleet { changed: vec![], removed: vec![name], banners: vec![] }),
        4 => (name(), frame()).prop_map(|(agent, frame)| FromFleet::Whole { agent, frame }),
        2 => (name(), Just(update)).prop_map(|(agent, update)| FromFleet::Update { agent, update }),
        2 => (name(), 0u32..200).prop_map(|(agent, lines)| FromFleet::History { agent, rows: demo::history(lines), complete: false }),
        1 => (0usize..8, 1u64..50, 0usize..5).prop_map(|(which, seq, kind)| {
            let mut fact = demo::facts().swap_remove(which);
            fact.seq = seq;
            fact.kind = ["agent.ended", "task.done", "plan.paused", "lock.granted", "message.sent"][kind].to_owned();
            FromFleet::Fact(fact)
        }),
        6 => (topic(), fetched()).prop_map(|(topic, data)| FromFleet::Fetched { topic, data: Box::new(data) }),
        1 => (0u64..9).prop_map(|request| FromFleet::Answer { request, answer: Answer::Done }),
        1 => name().prop_map(|agent| FromFleet::Refused { agent, why: "no live run".to_owned() }),
        1 => (0u64..9, Just(problem)).prop_map(|(request, problem)| FromFleet::Answer { request, answer: Answer::Problem(problem) }),
        1 => Just(FromFleet::Connected { fleet: "日本".to_owned() }),
        1 => Just(FromFleet::Disconnected { reason: "gone".to_owned() }),
        1 => (0u32..9).prop_map(|attempt| FromFleet::Reconnecting { attempt }),
    ]
}

fn msg() -> impl Strategy<Value = Msg> {
    prop_oneof![
        4 => person().prop_map(Msg::Came),
        3 => person().prop_map(Msg::Input),
        4 => fleet().prop_map(Msg::Fleet),
        1 => Just(Msg::Tick),
        1 => Just(Msg::Drawing),
        1 => Just(Msg::Drawn),
        1 => "\\PC{0,200}".prop_map(Msg::Failed),
    ]
}

/// How long after what came before: at once, at a person's pace, or after a while.
fn after_ms() -> impl Strategy<Value = u64> {
    prop_oneof![1 => 0u64..40, 1 => 0u64..3_000]
}

fn live_through(mut model: Model, msgs: Vec<(Msg, u64)>) -> Result<(), TestCaseError> {
    let mut now_ms = demo::NOW_MS;
    for (msg, after_ms) in msgs {
        now_ms += after_ms;
        let told = format!("{msg:?}");
        update(&mut model, msg, now_ms);
        prop_assert_eq!(model.check(), Ok(()), "after {}", told);
        // Drawing is no step in time.
        prop_assert!(
            told == "Drawing" || next_deadline_ms(&model).is_none_or(|due_ms| due_ms > now_ms),
            "a timer in the past after {}",
            told
        );
        let area = Rect::new(0, 0, model.size.0, model.size.1);
        let mut buffer = Buffer::empty(area);
        let drawing = view::draw(&model, &mut buffer);
        let cursor = drawing.cursor;
        prop_assert!(cursor.is_none_or(|at| area.contains(at.position)), "the cursor is off the screen after {}", told);
        let seen = |(place, _): &(Rect, Click)| area.intersection(*place) == *place;
        prop_assert!(drawing.seen.places().iter().all(seen), "a place is off the screen after {}", told);
        model.seen = drawing.seen;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_input_and_no_size_panics_or_breaks_an_invariant(
        columns in 0u16..=250, rows in 0u16..=120, msgs in prop::collection::vec((msg(), after_ms()), 1..60)
    ) {
        live_through(demo::model(columns, rows), msgs)?;
    }

    #[test]
    fn no_input_and_no_size_breaks_an_attached_terminal(
        columns in 0u16..=250, rows in 0u16..=120, msgs in prop::collection::vec((msg(), after_ms()), 1..40)
    ) {
        let mode = Mode::Attach { agent: "builder".to_owned() };
        let keymap = quarterdeck::tui::keymap::Keymap::default();
        let theme = quarterdeck::tui::theme::Theme::built_in().without_colour();
        live_through(Model::new(mode, (columns, rows), demo::NOW_MS, keymap, theme), msgs)?;
    }
}

/// Every screen there is, at every small size: what is cut must not break.
#[test]
fn every_small_size_is_drawn() {
    let fleet = ["", "?", "K", "q", "n", "g", "z", "e", "/x"];
    let tabs = ["2", "2?", "2n", "2e", "2c", "2/x", "3", "3p", "3e", "4", "4f", "5", "5n", "5/x"];
    for keys in fleet.into_iter().chain(tabs) {
        for columns in 0..46 {
            for rows in 0..12 {
                let mut model = demo::model(columns, rows);
                model.toast(quarterdeck::tui::model::Tone::Failure, "something failed and takes some words to say");
                for key in keys.chars() {
                    let cmds = crate::write(&mut model, &key.to_string());
                    demo::answer(&mut model, cmds);
                }
                crate::shown(&model);
                model.check().unwrap();
            }
        }
    }
}
