//! Who needs a person: what their row says, where it stands, how long it has been so, and who is called.

use crate::demo;
use crate::{due_ms, hear, input, patched, press, settled, shown, write};
use quarterdeck::api::agents::{
    Action, Agent, AgentPatch, AgentState, Attention, Blocked, ConfigState, Question, QuestionKind, SNOOZE_DEFAULT_MS,
    Status,
};
use quarterdeck::tui::input::{Button, Code, Held, InputEvent, Key, Mouse, MouseAction};
use quarterdeck::tui::model::Model;
use quarterdeck::tui::model::tab::Tab;
use quarterdeck::tui::msg::{Cmd, Msg};
use quarterdeck::tui::update::update;
use quarterdeck::tui::{FromFleet, view};

const MINUTE_MS: u64 = 60_000;

fn change(model: &mut Model, name: &str, with: impl Fn(&mut Agent)) -> Vec<Cmd> {
    let mut agent = model.roster.get(name).unwrap().clone();
    with(&mut agent);
    hear(model, FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] })
}

/// An agent that asks, for so many minutes.
fn asks(agent: &mut Agent, text: &str, minutes: u64) {
    let since_ms = demo::NOW_MS - minutes * MINUTE_MS;
    (agent.state, agent.status, agent.attention) = (AgentState::Ready, Status::Waiting, Attention::NeedsYou);
    agent.status_since_ms = since_ms;
    agent.summary = format!("asks for permission: {text}");
    let kind = QuestionKind::Permission;
    agent.question = Some(Question { kind, text: text.to_owned(), since_ms, snoozed_until_ms: None });
}

fn snoozed(agent: &mut Agent) {
    asks(agent, "Make this edit?", 3);
    agent.attention = Attention::Snoozed;
    let until_ms = demo::NOW_MS + 10 * MINUTE_MS - 1_000;
    agent.question.as_mut().unwrap().snoozed_until_ms = Some(until_ms);
}

fn order(model: &Model) -> Vec<&str> {
    model.roster.shown().map(|agent| agent.name.as_str()).collect()
}

/// The order holds still under the user's hand, for a moment.
fn at_rest(model: &mut Model) {
    update(model, Msg::Tick, demo::NOW_MS + 10_000);
    update(model, Msg::Tick, demo::NOW_MS);
}

/// The lines of the list.
fn list(model: &Model) -> Vec<String> {
    shown(model)
        .lines()
        .map(|line| line.split(['│', '╭', '╰']).next().unwrap_or_default().trim_end().to_owned())
        .collect()
}

fn words(words: Vec<Cmd>) -> Vec<(String, AgentPatch)> {
    crate::calls(&words).iter().filter_map(patched).collect()
}

fn snooze(snooze_ms: u64) -> [(String, AgentPatch); 1] {
    [("reviewer".to_owned(), AgentPatch { action: Action::Snooze, snooze_ms: Some(snooze_ms) })]
}

#[test]
fn the_row_of_who_asks_shows_the_question_and_how_long_it_waits() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut model = settled(size.0, size.1);
        change(&mut model, "docs", |agent| asks(agent, "Make this edit to src/main.rs?", 4));
        at_rest(&mut model);
        let lines = list(&model);
        let row = lines.iter().position(|line| line.contains("◆ docs")).unwrap();
        assert!(lines[row].ends_with("waits 4m"), "{lines:#?}");
        assert!(lines[row + 1].contains("Make this edit to src/m"), "{lines:#?}");
    }
}

#[test]
fn who_only_rang_shows_what_its_screen_says() {
    let mut model = settled(120, 40);
    change(&mut model, "docs", |agent| {
        asks(agent, "", 2);
        agent.last_line = "Do you want to make this edit?".to_owned();
        agent.summary = "needs you".to_owned();
    });
    at_rest(&mut model);
    let lines = list(&model);
    let row = lines.iter().position(|line| line.contains("◆ docs")).unwrap();
    assert!(lines[row + 1].contains("Do you want to make this edit?"), "{lines:#?}");
}

#[test]
fn the_question_is_shown_even_where_others_have_one_line() {
    let mut model = settled(80, 24);
    let more: Vec<Agent> = (0..30)
        .map(|number| {
            let mut agent = model.roster.get("docs").unwrap().clone();
            agent.name = format!("worker-{number}");
            agent
        })
        .collect();
    hear(&mut model, FromFleet::Fleet { changed: more, removed: vec![], banners: vec![] });
    change(&mut model, "worker-7", |agent| asks(agent, "Delete the branch?", 2));
    at_rest(&mut model);
    press(&mut model, Key::plain(Code::Home));
    assert!(shown(&model).contains(" 1 of 38 ↓"), "where in the list one is: {}", shown(&model));
    let lines = list(&model);
    let row = lines.iter().position(|line| line.contains("◆ worker-7")).unwrap();
    assert!(lines[row + 1].contains("Delete the branch?"), "{lines:#?}");
    assert!(lines.iter().filter(|line| line.contains("worker-")).count() > 5, "the others have one: {lines:#?}");
    let (clicked, at) = (lines.iter().position(|line| line.contains("worker-3")).unwrap(), (5, 0));
    let did = quarterdeck::tui::input::MouseAction::Press(quarterdeck::tui::input::Button::Left);
    let held = quarterdeck::tui::input::Held::default();
    let mouse = quarterdeck::tui::input::Mouse { did, column: at.0, row: clicked as u16, held };
    crate::mouse(&mut model, mouse);
    assert_eq!(model.roster.selected_name(), Some("worker-3"), "a click falls on the row it falls on");
}

#[test]
fn the_longest_wait_comes_first_and_the_list_does_not_dance() {
    let mut model = settled(120, 40);
    change(&mut model, "docs", |agent| asks(agent, "One?", 40));
    change(&mut model, "translator", |agent| asks(agent, "Two?", 2));
    at_rest(&mut model);
    assert_eq!(order(&model)[..3], ["docs", "reviewer", "translator"], "40, 3 and 2 minutes");
    let mut model = settled(120, 40);
    let before: Vec<String> = order(&model).into_iter().map(str::to_owned).collect();
    for attention in [Attention::Quiet, Attention::Working, Attention::Quiet] {
        change(&mut model, "builder", |agent| agent.attention = attention);
        at_rest(&mut model);
        assert_eq!(order(&model), before, "whoever writes stays where they are");
    }
}

#[test]
fn a_glance_ends_no_question() {
    let mut model = settled(120, 40);
    press(&mut model, Key::plain(Code::Home));
    assert_eq!(model.roster.selected_name(), Some("reviewer"));
    for seconds in [2, 60] {
        assert_eq!(words(update(&mut model, Msg::Tick, demo::NOW_MS + seconds * 1_000)), []);
    }
    press(&mut model, Key::plain(Code::Enter));
    press(&mut model, Key::ctrl(']'));
    assert_eq!(words(write(&mut model, "zz")), [], "nor does a look at it alone");
    assert_eq!(model.roster.get("reviewer").unwrap().attention, Attention::NeedsYou);
}

#[test]
fn what_is_finished_is_seen_once_it_was_looked_at() {
    let mut model = settled(120, 40);
    for _ in 0..2 {
        press(&mut model, Key::plain(Code::Home));
        press(&mut model, Key::plain(Code::Down));
        press(&mut model, Key::plain(Code::Down));
    }
    assert_eq!(model.roster.selected_name(), Some("indexer"));
    let seen = |cmds| words(cmds).iter().any(|(_, patch)| patch.action == Action::Seen);
    assert!(!seen(update(&mut model, Msg::Tick, demo::NOW_MS + 1_000)));
    assert!(seen(update(&mut model, Msg::Tick, demo::NOW_MS + 2_000)));
    assert!(!seen(update(&mut model, Msg::Tick, demo::NOW_MS + 4_000)), "once");
}

#[test]
fn a_question_is_put_off_by_a_key_and_called_for_again_by_it() {
    let mut model = settled(200, 50);
    press(&mut model, Key::plain(Code::Home));
    assert!(shown(&model).contains("Z snooze"), "{}", shown(&model));
    let put_off = words(write(&mut model, "Z"));
    assert_eq!(put_off, snooze(SNOOZE_DEFAULT_MS));
    change(&mut model, "reviewer", snoozed);
    at_rest(&mut model);
    assert_eq!(order(&model)[5..], ["reviewer", "migrations", "nightly"], "below what runs");
    let screen = shown(&model);
    assert!(list(&model).iter().any(|line| line.contains("◇ reviewer") && line.ends_with("snoozed 9m")), "{screen}");
    assert!(screen.contains("1 snoozed") && !screen.contains("need you ·"), "{screen}");
    assert!(screen.contains("Z call again"), "{screen}");
    let ended = words(write(&mut model, "Z"));
    assert_eq!(ended, snooze(0));
    model.roster.select("builder", demo::NOW_MS);
    assert_eq!(words(write(&mut model, "Z")), []);
    assert!(shown(&model).contains("there is nothing to snooze"));
}

#[test]
fn what_is_left_of_a_snooze_counts_down_by_itself() {
    let mut model = settled(120, 40);
    for agent in demo::agents() {
        change(&mut model, &agent.name, |agent| agent.status_since_ms = demo::NOW_MS - 50 * 3_600_000);
    }
    change(&mut model, "reviewer", snoozed);
    update(&mut model, Msg::Tick, demo::NOW_MS + 5_000);
    let due_ms = due_ms(&mut model).unwrap();
    assert_eq!(due_ms / 1_000, (demo::NOW_MS + MINUTE_MS) / 1_000, "when nine minutes are left no more");
    update(&mut model, Msg::Tick, due_ms);
    assert!(shown(&model).contains("snoozed 8m"), "{}", shown(&model));
}

#[test]
fn for_is_how_long_the_status_has_been_so() {
    let mut model = settled(80, 24);
    change(&mut model, "translator", |agent| {
        (agent.since_ms, agent.status_since_ms) = (demo::NOW_MS - 90 * MINUTE_MS, demo::NOW_MS - 7 * MINUTE_MS);
        agent.config = ConfigState::Current;
    });
    let lines = list(&model);
    let row = lines.iter().find(|line| line.contains("translator")).unwrap();
    assert!(row.contains(" 7m "), "{row}");
}

#[test]
fn a_program_that_meets_errors_is_marked_as_failed_and_says_which() {
    let mut model = settled(120, 40);
    let says = "meets errors and tries again: 429 Too Many Requests";
    change(&mut model, "docs", |agent| {
        (agent.status, agent.attention) = (Status::Error, Attention::Failed);
        (agent.summary, agent.error) = (says.to_owned(), Some("429 Too Many Requests".to_owned()));
    });
    at_rest(&mut model);
    let lines = list(&model);
    let row = lines.iter().position(|line| line.contains("✗ docs")).unwrap();
    assert!(lines[row + 1].contains("meets errors and tries again"), "{lines:#?}");
    assert!(shown(&model).contains("2 failed"));
}

#[test]
fn the_second_line_is_the_title_where_it_tells_something() {
    let mut model = settled(120, 40);
    change(&mut model, "docs", |agent| {
        (agent.command, agent.title) = ("claude".to_owned(), "✳ Refactoring the config loader".to_owned());
        agent.last_line = "✽ Twisting… (0s · ↓ 350 tokens)".to_owned();
    });
    assert!(list(&model).iter().any(|line| line.contains("Refactoring the config loader")), "{}", shown(&model));
    change(&mut model, "docs", |agent| agent.title = "✳ Claude Code".to_owned());
    assert!(list(&model).iter().any(|line| line.contains("Twisting")), "{}", shown(&model));
}

#[test]
fn the_windows_title_says_who_needs_a_person() {
    let mut model = settled(80, 24);
    assert_eq!(view::title(&model), "◆1 ✗1 lighthouse");
    change(&mut model, "reviewer", |agent| agent.attention = Attention::Working);
    assert_eq!(view::title(&model), "✗1 lighthouse");
    change(&mut model, "fuzzer", |agent| agent.attention = Attention::Off);
    assert_eq!(view::title(&model), "lighthouse · Quarterdeck");
    assert_eq!(view::title(&demo::empty(80, 24)), "lighthouse · Quarterdeck");
}

fn calls(cmds: &[Cmd]) -> Vec<&str> {
    let mut calls = Vec::new();
    for cmd in cmds {
        if let Cmd::Call(words) = cmd {
            calls.push(words.as_str());
        }
    }
    calls
}

#[test]
fn a_person_who_looks_elsewhere_is_called_once_for_each_question() {
    let mut model = settled(80, 24);
    let ask = |model: &mut Model, minutes| change(model, "docs", |agent| asks(agent, "Make this edit?", minutes));
    assert_eq!(calls(&ask(&mut model, 5)), [""; 0], "the window has the focus");
    input(&mut model, InputEvent::FocusLost);
    assert_eq!(calls(&change(&mut model, "docs", |agent| agent.last_line = "x".to_owned())), [""; 0], "it was seen");
    assert_eq!(calls(&ask(&mut model, 4)), ["docs: Make this edit?"], "another question");
    assert_eq!(calls(&ask(&mut model, 4)), [""; 0], "once");
    change(&mut model, "docs", snoozed);
    assert_eq!(calls(&ask(&mut model, 4)), ["docs: Make this edit?"], "it was snoozed, and is no longer");
    let many: Vec<Agent> = ["builder", "translator"]
        .map(|name| {
            let mut agent = model.roster.get(name).unwrap().clone();
            asks(&mut agent, "So?", 1);
            agent
        })
        .to_vec();
    let cmds = hear(&mut model, FromFleet::Fleet { changed: many, removed: vec![], banners: vec![] });
    assert_eq!(calls(&cmds), ["2 agents need you: builder, translator"]);
    hear(&mut model, FromFleet::Disconnected { reason: "gone".to_owned() });
    hear(&mut model, FromFleet::Connected { fleet: "lighthouse".to_owned() });
    let changed: Vec<Agent> = model.roster.all().cloned().collect();
    let cmds = hear(&mut model, FromFleet::Fleet { changed, removed: vec![], banners: vec![] });
    assert_eq!(calls(&cmds), [""; 0], "a new line repeats nothing");
}

#[test]
fn who_asked_before_the_screen_was_there_calls_nobody() {
    let mut model = demo::empty(80, 24);
    input(&mut model, InputEvent::FocusLost);
    let cmds = hear(&mut model, FromFleet::Fleet { changed: demo::agents(), removed: vec![], banners: vec![] });
    assert_eq!(calls(&cmds), [""; 0]);
}

fn blocked(agent: &mut Agent) {
    (agent.state, agent.status, agent.attention) = (AgentState::Ready, Status::Idle, Attention::Quiet);
    agent.blocked = Some(Blocked { wants: "port".to_owned(), by: Some("porter-2".to_owned()) });
}

#[test]
fn who_is_blocked_has_a_sign_of_its_own_and_says_by_whom() {
    let mut model = settled(120, 40);
    change(&mut model, "docs", blocked);
    let screen = shown(&model);
    let row = screen.lines().position(|line| line.contains("⧗ docs")).expect("a sign");
    assert!(screen.lines().nth(row + 1).unwrap().contains("port ← porter-2"), "{screen}");
    assert!(screen.lines().next().unwrap().contains("1 blocked"), "{screen}");
    // One that has not written anything yet is blocked all the same; one that is told to wait for a person asks first.
    change(&mut model, "docs", |agent| (agent.state, agent.status) = (AgentState::Starting, Status::Pending));
    assert!(shown(&model).contains("⧗ docs"), "{}", shown(&model));
    change(&mut model, "docs", |agent| asks(agent, "May I?", 1));
    assert!(shown(&model).contains("◆ docs"), "{}", shown(&model));
}

/// The filter knows the words of the header and of `qd ps`, what an agent can do, its branch, and letters of its name.
#[test]
fn the_filter_knows_what_agents_are_up_to() {
    let mut model = settled(120, 40);
    change(&mut model, "docs", blocked);
    change(&mut model, "builder", |agent| agent.capabilities = vec!["rust".to_owned()]);
    change(&mut model, "nightly", |agent| agent.branch = Some("release/42".to_owned()));
    for (filter, found) in [
        ("needs you", &["reviewer"][..]),
        ("needs-you", &["reviewer"]),
        ("failed", &["fuzzer"]),
        ("done", &["indexer"]),
        ("blocked", &["docs"]),
        ("paused", &["migrations"]),
        ("off", &["nightly"]),
        ("rust", &["builder"]),
        ("release/42", &["nightly"]),
        ("tslr", &["translator"]),
        ("failed rust", &[]),
    ] {
        model.roster.set_filter(filter.to_owned());
        assert_eq!(order(&model), found, "{filter}");
    }
}

/// Clicks on a text of the header.
fn click(model: &mut Model, text: &str) {
    let header = shown(model).lines().next().expect("a header").to_owned();
    let before = header.find(text).unwrap_or_else(|| panic!("no {text} in {header}"));
    let column = header[..before].chars().count() as u16;
    let did = MouseAction::Press(Button::Left);
    crate::mouse(model, Mouse { did, column, row: 0, held: Held::default() });
}

#[test]
fn a_click_on_a_count_shows_whom_it_counts() {
    for (size, failed, all) in [((120, 40), "1 failed", "8 agents"), ((39, 20), "✗1", "of 8")] {
        let mut model = demo::model(size.0, size.1);
        write(&mut model, "4");
        click(&mut model, failed);
        assert_eq!(order(&model), ["fuzzer"], "{failed}");
        assert_eq!(model.tabs.shown, Tab::Fleet, "whatever tab was shown");
        click(&mut model, failed);
        assert_eq!(order(&model).len(), 8, "again shows all");
        click(&mut model, failed);
        click(&mut model, all);
        assert_eq!(order(&model).len(), 8);
    }
    let mut model = demo::model(120, 40);
    for (condition, count) in model.roster.counts() {
        let text = format!("{count} {}", condition.title());
        if shown(&model).lines().next().is_some_and(|header| header.contains(&text)) {
            click(&mut model, &text);
            assert_eq!(order(&model).len(), count, "{text}");
        }
    }
}

#[test]
fn space_goes_to_the_next_that_needs_you_then_to_who_failed() {
    let mut model = settled(120, 40);
    change(&mut model, "docs", |agent| asks(agent, "Make this edit?", 9));
    at_rest(&mut model);
    let mut next = || {
        press(&mut model, Key::plain(Code::Char(' ')));
        model.roster.selected_name().unwrap().to_owned()
    };
    let visited = [next(), next(), next()];
    assert!(visited.iter().all(|name| ["docs", "reviewer"].contains(&name.as_str())), "{visited:?}");
    assert_ne!(visited[0], visited[1]);
    assert_eq!(visited[0], visited[2], "around");
    let mut model = settled(120, 40);
    change(&mut model, "reviewer", |agent| agent.attention = Attention::Quiet);
    press(&mut model, Key::plain(Code::Char(' ')));
    assert_eq!(model.roster.selected_name(), Some("fuzzer"), "nobody asks");
}

#[test]
fn a_rule_stands_between_the_facts_of_two_days() {
    let mut model = demo::empty(100, 40);
    let today = demo::NOW_MS - 60_000;
    for (seq, (at_ms, message)) in
        [(today - 2 * 24 * 60 * MINUTE_MS, "long ago"), (today - 24 * 60 * MINUTE_MS, "late"), (today, "early")]
            .into_iter()
            .enumerate()
    {
        let mut fact = demo::facts().swap_remove(0);
        (fact.seq, fact.at_ms, fact.message) = (1 + seq as u64, at_ms, message.to_owned());
        hear(&mut model, FromFleet::Fact(fact));
    }
    let screen = shown(&model);
    let lines: Vec<&str> = screen.lines().skip_while(|line| !line.contains(" Facts ")).skip(1).take(6).collect();
    let words: Vec<&str> = lines.iter().filter_map(|line| line.split_whitespace().last()).collect();
    let is_rule = |line: &str| line.contains("╌╌╌");
    assert_eq!(lines.iter().map(|line| is_rule(line)).collect::<Vec<_>>(), [true, false, true, false, true, false]);
    assert!(lines[0].starts_with(" Thu 12 Mar ╌") && lines[4].starts_with(" Sat 14 Mar ╌"), "{screen}");
    assert_eq!(words[5], "early", "{screen}");
}
