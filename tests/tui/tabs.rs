//! The tabs: what they look like, what they ask for, and what is done from them.

use crate::demo;
use crate::demo::board;
use crate::{answer, calls, due_ms, hear, input, mouse, press, settled, shown, write};
use quarterdeck::api::error::Problem;
use quarterdeck::api::locks::{FORCE_LOCK, Force};
use quarterdeck::api::messages::Message;
use quarterdeck::api::plans::{CANCEL_PLAN, PAUSE_PLAN, PausePlan, RESUME_PLAN};
use quarterdeck::api::tasks::{ADD_TASK, CANCEL_TASK, NewTask, RETRY_TASK, Reason, TaskState};
use quarterdeck::tui::input::{Button, Code, Held, InputEvent, Key, Mouse, MouseAction};
use quarterdeck::tui::model::messages::MESSAGES_MAX;
use quarterdeck::tui::model::tab::Tab;
use quarterdeck::tui::model::tasks::Column;
use quarterdeck::tui::model::{Keys, Model};
use quarterdeck::tui::msg::{Cmd, Msg};
use quarterdeck::tui::update::update;
use quarterdeck::tui::{Answer, Data, FromFleet, ToFleet, Topic, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// The sizes that are looked at.
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 50), (20, 5)];

/// Presses keys; whatever is asked for is answered.
fn go(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let cmds = write(model, &key.to_string());
        demo::answer(model, cmds);
    }
}

fn key(model: &mut Model, code: Code) {
    let cmds = press(model, Key::plain(code));
    demo::answer(model, cmds);
}

fn at_every_size(name: &str, prepare: impl Fn(&mut Model)) {
    for (columns, rows) in SIZES {
        let mut model = settled(columns, rows);
        prepare(&mut model);
        model.check().unwrap();
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), shown(&model));
    }
}

fn topics(cmds: &[Cmd]) -> Vec<Topic> {
    let topic = |cmd: &Cmd| match cmd {
        Cmd::Send(ToFleet::Fetch { topic }) => Some(topic.clone()),
        _ => None,
    };
    cmds.iter().filter_map(topic).collect()
}

fn fetched(topic: Topic, data: Data) -> FromFleet {
    FromFleet::Fetched { topic, data: Box::new(Ok(data)) }
}

fn fact(kind: &str, seq: u64) -> FromFleet {
    let mut fact = demo::facts().swap_remove(0);
    (fact.kind, fact.seq) = (kind.to_owned(), seq);
    FromFleet::Fact(fact)
}

#[test]
fn tasks() {
    at_every_size("tasks", |model| go(model, "2"));
}

#[test]
fn a_task_that_failed() {
    at_every_size("task_failed", |model| {
        go(model, "2");
        key(model, Code::Right);
        key(model, Code::Right);
    });
}

#[test]
fn all_of_a_task() {
    at_every_size("task_whole", |model| {
        go(model, "2");
        key(model, Code::Enter);
    });
}

#[test]
fn why_a_task_is_held() {
    at_every_size("task_why", |model| {
        go(model, "2");
        key(model, Code::Left);
        go(model, "e");
    });
}

#[test]
fn a_plan() {
    at_every_size("plan", |model| go(model, "3"));
}

#[test]
fn the_end_of_a_plan() {
    at_every_size("plan_end", |model| {
        go(model, "3");
        for _ in 0..5 {
            key(model, Code::Right);
        }
    });
}

#[test]
fn locks() {
    at_every_size("locks", |model| go(model, "4"));
}

#[test]
fn a_lock_taken_by_force() {
    at_every_size("force", |model| {
        go(model, "4f");
        go(model, "it hangs");
    });
}

#[test]
fn messages() {
    at_every_size("messages", |model| go(model, "5"));
}

#[test]
fn a_task_being_written() {
    at_every_size("compose", |model| {
        go(model, "2n");
        input(model, InputEvent::Paste("Make the lease test faster.\n\nIt takes 40 s on ARM. 日本語".to_owned()));
        key(model, Code::Tab);
        go(model, "b");
    });
}

#[test]
fn a_text_about_to_be_thrown_away() {
    at_every_size("compose_leaving", |model| {
        go(model, "5n");
        input(model, InputEvent::Paste("Look once more".to_owned()));
        key(model, Code::Esc);
    });
}

#[test]
fn tabs_without_anything_in_them() {
    for (keys, name) in [("2", "tasks"), ("3", "plan"), ("4", "locks"), ("5", "messages")] {
        for (columns, rows) in [(80, 24), (20, 5)] {
            let mut model = demo::empty(columns, rows);
            for topic in topics(&write(&mut model, keys)) {
                let data = match topic {
                    Topic::Tasks => Data::Tasks(vec![]),
                    Topic::Plans => Data::Plans(vec![]),
                    Topic::Locks => Data::Locks(Default::default()),
                    _ => Data::Messages(vec![]),
                };
                hear(&mut model, fetched(topic, data));
            }
            insta::assert_snapshot!(format!("no_{name}_{columns}x{rows}"), shown(&model));
        }
    }
}

#[test]
fn a_tab_is_fetched_when_it_is_shown_and_again_only_when_a_fact_says_so() {
    let mut model = settled(120, 40);
    assert_eq!(topics(&hear(&mut model, fact("lock.granted", 100))), [], "no tab is shown");
    let cmds = write(&mut model, "4");
    assert_eq!(topics(&cmds), [Topic::Locks, Topic::Conflicts]);
    demo::answer(&mut model, cmds);
    assert_eq!(topics(&write(&mut model, "j")), []);
    assert_eq!(topics(&hear(&mut model, fact("task.queued", 101))), [], "no fact of its kind");
    assert_eq!(topics(&hear(&mut model, fact("lock.granted", 102))), [], "not so soon");
    let due_ms = due_ms(&mut model).unwrap();
    assert_eq!(due_ms, demo::NOW_MS + 100, "at most ten times a second");
    assert_eq!(topics(&update(&mut model, Msg::Tick, due_ms)), [Topic::Locks]);
    assert_eq!(topics(&update(&mut model, Msg::Tick, due_ms + 5_000)), [], "the answer is still to come");
    write(&mut model, "1");
    assert_eq!(topics(&update(&mut model, Msg::Tick, due_ms + 9_000)), [], "it is not shown any more");
}

/// The list shows no age of a task that waits; its details do, also where they are only an overlay.
#[test]
fn the_timer_is_set_for_the_ages_that_are_drawn() {
    let mut model = settled(80, 12);
    go(&mut model, "2");
    let mut task = board::tasks().into_iter().find(|task| task.state == TaskState::Queued).unwrap();
    task.queued_ms = demo::NOW_MS - 5_000;
    hear(&mut model, fetched(Topic::Tasks, Data::Tasks(vec![task])));
    assert_eq!(due_ms(&mut model), None, "no age is drawn");
    press(&mut model, Key::plain(Code::Enter));
    assert!(shown(&model).contains("waits since 5s"), "{}", shown(&model));
    assert_eq!(due_ms(&mut model), Some((demo::NOW_MS / 1_000 + 1) * 1_000));
}

#[test]
fn a_new_line_fetches_what_is_shown_anew() {
    let mut model = settled(120, 40);
    go(&mut model, "4");
    hear(&mut model, FromFleet::Disconnected { reason: "gone".to_owned() });
    assert!(shown(&model).contains("builder"), "what was known stays");
    let cmds = hear(&mut model, FromFleet::Connected { fleet: "lighthouse".to_owned() });
    assert_eq!(topics(&cmds), [Topic::Locks, Topic::Conflicts]);
}

#[test]
fn a_refusal_is_told_and_not_asked_for_over_and_over() {
    let mut model = settled(120, 40);
    write(&mut model, "4");
    let problem =
        Problem { status: 500, code: "x".into(), what: "x".into(), why: "the disk is full".into(), hint: None };
    hear(&mut model, FromFleet::Fetched { topic: Topic::Locks, data: Box::new(Err(problem)) });
    assert!(shown(&model).contains("the locks: the disk is full"), "{}", shown(&model));
    assert_eq!(topics(&update(&mut model, Msg::Tick, demo::NOW_MS + 60_000)), []);
    write(&mut model, "1");
    let again = Msg::Input(InputEvent::Key(Key::plain(Code::Char('4'))));
    let cmds = update(&mut model, again, demo::NOW_MS + 70_000);
    assert_eq!(topics(&cmds), [Topic::Locks], "but when it is looked at again");
}

#[test]
fn the_agents_terminal_is_not_watched_while_a_tab_is_shown() {
    let mut model = settled(120, 40);
    assert_eq!(model.watching.len(), 1);
    let cmds = write(&mut model, "2");
    assert!(cmds.contains(&Cmd::Send(ToFleet::Unwatch { agent: "builder".to_owned() })), "{cmds:?}");
    let cmds = write(&mut model, "1");
    assert!(cmds.contains(&Cmd::Send(ToFleet::Watch { agent: "builder".to_owned() })), "{cmds:?}");
}

#[test]
fn tabs_are_reached_by_number_by_the_next_one_and_by_the_mouse() {
    let mut model = settled(80, 24);
    for (keys, tab) in
        [("2", Tab::Tasks), ("5", Tab::Messages), ("]", Tab::Fleet), ("[", Tab::Messages), ("[", Tab::Locks)]
    {
        go(&mut model, keys);
        assert_eq!(model.tabs.shown, tab, "{keys}");
    }
    let screen = shown(&model);
    let row = screen.lines().nth(1).unwrap();
    let column = row[..row.find("Plan").unwrap()].chars().count() as u16;
    let did = MouseAction::Press(Button::Left);
    mouse(&mut model, Mouse { did, column, row: 1, held: Held::default() });
    assert_eq!(model.tabs.shown, Tab::Plan);
    key(&mut model, Code::Esc);
    assert_eq!(model.tabs.shown, Tab::Fleet, "Esc goes back to the fleet");
}

#[test]
fn a_click_selects_what_it_falls_on() {
    let click = |model: &mut Model, text: &str| {
        let screen = shown(model);
        let lines = screen.lines().zip(0..);
        let place = |(line, row): (&str, u16)| Some((line[..line.find(text)?].chars().count() as u16, row));
        let (column, row) = lines.skip(2).find_map(place).unwrap_or_else(|| panic!("no `{text}` in\n{screen}"));
        mouse(model, Mouse { did: MouseAction::Press(Button::Left), column, row, held: Held::default() });
    };
    let mut model = settled(120, 40);
    go(&mut model, "2");
    click(&mut model, "‖ docs");
    assert_eq!(model.tabs.tasks.selected().map(|task| task.name.as_str()), Some("release.docs"));
    go(&mut model, "3");
    click(&mut model, "sign");
    assert_eq!(model.tabs.plan.selected_task().map(|task| task.name.as_str()), Some("release.sign"));
    go(&mut model, "4");
    click(&mut model, "anna");
    assert_eq!(model.tabs.locks.lease().map(|lease| lease.lease.as_str()), Some("l9"));
    go(&mut model, "5");
    click(&mut model, "broadcast");
    assert_eq!(model.tabs.messages.selected().map(|message| message.topic.as_str()), Some("broadcast.status"));
}

#[test]
fn the_selection_sticks_to_the_task_wherever_it_moves() {
    let mut model = settled(120, 40);
    go(&mut model, "2");
    let name = model.tabs.tasks.selected().unwrap().name.clone();
    let mut tasks = board::tasks();
    tasks.iter_mut().filter(|task| task.name == name).for_each(|task| task.state = TaskState::Done);
    tasks.reverse();
    hear(&mut model, fetched(Topic::Tasks, Data::Tasks(tasks)));
    assert_eq!(model.tabs.tasks.selected().unwrap().name, name);
    assert_eq!(model.tabs.tasks.column(), Column::Done);
}

#[test]
fn a_task_with_a_fact_is_fetched_alone_and_the_selection_stays() {
    let mut model = settled(120, 40);
    go(&mut model, "2");
    let selected = model.tabs.tasks.selected().unwrap().id.clone();
    let mut tasks = board::tasks();
    let (mut first, gone) = (tasks[0].clone(), tasks[1].id.clone());
    first.title = "a title that is new".to_owned();
    tasks.truncate(2);
    let count = model.tabs.tasks.count();
    let ids: BTreeSet<String> = tasks.iter().map(|task| task.id.clone()).collect();
    assert!(!ids.contains(&selected), "another task is selected");
    hear(&mut model, fetched(Topic::SomeTasks(ids), Data::Tasks(vec![first.clone()])));
    assert_eq!(model.tabs.tasks.count(), count - 1);
    assert_eq!(model.tabs.tasks.named(&first.id).map(|task| &task.title), Some(&first.title));
    assert!(model.tabs.tasks.named(&gone).is_none());
    assert_eq!(model.tabs.tasks.selected().map(|task| &task.id), Some(&selected));
    model.check().unwrap();
}

fn said(reason: &str) -> Reason {
    Reason { reason: Some(reason.to_owned()) }
}

#[test]
fn keys_ask_for_what_they_say_and_nothing_is_lost_by_one_key() {
    let mut model = settled(120, 40);
    go(&mut model, "2");
    let id = model.tabs.tasks.selected().unwrap().id.clone();
    assert_eq!(calls(&write(&mut model, "c")), [], "it asks first");
    assert_eq!(calls(&press(&mut model, Key::plain(Code::Enter))), [], "Enter alone cancels nothing");
    write(&mut model, "c");
    let cancelled = calls(&answer(&mut model, 'y'));
    assert_eq!(cancelled, [CANCEL_TASK.call(&[&id], &said("cancelled in the dashboard"))]);
    assert_eq!(calls(&write(&mut model, "r")), [], "it runs: there is nothing to retry");
    while model.tabs.tasks.column() != Column::Failed {
        key(&mut model, Code::Right);
    }
    let retried = calls(&write(&mut model, "r"));
    let id = model.tabs.tasks.selected().unwrap().id.clone();
    assert_eq!(retried, [RETRY_TASK.call(&[&id], &said("asked for in the dashboard"))]);
    go(&mut model, "3");
    assert_eq!(calls(&write(&mut model, "p")), [], "it asks how");
    let paused = calls(&write(&mut model, "f"));
    assert_eq!(paused, [PAUSE_PLAN.call(&["p4"], &PausePlan { freeze: true })]);
    write(&mut model, "c");
    let cancelled = calls(&answer(&mut model, 'y'));
    assert_eq!(cancelled, [CANCEL_PLAN.call(&["p4"], &said("cancelled in the dashboard"))]);
}

#[test]
fn a_paused_plan_is_resumed_by_the_same_key() {
    let mut model = settled(120, 40);
    go(&mut model, "3");
    let mut plans = board::plans();
    plans[1].paused = true;
    hear(&mut model, fetched(Topic::Plans, Data::Plans(plans)));
    assert!(shown(&model).contains("p resume") && shown(&model).contains("‖ release  paused"), "{}", shown(&model));
    assert_eq!(calls(&write(&mut model, "p")), [RESUME_PLAN.call(&["p4"], &())]);
}

#[test]
fn a_lock_is_taken_only_with_a_reason() {
    let mut model = settled(120, 40);
    go(&mut model, "4f");
    assert_eq!(calls(&press(&mut model, Key::ctrl('s'))), []);
    assert!(shown(&model).contains("a reason is needed"));
    go(&mut model, "it hangs");
    assert_eq!(calls(&press(&mut model, Key::plain(Code::Enter))), [], "a text ends with Enter");
    let cmds = press(&mut model, Key::ctrl('s'));
    let force = Force { what: "l3".to_owned(), reason: "it hangs".to_owned() };
    assert_eq!(calls(&cmds), [FORCE_LOCK.call(&[], &force)]);
    let [Cmd::Send(ToFleet::Call { request, .. })] = &cmds[..] else { panic!("{cmds:?}") };
    hear(&mut model, FromFleet::Answer { request: *request, answer: Answer::Done });
    assert_eq!(model.overlay, None);
}

#[test]
fn a_task_is_written_sent_and_kept_until_it_is_taken() {
    let mut model = settled(120, 40);
    go(&mut model, "2n");
    assert_eq!(calls(&press(&mut model, Key::ctrl('s'))), []);
    assert!(shown(&model).contains("describe the work"));
    go(&mut model, "Mend it");
    press(&mut model, Key::plain(Code::Enter));
    input(&mut model, InputEvent::Paste("and\nq test it".to_owned()));
    key(&mut model, Code::Tab);
    go(&mut model, "d");
    key(&mut model, Code::Tab);
    go(&mut model, "12");
    let cmds = press(&mut model, Key::ctrl('s'));
    let [Cmd::Send(ToFleet::Call { request, call })] = &cmds[..] else { panic!("{cmds:?}") };
    let (prompt, agent) = ("Mend it\nand\nq test it".to_owned(), Some("docs".to_owned()));
    assert_eq!(*call, ADD_TASK.call(&[], &NewTask { prompt, agent, priority: 12, ..NewTask::default() }));
    assert_eq!(press(&mut model, Key::ctrl('s')), [], "not twice");
    let why = "the queue is full".to_owned();
    let problem = Problem { status: 409, code: "x".into(), what: "x".into(), why, hint: None };
    hear(&mut model, FromFleet::Answer { request: *request, answer: Answer::Problem(problem) });
    assert!(shown(&model).contains("the queue is full") && shown(&model).contains("q test it"), "{}", shown(&model));
    let cmds = press(&mut model, Key::ctrl('s'));
    let [Cmd::Send(ToFleet::Call { request, .. })] = &cmds[..] else { panic!("{cmds:?}") };
    hear(&mut model, FromFleet::Answer { request: *request, answer: Answer::Done });
    assert_eq!(model.overlay, None);
}

#[test]
fn a_text_is_thrown_away_only_when_that_is_said() {
    let mut model = settled(120, 40);
    go(&mut model, "2nx");
    key(&mut model, Code::Esc);
    assert!(shown(&model).contains("Discard it?"));
    key(&mut model, Code::Esc);
    assert!(model.overlay.is_some() && !shown(&model).contains("Throw"), "any other key goes on writing");
    key(&mut model, Code::Esc);
    answer(&mut model, 'y');
    assert_eq!(model.overlay, None);
    go(&mut model, "n");
    key(&mut model, Code::Esc);
    assert_eq!(model.overlay, None, "nothing is lost with an empty one");
}

#[test]
fn a_lost_line_keeps_what_was_written() {
    let mut model = settled(120, 40);
    go(&mut model, "5nhello");
    press(&mut model, Key::ctrl('s'));
    hear(&mut model, FromFleet::Disconnected { reason: "gone".to_owned() });
    assert!(shown(&model).contains("check whether it arrived") && shown(&model).contains("hello"), "{}", shown(&model));
    assert_eq!(calls(&press(&mut model, Key::ctrl('s'))), [], "there is no line to send it over");
    assert!(model.overlay.is_some());
}

#[test]
fn from_the_fleet_a_task_is_written_for_the_selected_agent() {
    let mut model = settled(120, 40);
    write(&mut model, "tgo");
    let task = NewTask { prompt: "go".to_owned(), agent: Some("builder".to_owned()), ..NewTask::default() };
    assert_eq!(calls(&press(&mut model, Key::ctrl('s'))), [ADD_TASK.call(&[], &task)]);
}

#[test]
fn messages_are_looked_at_per_agent() {
    let mut model = settled(120, 40);
    go(&mut model, "5");
    let cmds = press(&mut model, Key::plain(Code::Right));
    assert_eq!(topics(&cmds), [Topic::Messages(Some("builder".to_owned()))]);
    demo::answer(&mut model, cmds);
    assert!(shown(&model).contains("to and from builder") && !shown(&model).contains("anna"), "{}", shown(&model));
    go(&mut model, "/nightly");
    key(&mut model, Code::Enter);
    assert_eq!((model.keys, model.tabs.messages.shown().len()), (Keys::Quarterdeck, 1));
    key(&mut model, Code::Esc);
    assert_eq!(model.tabs.messages.shown().len(), 2);
}

/// The bar names just what can be done now.
#[test]
fn the_bar_says_what_can_be_done_here() {
    let mut model = settled(120, 40);
    let bar = |model: &Model| shown(model).lines().nth(39).unwrap().to_owned();
    go(&mut model, "2");
    assert!(bar(&model).contains("Keys → Tasks") && bar(&model).contains("c cancel"), "{}", bar(&model));
    assert!(!bar(&model).contains("retry"), "{}", bar(&model));
    while model.tabs.tasks.column() != Column::Failed {
        key(&mut model, Code::Right);
    }
    assert!(bar(&model).contains("r retry") && !bar(&model).contains("cancel"), "{}", bar(&model));
}

/// No state is told by colour alone.
#[test]
fn every_state_has_a_sign_of_its_own() {
    use TaskState::*;
    let mut model = settled(120, 40);
    let mut signs = std::collections::BTreeMap::new();
    for state in [Queued, Held, Assigned, Running, Verifying, Done, Failed, Cancelled] {
        let mut task = board::tasks().swap_remove(0);
        (task.state, task.name) = (state, "only-one".to_owned());
        go(&mut model, "2");
        hear(&mut model, fetched(Topic::Tasks, Data::Tasks(vec![task])));
        let screen = shown(&model);
        let row = screen.lines().find(|line| line.contains(" only-one") && !line.contains('─')).unwrap().to_owned();
        let before = row[..row.find(" only-one").unwrap()].chars().last().unwrap();
        assert_eq!(signs.insert(before, state), None, "{before} is the sign of two states");
    }
}

/// Only what is in sight costs something.
#[test]
fn ten_thousand_tasks_and_a_plan_of_a_thousand_nodes_are_drawn_at_once() {
    let mut model = settled(200, 50);
    go(&mut model, "2");
    let many: Vec<_> = (0..10_000)
        .map(|index| {
            let mut task = board::tasks().swap_remove(index % 15);
            (task.id, task.name) = (format!("t{index}"), format!("task-{index}"));
            task
        })
        .collect();
    let drawing = |model: &Model| {
        let begin = std::time::Instant::now();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 50));
        for _ in 0..20 {
            view::draw(model, &mut buffer);
        }
        begin.elapsed() / 20
    };
    let few = drawing(&model);
    let begin = std::time::Instant::now();
    hear(&mut model, fetched(Topic::Tasks, Data::Tasks(many)));
    let taken = begin.elapsed();
    let tasks = drawing(&model);
    press(&mut model, Key::plain(Code::End));
    let end = drawing(&model);
    go(&mut model, "3");
    let mut plan = board::plan("p4").plan;
    plan.tasks = 1_000;
    let begin = std::time::Instant::now();
    hear(&mut model, fetched(Topic::Plan("p4".to_owned()), Data::Plan(Box::new(board::chain(plan, 1_000, 25)))));
    let laid = begin.elapsed();
    let graph = drawing(&model);
    println!("drawn: 17 tasks {few:?}, 10,000 tasks {tasks:?} and at their end {end:?}, taken in {taken:?}");
    println!("1,000 nodes laid out in {laid:?}, drawn in {graph:?}");
    assert_eq!(model.tabs.plan.graph().undrawn, 0);
    for took in [tasks, end, graph] {
        assert!(took.as_millis() < 50, "a drawing took {took:?}");
    }
}

#[test]
fn the_messages_say_when_there_are_older_ones() {
    let mut model = settled(120, 40);
    go(&mut model, "5");
    assert!(!shown(&model).contains("qd msg history"), "all are here: {}", shown(&model));
    let one = model.tabs.messages.shown().next().unwrap().clone();
    let many = (0..MESSAGES_MAX).map(|number| Message { id: format!("m{number}"), ..one.clone() }).collect();
    hear(&mut model, fetched(Topic::Messages(None), Data::Messages(many)));
    assert!(shown(&model).contains("the newest 500; older ones: qd msg history"), "{}", shown(&model));
}

/// Wherever a line is written: what has no room is refused, and a word says so.
#[test]
fn no_field_leaves_out_a_part_in_silence() {
    let long = "x".repeat(2_000);
    for (keys, field) in [("/", "filter"), ("?", "help"), ("n", "new agent"), ("v/", "search"), ("5n\t\t", "topic")] {
        let mut model = settled(120, 40);
        for key in keys.chars() {
            let code = if key == '\t' { Code::Tab } else { Code::Char(key) };
            let cmds = press(&mut model, Key::plain(code));
            demo::answer(&mut model, cmds);
        }
        input(&mut model, InputEvent::Paste(long.clone()));
        assert!(shown(&model).contains("no room: at most"), "{field}: {}", shown(&model));
        assert!(!shown(&model).contains("xxxxx"), "{field}: nothing of it is taken");
    }
}
