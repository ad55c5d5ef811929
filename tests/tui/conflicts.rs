//! Conflicts in the tab of the locks: their versions are looked at, and one is taken, for one file or for all.

use crate::demo;
use crate::demo::board;
use crate::{answer, calls, hear, press, settled, shown, write};
use quarterdeck::api::call::Call;
use quarterdeck::api::conflicts::{Content, TAKE_CONFLICT, Take, Version};
use quarterdeck::tui::input::{Code, Key};
use quarterdeck::tui::model::Model;
use quarterdeck::tui::msg::Cmd;
use quarterdeck::tui::{Answer, Data, FromFleet, ToFleet, Topic};

/// A dashboard on which the newest conflict is looked at.
pub(crate) fn open(columns: u16, rows: u16) -> Model {
    let mut model = settled(columns, rows);
    let cmds = write(&mut model, "4");
    demo::answer(&mut model, cmds);
    let rows = model.tabs.locks.rows();
    let key = rows.iter().filter_map(|row| row.key()).find(|key| key.starts_with("conflict ")).unwrap();
    model.tabs.locks.select(&key);
    let cmds = press(&mut model, Key::plain(Code::Enter));
    demo::answer(&mut model, cmds);
    model
}

fn taken(cmds: &[Cmd]) -> Vec<Take> {
    let (begin, end) = TAKE_CONFLICT.path.split_once("{name}").unwrap();
    let is_take = |call: &Call| call.path.starts_with(begin) && call.path.ends_with(end);
    let take = |call: Call| serde_json::from_slice(&call.body.unwrap().unwrap()).unwrap();
    calls(cmds).into_iter().filter(is_take).map(take).collect()
}

#[test]
fn a_conflict_looked_at() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 50), (20, 5)] {
        let model = open(columns, rows);
        insta::assert_snapshot!(format!("conflict_{columns}x{rows}"), shown(&model));
    }
}

#[test]
fn a_version_is_taken_by_its_key_pressed_again() {
    let mut model = open(120, 40);
    assert_eq!(taken(&write(&mut model, "b")), [], "it asks first");
    assert!(shown(&model).contains("b again: the file becomes what its holder wrote"), "{}", shown(&model));
    insta::assert_snapshot!("conflict_asked_120x40", shown(&model));
    assert_eq!(taken(&answer(&mut model, 'a')), [], "another key asks something else");
    assert_eq!(taken(&write(&mut model, "a")), [], "nobody can have read it so fast");
    press(&mut model, Key::plain(Code::Tab));
    assert_eq!(taken(&answer(&mut model, 'a')), [], "it is another file now");
    let cmds = answer(&mut model, 'a');
    let files = vec!["src/parser/tokens.rs".to_owned()];
    assert_eq!(taken(&cmds), [Take { version: Version::After, files }]);
    assert_eq!(taken(&answer(&mut model, 'a')), [], "it is on its way");
    let [Cmd::Send(ToFleet::Call { request, .. })] = &cmds[..] else { panic!("{cmds:?}") };
    hear(&mut model, FromFleet::Answer { request: *request, answer: Answer::Done });
    assert_eq!(model.overlay, None);
    assert!(shown(&model).contains("both versions stay kept"));
}

#[test]
fn all_files_of_a_conflict_are_taken_together() {
    let mut model = open(120, 40);
    write(&mut model, "B");
    assert_eq!(taken(&answer(&mut model, 'B')), [Take { version: Version::Before, files: vec![] }]);
}

#[test]
fn a_version_that_was_not_kept_is_not_asked_for() {
    let mut model = open(120, 40);
    let mut detail = board::conflict(&board::conflicts()[0].id);
    detail.versions.iter_mut().for_each(|file| file.before = Content::Unkept);
    let topic = Topic::Conflict(detail.conflict.id.clone());
    hear(&mut model, FromFleet::Fetched { topic, data: Box::new(Ok(Data::Conflict(Box::new(detail)))) });
    assert!(shown(&model).contains("the version before was not kept"), "{}", shown(&model));
    for key in ["b", "B"] {
        write(&mut model, key);
        assert!(shown(&model).contains("this version was not kept, and can't be taken"), "{}", shown(&model));
        assert_eq!(taken(&answer(&mut model, key.chars().next().unwrap())), []);
    }
    write(&mut model, "a");
    assert_eq!(taken(&answer(&mut model, 'a')).len(), 1, "the other one was");
}
