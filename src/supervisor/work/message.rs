//! Composes the message of a commit for which none is given.

/// The longest first line of a composed message, in characters. Beyond it, it ends with `…`; the body has all.
const SUBJECT_CHARS_MAX: usize = 72;

/// The number of words from which on a terminal's title describes the agent's work; a shorter title is its program's
/// name or state (`✳ Claude Code`, `◇ Ready (repo)`, `[ ! ] Action Required`).
const TITLE_WORDS_MIN: usize = 3;

/// Returns an agent's work in one line: the first line of its task, otherwise its terminal's title if that describes
/// it.
pub(super) fn default_message(prompt: Option<&str>, title: &str) -> Option<String> {
    let task = prompt.and_then(first_line);
    let said = task.or_else(|| title.split('|').filter_map(first_line).find(|part| words(part) >= TITLE_WORDS_MIN));
    said.map(|said| cut(&said))
}

/// Returns the first line that contains words, without leading signs and with plain spaces.
fn first_line(text: &str) -> Option<String> {
    let plain = |line: &str| {
        let line = line.trim_start_matches(|letter: char| !letter.is_alphanumeric() && !"`'\"(/".contains(letter));
        line.split(|letter: char| letter.is_whitespace() || letter.is_control())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    text.lines().map(plain).find(|line| !line.is_empty())
}

fn words(text: &str) -> usize {
    text.split(' ').filter(|word| word.contains(char::is_alphabetic) && !word.starts_with('(')).count()
}

/// Returns as many whole words as fit.
fn cut(line: &str) -> String {
    if line.chars().count() <= SUBJECT_CHARS_MAX {
        return line.to_owned();
    }
    let head: String = line.chars().take(SUBJECT_CHARS_MAX - 1).collect();
    let head = head.rsplit_once(' ').map_or(head.as_str(), |(head, _)| head);
    format!("{}…", head.trim_end_matches([',', ';', ':', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_comes_before_the_title_and_both_before_nothing() {
        let message = |prompt, title| default_message(prompt, title).unwrap_or_default();
        assert_eq!(message(Some("# Parse dates\n\nAll of them."), "✳ Other work of mine"), "Parse dates");
        assert_eq!(message(None, "✳ Refactoring the config loader"), "Refactoring the config loader");
        assert_eq!(message(None, "Fix the failing lexer test | repo"), "Fix the failing lexer test");
        assert_eq!(message(None, "OC | Fix the failing test"), "Fix the failing test");
        assert_eq!(message(Some("\n \n"), ""), "");
    }

    #[test]
    fn titles_that_name_a_program_or_its_state_say_nothing() {
        for title in [
            "✳ Claude Code",
            "◇  Ready (repo)",
            "✦  Working… (repo)",
            "[ ! ] Action Required | repo",
            "✋  Action Required (repo)",
            "Qwen - claude",
            "π - claude",
            "claude",
            "",
        ] {
            assert_eq!(default_message(None, title), None, "{title}");
        }
    }

    #[test]
    fn a_long_line_is_cut_between_words_and_nothing_odd_gets_through() {
        let long = "Rewrite the parser, so that each of its many errors says where it is, and what was expected there";
        let message = |prompt: &str| default_message(Some(prompt), "").unwrap_or_default();
        assert_eq!(message(long), "Rewrite the parser, so that each of its many errors says where it is…");
        assert!(message(long).chars().count() <= SUBJECT_CHARS_MAX);
        assert_eq!(message("one\u{1b}[31m\ttwo"), "one [31m two");
        assert!(message(&"é".repeat(200)).chars().count() <= SUBJECT_CHARS_MAX);
    }
}
