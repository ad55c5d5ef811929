//! Text that is typed or pasted where keys are commands: at no speed does it end anything, and fast it does nothing.

use crate::demo;
use crate::{due_ms, input, press, settled, shown, write};
use proptest::prelude::*;
use quarterdeck::api::agents::{Action, AgentState};
use quarterdeck::tui::cadence::READ_MS;
use quarterdeck::tui::ground::Ground;
use quarterdeck::tui::input::{Code, InputEvent, Key};
use quarterdeck::tui::model::confirm::CONFIRM_MS;
use quarterdeck::tui::model::{Keys, Model};
use quarterdeck::tui::msg::{Cmd, Msg};
use quarterdeck::tui::update::update;
use quarterdeck::tui::{FromFleet, ToFleet};

/// What a person and a fast terminal do: keys come, time passes, everything is drawn at once.
struct Desk {
    model: Model,
    now_ms: u64,
    cmds: Vec<Cmd>,
}

impl Desk {
    fn new(columns: u16, rows: u16) -> Desk {
        Desk { model: settled(columns, rows), now_ms: demo::NOW_MS + 60_000, cmds: Vec::new() }
    }

    fn at(model: Model) -> Desk {
        Desk { model, now_ms: demo::NOW_MS + 60_000, cmds: Vec::new() }
    }

    fn take(&mut self, msg: Msg) {
        self.cmds.extend(update(&mut self.model, msg, self.now_ms));
        update(&mut self.model, Msg::Drawing, self.now_ms);
        self.cmds.extend(update(&mut self.model, Msg::Drawn, self.now_ms));
        self.model.check().unwrap();
    }

    /// Lets time pass, with every timer that comes due.
    fn waits(&mut self, span_ms: u64) {
        let end_ms = self.now_ms + span_ms;
        while let Some(due_ms) = due_ms(&mut self.model).filter(|due_ms| *due_ms <= end_ms) {
            self.now_ms = due_ms;
            self.take(Msg::Tick);
        }
        self.now_ms = end_ms;
    }

    fn presses(&mut self, code: Code) {
        self.take(Msg::Came(InputEvent::Key(Key::plain(code))));
    }

    /// Types a text, each letter so long after the one before.
    fn types(&mut self, text: &str, gaps_ms: &[u64]) {
        for (index, character) in text.chars().enumerate() {
            self.waits(gaps_ms[index % gaps_ms.len()]);
            self.presses(match character {
                '\n' => Code::Enter,
                '\t' => Code::Tab,
                character => Code::Char(character),
            });
        }
        self.waits(10_000);
    }

    /// Everything asked for that changes something.
    fn changes(&self) -> Vec<&ToFleet> {
        self.cmds.iter().filter_map(change).collect()
    }

    /// What of it ends, discards or takes away.
    fn endings(&self) -> Vec<&ToFleet> {
        let ends = |word: &&ToFleet| match word {
            ToFleet::Call { call, .. } => match action(word) {
                Some(action) => matches!(action, Action::Stop | Action::Restart | Action::Kill),
                None => {
                    let takes = ["/shutdown", "/cancel", "/force", "/take"];
                    call.method == "DELETE" || takes.iter().any(|end| call.path.ends_with(end))
                }
            },
            _ => false,
        };
        self.changes().into_iter().filter(ends).collect()
    }

    fn says(&self, words: &str) -> bool {
        shown(&self.model).contains(words)
    }
}

/// The action on an agent that a word asks for.
fn action(word: &ToFleet) -> Option<Action> {
    match word {
        ToFleet::Call { call, .. } => crate::patched(call).map(|(_, patch)| patch.action),
        _ => None,
    }
}

/// What a command changes, if it changes something.
fn change(cmd: &Cmd) -> Option<&ToFleet> {
    let Cmd::Send(word) = cmd else { return None };
    let changes = match word {
        ToFleet::Input { .. } => true,
        ToFleet::Call { .. } => action(word) != Some(Action::Seen),
        _ => false,
    };
    changes.then_some(word)
}

/// A desk with a tab shown and an agent selected.
fn desk(tab: usize, agent: usize) -> Desk {
    let mut desk = Desk::new(120, 40);
    for _ in 0..agent {
        press(&mut desk.model, Key::plain(Code::Down));
    }
    let cmds = write(&mut desk.model, &(tab + 1).to_string());
    demo::answer(&mut desk.model, cmds);
    desk
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// **Invariant:** what comes at the speed of a paste changes nothing, whatever it is and whatever is shown.
    #[test]
    fn a_text_that_comes_fast_changes_nothing(
        text in "[ -~äß\n\t]{2,60}", gaps in prop::collection::vec(0u64..30, 1..9), tab in 0usize..5, agent in 0usize..8
    ) {
        let mut desk = desk(tab, agent);
        desk.types(&text, &gaps);
        prop_assert_eq!(desk.changes(), Vec::<&ToFleet>::new());
        prop_assert_eq!(desk.model.overlay, None);
        prop_assert_eq!(desk.model.keys, Keys::Quarterdeck);
    }

    /// **Invariant:** what is typed at a person's speed ends nothing. (Words alone: `s` and `s` again, a moment later and
    /// with nothing before, is what a person does who wants it.)
    #[test]
    fn a_text_that_is_typed_ends_nothing(
        text in "[ -~ä\n]{1,60}", gaps in prop::collection::vec(30u64..=140, 1..9), tab in 0usize..5, agent in 0usize..8
    ) {
        let mut desk = desk(tab, agent);
        desk.types(&text, &gaps);
        prop_assert_eq!(desk.endings(), Vec::<&ToFleet>::new());
    }

    /// The same, slowly, with words that hold every letter that asks and every one that answers.
    #[test]
    fn words_that_are_typed_slowly_end_nothing(
        words in prop::collection::vec(prop::sample::select(vec![
            "please stop", "process", "pass", "miss", "restart", "error", "class", "yes", "Kill", "quit", "question",
            "undo", "expand", "cancel", "assess", "stop", "run", "sorry", "address",
        ]), 1..5),
        gaps in prop::collection::vec(60u64..=350, 1..9), tab in 0usize..5, agent in 0usize..8
    ) {
        let mut desk = desk(tab, agent);
        desk.types(&words.join(" "), &gaps);
        prop_assert_eq!(desk.endings(), Vec::<&ToFleet>::new());
    }
}

#[test]
fn a_paste_without_its_marks_says_where_text_goes() {
    let mut desk = Desk::new(120, 40);
    desk.types("please stop\nand think\n", &[0]);
    assert!(desk.changes().is_empty(), "{:?}", desk.changes());
    let mut desk = Desk::new(120, 40);
    desk.presses(Code::Char('p'));
    desk.presses(Code::Char('l'));
    assert!(desk.says("That was text, not commands: Enter types into builder"), "{}", shown(&desk.model));
    let mut desk = Desk::new(120, 40);
    desk.take(Msg::Came(InputEvent::Paste("please stop".to_owned())));
    assert!(desk.says("That was text, not commands: Enter types into builder"));
}

#[test]
fn a_single_letter_is_a_command_once_nothing_follows_it() {
    let mut desk = Desk::new(120, 40);
    desk.presses(Code::Char('p'));
    assert!(desk.changes().is_empty(), "more may come");
    desk.waits(30);
    assert_eq!(desk.changes().into_iter().map(action).collect::<Vec<_>>(), [Some(Action::Pause)]);
}

#[test]
fn what_is_typed_to_an_agent_does_not_wait() {
    let mut desk = Desk::new(120, 40);
    desk.presses(Code::Enter);
    desk.waits(30);
    for letter in ['h', 'i'] {
        desk.presses(Code::Char(letter));
    }
    assert_eq!(desk.changes().len(), 2, "{:?}", desk.changes());
    let gone = FromFleet::Fleet { changed: vec![], removed: vec!["builder".to_owned()], banners: vec![] };
    desk.take(Msg::Fleet(gone));
    desk.types("stop", &[100]);
    assert_eq!(
        desk.changes().len(),
        2,
        "the agent is gone, and the rest of the word is nobody's: {:?}",
        desk.changes()
    );
}

/// Presses `s`, and again after a while.
fn twice(letter: char, after_ms: u64) -> Desk {
    let mut desk = Desk::new(80, 24);
    desk.presses(Code::Char(letter));
    desk.waits(30);
    desk.waits(after_ms);
    desk.presses(Code::Char(letter));
    desk.waits(30);
    desk
}

#[test]
fn stop_and_restart_of_what_runs_are_asked_in_the_key_bar() {
    for (letter, word, action) in [('s', "stop", Action::Stop), ('r', "restart", Action::Restart)] {
        let mut desk = Desk::new(80, 24);
        desk.presses(Code::Char(letter));
        desk.waits(30);
        assert!(desk.says(&format!("{word} builder? {letter} again · Esc")), "{}", shown(&desk.model));
        desk.waits(CONFIRM_MS - 1);
        assert!(desk.says("again"));
        desk.waits(1);
        assert!(!desk.says("again"), "it is over");
        assert_eq!(due_ms(&mut desk.model).filter(|due_ms| *due_ms < desk.now_ms + 900), None, "and nothing ticks");
        assert!(desk.changes().is_empty());
        for (after_ms, done) in [(0, 0), (READ_MS - 31, 0), (READ_MS, 1), (CONFIRM_MS - 60, 1), (CONFIRM_MS + 60, 0)] {
            let desk = twice(letter, after_ms);
            let changes = desk.changes();
            assert_eq!(changes.len(), done, "after {after_ms} ms: {changes:?}");
            assert!(changes.iter().all(|word| super::typed::action(word) == Some(action)));
        }
    }
}

#[test]
fn anything_but_the_same_key_lets_it_run() {
    let others: [&[Code]; 6] = [
        &[Code::Esc],
        &[Code::Down],
        &[Code::Char('e'), Code::Esc],
        &[Code::Char('r')],
        &[Code::Char('x')],
        &[Code::Char('s'), Code::Esc],
    ];
    for others in others {
        let mut desk = Desk::new(80, 24);
        desk.presses(Code::Char('s'));
        desk.waits(30);
        for other in others {
            desk.presses(*other);
            desk.waits(30);
        }
        desk.waits(700);
        desk.presses(Code::Char('s'));
        desk.waits(700);
        assert!(desk.changes().is_empty(), "{others:?}: {:?}", desk.changes());
    }
}

#[test]
fn what_has_not_been_drawn_is_not_answered() {
    let mut desk = Desk::new(80, 24);
    let press = |desk: &mut Desk| {
        let key = Msg::Input(InputEvent::Key(Key::plain(Code::Char('s'))));
        desk.cmds.extend(update(&mut desk.model, key, desk.now_ms));
    };
    press(&mut desk);
    desk.now_ms += 1_000;
    desk.cmds.extend(update(&mut desk.model, Msg::Drawn, desk.now_ms));
    desk.now_ms += 1_000;
    press(&mut desk);
    assert!(desk.changes().is_empty(), "what was drawn was the screen before it: {:?}", desk.changes());
}

#[test]
fn what_is_asked_is_over_when_it_is_no_longer_so() {
    for change in [
        |agent: &mut quarterdeck::api::agents::Agent| agent.run = Some("r99".to_owned()),
        |agent: &mut quarterdeck::api::agents::Agent| agent.state = AgentState::Stopping,
        |agent: &mut quarterdeck::api::agents::Agent| agent.state = AgentState::Failed,
    ] {
        let mut desk = Desk::new(80, 24);
        desk.presses(Code::Char('s'));
        desk.waits(700);
        let mut agent = desk.model.roster.get("builder").unwrap().clone();
        change(&mut agent);
        desk.take(Msg::Fleet(FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] }));
        assert_eq!(desk.model.confirm, None);
        assert!(desk.changes().is_empty());
    }
}

#[test]
fn what_does_not_run_starts_at_once() {
    let mut desk = Desk::new(80, 24);
    let mut agent = desk.model.roster.get("builder").unwrap().clone();
    agent.state = AgentState::Completed;
    desk.take(Msg::Fleet(FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] }));
    desk.presses(Code::Char('s'));
    desk.waits(30);
    assert_eq!(desk.changes().into_iter().map(action).collect::<Vec<_>>(), [Some(Action::Start)]);
}

#[test]
fn a_dialog_takes_no_letter_before_it_can_be_read_and_a_wrong_one_closes_it() {
    for (keys, tab) in [("K", 0), ("c", 1)] {
        for (after_ms, done) in [(100, 0), (250, 1)] {
            let mut desk = desk(tab, 0);
            desk.presses(Code::Char(keys.chars().next().unwrap()));
            desk.waits(after_ms);
            desk.presses(Code::Char('y'));
            desk.waits(30);
            assert_eq!(desk.changes().len(), done, "{keys} y after {after_ms} ms");
            assert_eq!(desk.model.overlay.is_some(), done == 0, "too early is not no");
        }
        let mut desk = desk(tab, 0);
        desk.types(&format!("{keys}ey"), &[400]);
        assert!(desk.endings().is_empty(), "{keys}: {:?}", desk.endings());
    }
}

#[test]
fn a_text_is_not_thrown_away_by_the_letter_after_esc() {
    let mut desk = desk(1, 0);
    desk.presses(Code::Char('n'));
    desk.waits(400);
    desk.types("a prompt", &[100]);
    desk.presses(Code::Esc);
    desk.waits(60);
    desk.presses(Code::Char('y'));
    desk.waits(60);
    assert!(desk.model.overlay.is_some(), "vi's `Esc yy` loses nothing");
}

#[test]
fn the_terminals_answer_changes_the_looks_and_is_nobodys_key() {
    let looks = quarterdeck::tui::theme::Looks::built_in();
    let mut desk = Desk::at(settled(80, 24));
    desk.model.listener.asked(desk.now_ms);
    press(&mut desk.model, Key::plain(Code::Enter));
    assert_eq!(*desk.model.theme, *looks.on(Ground::Dark));
    let alt = |character| {
        let mut key = Key::plain(Code::Char(character));
        key.held.alt = true;
        Msg::Came(InputEvent::Key(key))
    };
    desk.take(alt(']'));
    for character in "11;rgb:fdfd/f6f6/e3e3".chars() {
        desk.presses(Code::Char(character));
    }
    desk.take(alt('\\'));
    assert!(desk.changes().is_empty(), "nothing was typed: {:?}", desk.changes());
    assert_eq!(*desk.model.theme, *looks.on(Ground::Light));
}

#[test]
fn a_click_ends_what_is_asked() {
    use quarterdeck::tui::input::{Button, Held, Mouse, MouseAction};
    let mut desk = Desk::new(80, 24);
    desk.presses(Code::Char('s'));
    desk.waits(700);
    let did = MouseAction::Press(Button::Left);
    input(&mut desk.model, InputEvent::Mouse(Mouse { did, column: 3, row: 3, held: Held::default() }));
    assert_eq!(desk.model.confirm, None);
}
