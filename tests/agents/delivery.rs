//! What `qd send` says is what became of it: submitted once, or nothing typed, or typed and not submitted, and why.

use crate::fleet::Fleet;
use crate::stand_in::DRAWS_AFTER_MS;

fn prompt(text: &str) -> [&str; 5] {
    ["send", "agent", text, "--key", "enter"]
}

#[test]
fn what_was_submitted_is_said_to_be() {
    let fleet = Fleet::up("");
    assert_eq!(fleet.qd(&prompt("hello")), "submitted to agent\n");
    assert_eq!(fleet.hears(), "submitted: hello");
    assert_eq!(fleet.qd(&["send", "agent", "half a"]), "sent 18 bytes to agent\n", "wrapped, and no Enter");
    assert_eq!(fleet.qd(&["send", "agent", "--key", "enter"]), "sent 1 bytes to agent\n");
    assert_eq!(fleet.hears(), "submitted: half a");
}

#[test]
fn an_enter_that_is_swallowed_is_pressed_again_and_nothing_comes_twice() {
    let fleet = Fleet::up("");
    fleet.qd(&prompt("swallow 2"));
    assert_eq!(fleet.hears(), "submitted: swallow 2");
    assert_eq!(fleet.qd(&prompt("stubborn")), "submitted to agent\n");
    assert_eq!(fleet.hears(), "submitted: stubborn");
    fleet.qd(&prompt("next"));
    assert_eq!(fleet.hears(), "submitted: next", "nothing between them");
}

#[test]
fn a_text_that_cannot_be_submitted_is_said_to_stand_there_and_none_is_appended_to_it() {
    let fleet = Fleet::up("");
    fleet.qd(&prompt("swallow 3"));
    assert_eq!(fleet.hears(), "submitted: swallow 3");
    let said = fleet.ends_with(1, &prompt("stuck"));
    assert!(said.contains("typed into agent, not submitted") && said.contains("after 3 Enters"), "{said}");
    let said = fleet.ends_with(4, &prompt("another"));
    assert!(said.contains("nothing was typed") && said.contains("--key enter"), "{said}");
    fleet.qd(&["send", "agent", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: stuck");
    fleet.qd(&prompt("another"));
    assert_eq!(fleet.hears(), "submitted: another");
}

#[test]
fn a_trailing_backslash_makes_no_line_break() {
    let fleet = Fleet::up("");
    for _ in 0..2 {
        assert_eq!(fleet.qd(&prompt("ends in \\")), "submitted to agent\n");
        assert_eq!(fleet.hears(), "submitted: ends in \\");
    }
}

#[test]
fn nothing_is_typed_into_a_question_unless_it_is_the_answer() {
    let fleet = Fleet::up("");
    fleet.qd(&prompt("ask"));
    assert_eq!(fleet.hears(), "submitted: ask");
    fleet.qd(&["wait", "agent", "--until", "waiting", "--timeout", "20s"]);
    for words in [&prompt("No! do not run that.")[..], &["send", "agent", "--key", "enter"], &["send", "agent", "y"]] {
        let said = fleet.ends_with(4, words);
        assert!(said.contains("nothing was typed into `agent`") && said.contains("asks a person something"), "{said}");
        assert!(said.contains("--answer"), "{said}");
    }
    fleet.qd(&["send", "agent", "--key", "2", "--answer"]);
    assert_eq!(fleet.hears(), "answered: \"2\"", "and nothing before it");
    assert!(fleet.qd(&["events", "--agent", "agent", "--type", "agent.answered"]).contains("answered through `qd`: 2"));
}

#[test]
fn a_question_that_comes_up_between_text_and_enter_gets_no_enter() {
    let fleet = Fleet::up("");
    fleet.qd(&prompt("ask when typed"));
    assert_eq!(fleet.hears(), "submitted: ask when typed");
    let said = fleet.ends_with(1, &prompt("delete everything"));
    assert!(said.contains("typed into agent, not submitted") && said.contains("asks a person something"), "{said}");
    fleet.qd(&["send", "agent", "--key", "2", "--answer"]);
    assert_eq!(fleet.hears(), "answered: \"2\"");
    fleet.ends_with(4, &prompt("more"));
    fleet.qd(&["send", "agent", "--key", "enter"]);
    assert_eq!(fleet.hears(), "submitted: delete everything");
}

#[test]
fn a_dialog_that_nobody_recognises_gets_no_enter() {
    let fleet = Fleet::up("");
    fleet.qd(&prompt("dialog"));
    assert_eq!(fleet.hears(), "submitted: dialog");
    let said = fleet.ends_with(1, &prompt("No! do not run that."));
    assert!(said.contains("shows nothing of the text") || said.contains("showed nothing of the text"), "{said}");
    fleet.qd(&["send", "agent", "--key", "2"]);
    assert_eq!(fleet.hears(), "answered: \"2\"", "and no Enter before it");
}

#[test]
fn a_text_that_is_lost_is_said_to_be() {
    let fleet = Fleet::up("");
    fleet.qd(&prompt("deaf"));
    assert_eq!(fleet.hears(), "submitted: deaf");
    let said = fleet.ends_with(1, &prompt("unheard"));
    assert!(said.contains("not submitted"), "{said}");
    fleet.qd(&prompt("heard"));
    assert_eq!(fleet.hears(), "submitted: heard");
}

#[test]
fn a_program_that_draws_itself_late_is_waited_for() {
    let fleet = Fleet::up(&format!("env.{DRAWS_AFTER_MS} = '7000'"));
    assert_eq!(fleet.qd(&prompt("at last")), "submitted to agent\n");
    assert_eq!(fleet.hears(), "submitted: at last");
}

#[test]
fn a_prompt_that_ends_the_program_was_taken() {
    let fleet = Fleet::up("");
    assert_eq!(fleet.qd(&prompt("exit")), "submitted to agent\n");
    assert_eq!(fleet.hears(), "submitted: exit");
}
