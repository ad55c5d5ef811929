//! Finds the line of a screen that says most about what its program is doing: the last one with words, above the box
//! that a person types into. The text in and below such a box is a prompt, a path, or a list of keys, and says nothing
//! new.

use crate::term::cut;

/// The number of last lines of a screen in which an input box and the lines below it are looked for. Beyond it, earlier
/// lines count as words of the program.
const INPUT_LINES_MAX: usize = 12;
/// The number of characters from which a line of box characters alone divides a screen.
const RULE_CHARS_MIN: usize = 8;
/// The most choices that may be below a question. Beyond it, the last choice is returned.
const CHOICES_MAX: usize = 9;
/// The beginnings of lines that list keys, or settings of the program.
const KEYS_BEGIN: [&str; 13] =
    ["▣", "shift+tab", "ctrl+", "ctrl-", "esc ", "tab ", "enter ", "press ", "? for", "← ", "↑", "⏸", "⏵"];
/// Texts that only lines with keys contain.
const KEYS_WITHIN: [&str; 5] = ["? for shortcuts", "enter to ", "/ commands", "shift+tab to", "@path/to/file"];
/// The longest line returned, in characters. Beyond it, it ends with `…`.
pub const WORDS_CHARS_MAX: usize = 400;

/// Returns the last line with words, without the lines of a box around it; where choices are below a question, the
/// question; empty when there is none.
///
/// **Invariant:** the line is never a prompt, a list of keys or the lines of a box alone, in any recording of
/// `tests/status` (`what_a_list_shows_of_a_screen_is_words`).
pub fn last_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let above = &lines[..input_begins(&lines)];
    let mut said = above.iter().rev().map(|line| inner(line)).filter(|line| is_said(line)).peekable();
    let last = said.peek().copied().unwrap_or_default();
    // Choices say less than their question.
    let question = said.take(CHOICES_MAX + 1).find(|line| !is_choice(line)).filter(|line| line.ends_with('?'));
    cut(question.unwrap_or(last), WORDS_CHARS_MAX)
}

/// Whether a line is one of numbered choices: `❯ 1. Yes`, `2) No`.
fn is_choice(line: &str) -> bool {
    let text = line.trim_start_matches(|character: char| character.is_whitespace() || "❯›>●○*".contains(character));
    text.trim_start_matches(|character: char| character.is_ascii_digit()).starts_with(['.', ')'])
        && text.starts_with(|character: char| character.is_ascii_digit())
}

/// Returns the line at which the input box begins; the number of lines when there is no box.
fn input_begins(lines: &[&str]) -> usize {
    let first = lines.len().saturating_sub(INPUT_LINES_MAX);
    let at = |index: usize| lines.get(index).copied().unwrap_or_default();
    let is_input = |index: &usize| {
        let beside = is_rule(at(index + 1)) || *index > 0 && is_rule(at(index - 1));
        let prompt = inner(at(*index)).starts_with(['>', '❯', '›']);
        // A sign alone; between rules; Codex draws no box; opencode and Copilot draw no sign.
        let empty = is_rule(at(index + 1)) && (is_side(at(*index)) || is_rule(at(*index)));
        prompt && (beside || inner(at(*index)).chars().count() == 1) || at(*index).starts_with("› ") || empty
    };
    let Some(mut begin) = (first..lines.len()).rev().find(is_input) else { return lines.len() };
    while begin > first && (is_rule(at(begin - 1)) || is_side(at(begin - 1))) {
        begin -= 1;
    }
    begin
}

fn is_box(character: char) -> bool {
    ('\u{2500}'..='\u{259f}').contains(&character)
}

/// Whether a line is nothing but a horizontal rule.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= RULE_CHARS_MIN && line.chars().all(is_box)
}

/// Whether a line is inside the heavy side of a box, as opencode and Copilot draw their input.
fn is_side(line: &str) -> bool {
    line.trim_start().starts_with(['┃', '╻', '╹'])
}

/// Returns a line without the blanks and the box lines around it.
fn inner(line: &str) -> &str {
    line.trim_matches(|character: char| character.is_whitespace() || is_box(character))
}

/// Whether a line has words, and not only a path or keys.
fn is_said(line: &str) -> bool {
    let lower = line.to_lowercase();
    let letters = line.chars().filter(|character| character.is_alphanumeric()).count();
    let keys =
        KEYS_BEGIN.iter().any(|begin| lower.starts_with(begin)) || KEYS_WITHIN.iter().any(|part| lower.contains(part));
    let place = line.starts_with(['~', '/']) && line.split_whitespace().count() <= 3;
    letters >= 2 && !keys && !place
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_line_with_words_above_the_box_is_told() {
        for (screen, words) in [
            ("$ make\nBuilding [=====>      ]\n", "Building [=====>      ]"),
            ("hello\n\n   >\n", "hello"),
            ("● DONE: choice\n────────────\n❯ \n────────────\n  ⏸ manual mode on · ? for shortcuts", "● DONE: choice"),
            ("● Fixed it\n╭──────────────╮\n│ > Try \"fix\" │\n╰──────────────╯\n  main · 12k tokens", "● Fixed it"),
            ("• DONE\n› Ask Codex to do anything\n  fake-model default · ~/repo\n  ← for agents", "• DONE"),
            (" ● DONE\n ~/repo [⎇ main]\n╻▄▄▄▄▄▄▄▄▄▄\n┃\n╹▀▀▀▀▀▀▀▀▀▀\n ← open sidebar · / commands", "● DONE"),
            (" ⠋ Working...\n──────────\n──────────\n~/repo (main)\n0.0%/128k (auto)", "⠋ Working..."),
            ("✓ committed\n│ ❯ 1. Yes  2. No │\n", "❯ 1. Yes  2. No"),
            ("│ Make this edit? │\n│ ❯ 1. Yes │\n│   2. No, and say why │\n", "Make this edit?"),
            ("Make this edit?\n 1. Yes  2. No\n> ", "Make this edit?"),
            ("Is it done?\nIt is.\n", "It is."),
            ("> tsc\nsrc/main.ts(3,1): error TS2304\n", "src/main.ts(3,1): error TS2304"),
            ("┌──────────┐\n│ a table  │\n└──────────┘", "a table"),
            ("日本語\n>\n", "日本語"),
            ("", ""),
            ("> \n", ""),
        ] {
            assert_eq!(last_words(screen), words, "{screen}");
        }
        let long = last_words(&"word ".repeat(1_000));
        assert!(long.ends_with("word word…") && long.chars().count() <= WORDS_CHARS_MAX, "{long}");
    }

    proptest! {
        #[test]
        fn any_screen_is_read(screen in "([ a>❯│─┃╹▀日\n]{0,30}\n){0,8}") {
            let words = last_words(&screen);
            prop_assert!(words.is_empty() || words.chars().filter(|c| c.is_alphanumeric()).count() >= 2);
        }
    }
}
