//! Tests that a text is found on the screens of real programs: before it was typed, with it, and after the Enter that
//! submitted it. The directory `src/core/tests/brain/delivery/recorded` holds one file of screens for each program, cut
//! to 72 columns: Claude Code 2.1.328, Codex 0.171.0, opencode 1.18.33, Gemini CLI 0.61.0, qwen 0.15.10, pi 0.73.1,
//! Copilot 1.0.102.

use quarterdeck_core::delivery::{Picture, Shown};

const PROGRAMS: [(&str, &str); 7] = [
    ("claude", include_str!("recorded/claude.txt")),
    ("codex", include_str!("recorded/codex.txt")),
    ("copilot", include_str!("recorded/copilot.txt")),
    ("gemini", include_str!("recorded/gemini.txt")),
    ("opencode", include_str!("recorded/opencode.txt")),
    ("pi", include_str!("recorded/pi.txt")),
    ("qwen", include_str!("recorded/qwen.txt")),
];

/// Returns the text that was typed in each recorded moment: into an idle program, into one that works, and twenty
/// lines.
fn moments() -> [(&'static str, String); 3] {
    let lines: Vec<String> = (2..=20).map(|number| format!("line {number:02} of a long prompt")).collect();
    [
        ("idle", "please say hello #id=one".to_owned()),
        ("busy", "queued while it is busy".to_owned()),
        ("lines", format!("first line of twenty\n{}", lines.join("\n"))),
    ]
}

/// Returns a recorded screen. It is stored as `## MOMENT WHEN COLUMN ROW`, followed by its rows.
fn screen(recorded: &str, moment: &str, when: &str) -> Picture {
    let mut parts = recorded.split("## ").filter(|part| part.starts_with(&format!("{moment} {when} ")));
    let part = parts.next().unwrap_or_else(|| panic!("no screen for {moment} {when}"));
    let (head, rows) = part.split_once('\n').expect("rows");
    let mut numbers = head.split(' ').skip(2).map(|number| number.parse().expect("a number"));
    let cursor = (numbers.next().expect("a column"), numbers.next().expect("a row"));
    Picture { rows: rows.lines().map(str::to_owned).collect(), cursor }
}

/// Returns every recorded moment: its name, the text, and the three screens.
fn recorded() -> impl Iterator<Item = (String, String, [Picture; 3])> {
    PROGRAMS.iter().flat_map(|(program, file)| {
        moments().map(|(moment, text)| {
            let screens = ["before", "typed", "after"].map(|when| screen(file, moment, when));
            (format!("{program}, {moment}"), text, screens)
        })
    })
}

/// Returns the same screen with `row` inserted at `at`, as programs write on while a text is in their box.
fn with_row(picture: &Picture, at: usize, row: &str) -> Picture {
    let mut moved = picture.clone();
    moved.rows.insert(at, row.to_owned());
    moved.cursor.1 += u16::from(at <= usize::from(picture.cursor.1));
    moved
}

#[test]
fn a_text_that_was_typed_is_found_and_one_that_was_submitted_stands_no_more() {
    for (moment, text, [before, typed, after]) in recorded() {
        let shown = Shown::find(&text, &before, &typed).unwrap_or_else(|| panic!("{moment}: it is not found"));
        assert!(shown.stands_in(&typed), "{moment}: it stands where it was found");
        assert!(!shown.stands_in(&after), "{moment}: it was submitted\n{shown:?}\n{after:#?}");
        assert!(!shown.stands_in(&before), "{moment}");
    }
}

#[test]
fn a_text_whose_enter_was_swallowed_stands_wherever_the_program_has_moved_it() {
    for (moment, text, [before, typed, _]) in recorded() {
        let shown = Shown::find(&text, &before, &typed).unwrap_or_else(|| panic!("{moment}: it is not found"));
        let moved = with_row(&typed, 0, "● something that came meanwhile");
        assert!(shown.stands_in(&moved), "{moment}: everything went one row down");
        let mut up = typed.clone();
        up.rows.remove(0);
        up.cursor.1 -= 1;
        assert!(shown.stands_in(&up), "{moment}: everything went one row up");
    }
}

#[test]
fn a_text_that_was_never_taken_is_not_found() {
    for (moment, text, [before, typed, after]) in recorded() {
        assert_eq!(Shown::find(&text, &before, &before), None, "{moment}: nothing has changed");
        let other = "Ξ quite another thing Ξ";
        assert_eq!(Shown::find(other, &before, &after), None, "{moment}: the program went on without it");
        if !moment.ends_with("lines") {
            assert_eq!(Shown::find(other, &before, &typed), None, "{moment}: that was someone else's text");
        }
    }
}

/// Makes a screen from rows of text, with the cursor at the end of the row that ends with `_`.
fn drawn(rows: &[&str]) -> Picture {
    let at = rows.iter().position(|row| row.contains('_')).expect("a cursor");
    let column = rows[at].chars().position(|letter| letter == '_').expect("a cursor");
    Picture { rows: rows.iter().map(|row| row.replace('_', "")).collect(), cursor: (column as u16, at as u16) }
}

#[test]
fn an_enter_that_was_taken_for_a_line_break_has_submitted_nothing() {
    let before = drawn(&["", "────────", "> _", "────────", "  ? for shortcuts"]);
    let typed = drawn(&["", "────────", "> a prompt_", "────────", "  ? for shortcuts"]);
    let shown = Shown::find("a prompt", &before, &typed).expect("it stands there");
    let grown_up = drawn(&["────────", "> a prompt", "  _", "────────", "  ? for shortcuts"]);
    let grown_down = drawn(&["", "────────", "> a prompt", "  _", "────────", "  ? for shortcuts"]);
    assert!(shown.stands_in(&grown_up) && shown.stands_in(&grown_down));
}

#[test]
fn a_program_of_lines_has_its_line_when_the_cursor_leaves_it() {
    let typed = drawn(&["$ echo hello_"]);
    let shown = Shown::find("echo hello", &drawn(&["$ _"]), &typed).expect("it stands there");
    assert!(shown.stands_in(&typed));
    for after in [&["$ echo hello", "_"][..], &["$ echo hello", "hello", "$ _"], &["_$ echo hello"]] {
        assert!(!shown.stands_in(&drawn(after)), "{after:?}");
    }
}

#[test]
fn short_texts_are_found_where_they_are_new_and_not_in_a_line_that_always_holds_them() {
    let spinner = |turn: &str, text: &str| drawn(&[&format!("> {text}_"), &format!("{turn} esc to interrupt")]);
    assert!(Shown::find("y", &spinner("◐", ""), &spinner("◑", "y")).is_some());
    assert_eq!(Shown::find("t", &spinner("◐", ""), &spinner("◑", "")), None);
    let again = drawn(&["> y", "● ok", "> y_"]);
    let shown = Shown::find("y", &drawn(&["> y", "● ok", "> _"]), &again).expect("the lower one is new");
    assert!(!shown.stands_in(&drawn(&["> y", "● ok", "> y", "● ok", "> _"])));
}

#[test]
fn lines_of_a_word_each_are_found_as_words_and_not_within_longer_ones() {
    let text = "one\ntwo\nthree";
    let typed = drawn(&["> one", "  two", "  three_", "────"]);
    let shown = Shown::find(text, &drawn(&["> _", "────"]), &typed).expect("it stands there");
    assert!(shown.stands_in(&typed));
    assert_eq!(Shown::find("in", &drawn(&["> _", "◐ 1s"]), &drawn(&["> _", "◑ Thinking"])), None);
}

#[test]
fn blanks_and_line_breaks_of_a_program_hide_nothing() {
    let text = "one two three four five six seven eight nine ten eleven twelve";
    let wrapped =
        drawn(&["│ > one two three four five  │", "│   six seven eight nine ten │", "│   eleven twelve_            │"]);
    let shown = Shown::find(text, &drawn(&["│ > _                        │"]), &wrapped).expect("it stands there");
    assert!(shown.stands_in(&wrapped));
    assert_eq!(Shown::find("", &drawn(&["_"]), &wrapped), None);
    assert_eq!(Shown::find(" \n", &drawn(&["_"]), &wrapped), None);
}
