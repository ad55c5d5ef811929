//! An agent's work is seen in its row, and committed from there.

use super::{hear, press, shown, write};
use crate::demo;
use quarterdeck::api::agents::{Agent, Attention, Status};
use quarterdeck::api::error::Problem;
use quarterdeck::api::work::{COMMIT_AGENT_WORK, ChangedFile, CommitRequest, FileChange, Work, WorkDetail};
use quarterdeck::tui::input::{Code, Key};
use quarterdeck::tui::model::Model;
use quarterdeck::tui::msg::Cmd;
use quarterdeck::tui::{Answer, Data, FromFleet, ToFleet, Topic};

/// A screen on one agent at rest, with so many files that are not committed.
fn resting(size: (u16, u16), files: u32) -> Model {
    at_rest(size, Work { files_uncommitted: files, base: Some("main".to_owned()), ..Work::default() })
}

fn at_rest(size: (u16, u16), work: Work) -> Model {
    let words = work.uncommitted_words().map(|words| format!("; {words}")).unwrap_or_default();
    let agent = Agent {
        status: Status::Idle,
        attention: Attention::Quiet,
        summary: format!("idle{words}"),
        work: Some(work),
        title: String::new(),
        ..demo::agents().swap_remove(0)
    };
    let mut model = demo::model(size.0, size.1);
    let removed = demo::agents().into_iter().skip(1).map(|agent| agent.name).collect();
    hear(&mut model, FromFleet::Fleet { changed: vec![agent], removed, banners: vec![] });
    model
}

fn detail(files: u32) -> WorkDetail {
    let file = |number: u32| ChangedFile {
        path: format!("src/file-{number}.rs"),
        change: [FileChange::New, FileChange::Changed, FileChange::Deleted][number as usize % 3],
    };
    WorkDetail {
        agent: "builder".to_owned(),
        branch: Some("qd/builder".to_owned()),
        work: Some(Work { files_uncommitted: files, ..Work::default() }),
        files: (0..files).map(file).collect(),
        nested: vec!["vendor/inner".to_owned()],
        message: "Fix the parser".to_owned(),
    }
}

/// A screen on which an agent's work is about to be committed.
pub(crate) fn committed(columns: u16, rows: u16) -> Model {
    let mut model = resting((columns, rows), 20);
    open(&mut model, 20);
    model
}

fn open(model: &mut Model, files: u32) {
    let cmds = write(model, "c");
    let [Cmd::Send(ToFleet::Fetch { topic })] = &cmds[..] else { panic!("{cmds:?}") };
    assert_eq!(*topic, Topic::Work("builder".to_owned()));
    hear(model, FromFleet::Fetched { topic: topic.clone(), data: Box::new(Ok(Data::Work(Box::new(detail(files))))) });
}

#[test]
fn the_row_says_what_was_done_and_how_much_it_is() {
    let work = |files_uncommitted| Work {
        files_uncommitted,
        commits_ahead: 2,
        base: Some("main".to_owned()),
        last_commit: Some("history: what changes most".to_owned()),
        lines_added: 120,
        lines_removed: 3,
        checked_ms: 1,
    };
    for size in [(120, 40), (80, 24)] {
        let screen = shown(&at_rest(size, work(0)));
        assert!(screen.contains("  +120 −3 history: what c"), "{screen}");
        let screen = shown(&at_rest(size, work(1)));
        assert!(screen.contains("  1 file, not committed ·"), "{screen}");
    }
}

#[test]
fn below_the_screen_of_one_that_ended_stands_what_it_left() {
    let mut model = demo::model(120, 40);
    model.roster.select("indexer", demo::NOW_MS);
    let screen = shown(&model);
    assert!(screen.contains("2 commits that main has not · List 412 public items · +438 −12"), "{screen}");
}

#[test]
fn the_row_and_the_key_say_it_only_where_there_is_something() {
    for size in [(120, 40), (80, 24)] {
        let screen = shown(&resting(size, 3));
        assert!(screen.contains("  3 files, not committed") && screen.contains("c commit its work"), "{screen}");
    }
    let screen = shown(&resting((120, 40), 0));
    assert!(!screen.contains("committed") && !screen.contains("c commit"), "{screen}");
}

#[test]
fn its_files_are_shown_and_a_message_goes_with_it() {
    for (columns, rows) in [(120, 40), (80, 24), (20, 5)] {
        let mut model = resting((columns, rows), 20);
        open(&mut model, 20);
        insta::assert_snapshot!(format!("commit_{columns}x{rows}"), shown(&model));
    }
    let mut model = resting((120, 40), 2);
    open(&mut model, 2);
    write(&mut model, " again");
    let cmds = press(&mut model, Key::plain(Code::Enter));
    let [Cmd::Send(ToFleet::Call { request, call })] = &cmds[..] else { panic!("{cmds:?}") };
    let message = Some("Fix the parser again".to_owned());
    assert_eq!(*call, COMMIT_AGENT_WORK.call(&["builder"], &CommitRequest { message }));
    let request = *request;
    assert_eq!(press(&mut model, Key::plain(Code::Enter)), [], "it is on its way");
    let problem = Problem {
        status: 409,
        code: "held".to_owned(),
        what: "not committed".to_owned(),
        why: "docs holds src".to_owned(),
        hint: None,
    };
    hear(&mut model, FromFleet::Answer { request, answer: Answer::Problem(problem) });
    assert!(shown(&model).contains("docs holds src"), "{}", shown(&model));
    let cmds = press(&mut model, Key::plain(Code::Enter));
    let [Cmd::Send(ToFleet::Call { request, .. })] = &cmds[..] else { panic!("{cmds:?}") };
    hear(&mut model, FromFleet::Answer { request: *request, answer: Answer::Done });
    assert_eq!(model.overlay, None);
}

#[test]
fn with_nothing_to_commit_nothing_is_asked() {
    let mut model = resting((120, 40), 0);
    open(&mut model, 0);
    assert!(shown(&model).contains("nothing to commit"));
    assert_eq!(press(&mut model, Key::plain(Code::Enter)), []);
    assert_eq!(model.overlay, None);
}
