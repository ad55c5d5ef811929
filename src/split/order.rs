//! Finds the order of steps that a text states: `depends on step 2`, `after step 3`, `(needs #1)`, `depends on T012,
//! T013`, `depends on Lexer`.

use super::outline::Outline;
use std::collections::BTreeMap;

/// The number of words of a section's title that are compared. Beyond it, further words are not compared.
const TITLE_WORDS_MAX: usize = 6;

/// The words that must follow a phrase so that it means a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// A number or a section's title must follow.
    Anything,
    /// `step 2` or `#2` must follow: the phrase alone does not state an order.
    Step,
}

/// The phrases that state an order.
const PHRASES: &[(&[&str], Follows)] = &[
    (&["depends", "on"], Follows::Anything),
    (&["blocked", "by"], Follows::Anything),
    (&["after"], Follows::Step),
    (&["needs"], Follows::Step),
    (&["requires"], Follows::Step),
];

/// Returns pairs of a step and one that must come before it, as the text states them. A number means a step of the same
/// section, a title means all steps of that section, and a label such as `T012` means the step that begins with it.
pub(super) fn stated(outline: &Outline) -> Vec<(usize, usize)> {
    let places = Places::of(outline);
    let mut order = Vec::new();
    for (index, step) in outline.steps.iter().enumerate() {
        let words: Vec<String> = step.text.split_whitespace().map(plain).collect();
        for at in 0..words.len() {
            let phrase = PHRASES.iter().find(|(phrase, _)| begins(&words[at..], phrase));
            let Some((phrase, follows)) = phrase else { continue };
            let rest = &words[at + phrase.len()..];
            order.extend(places.numbered(rest, *follows, step.section).into_iter().map(|before| (index, before)));
            order.extend(places.labelled(rest).map(|before| (index, before)));
            if *follows == Follows::Anything {
                order.extend(places.titled(rest).iter().map(|before| (index, *before)));
            }
        }
    }
    order.retain(|(step, before)| step != before);
    order
}

/// Returns a word in lower case, without punctuation around it.
fn plain(word: &str) -> String {
    word.trim_matches(|each: char| !each.is_alphanumeric() && each != '#').to_lowercase()
}

/// Whether a word in lower case consists of letters followed by a number: `t012`, `us-3`.
fn is_label(word: &str) -> bool {
    let letters = word.trim_end_matches(|each: char| each.is_ascii_digit());
    let has_number = letters.len() < word.len();
    has_number
        && letters.starts_with(|first: char| first.is_ascii_alphabetic())
        && letters.chars().all(|each| each.is_ascii_alphabetic() || each == '-')
}

fn begins(words: &[String], phrase: &[&str]) -> bool {
    words.len() >= phrase.len() && words.iter().zip(phrase).all(|(word, of_phrase)| word == of_phrase)
}

/// The steps of a text, found by their number, section title or label.
struct Places {
    by_number: BTreeMap<(Option<usize>, usize), usize>,
    by_title: BTreeMap<String, Vec<usize>>,
    by_label: BTreeMap<String, usize>,
}

impl Places {
    fn of(outline: &Outline) -> Places {
        let numbered = outline.steps.iter().enumerate().map(|(index, step)| ((step.section, step.number), index));
        let mut by_title: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, step) in outline.steps.iter().enumerate() {
            if let Some(section) = step.section {
                let words = outline.sections[section].title.split_whitespace().map(plain);
                by_title.entry(words.collect::<Vec<_>>().join(" ")).or_default().push(index);
            }
        }
        let labels = outline.steps.iter().enumerate().filter_map(|(index, step)| {
            let first = plain(step.text.split_whitespace().next()?);
            is_label(&first).then_some((first, index))
        });
        Places { by_number: numbered.collect(), by_title, by_label: labels.collect() }
    }

    /// Returns the steps that the labels at the beginning of the words mean: `T012, T013 and T020`.
    fn labelled(&self, words: &[String]) -> impl Iterator<Item = usize> {
        words.iter().filter(|word| *word != "and").map_while(|word| self.by_label.get(word).copied())
    }

    /// Returns the steps that the numbers at the beginning of the words mean: `step 2`, `steps 1, 2 and 4`, `#3`.
    fn numbered(&self, words: &[String], follows: Follows, section: Option<usize>) -> Vec<usize> {
        let names_steps = words.first().is_some_and(|word| matches!(word.as_str(), "step" | "steps" | "task" | "item"));
        let sure = names_steps || follows == Follows::Anything;
        let numbers = words.iter().skip(usize::from(names_steps)).filter(|word| *word != "and").map_while(|word| {
            let digits = word.strip_prefix('#').or(sure.then_some(word.as_str()))?;
            digits.parse::<usize>().ok()
        });
        numbers.filter_map(|number| self.by_number.get(&(section, number)).copied()).collect()
    }

    /// Returns the steps of the section whose title is at the beginning of the words.
    fn titled(&self, words: &[String]) -> &[usize] {
        let titles = (1..=words.len().min(TITLE_WORDS_MAX)).rev().map(|count| words[..count].join(" "));
        titles.filter(|title| !title.is_empty()).find_map(|title| self.by_title.get(&title)).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::outline;

    fn order(text: &str) -> Vec<(usize, usize)> {
        stated(&outline::read(text, &|_| true).expect("small enough"))
    }

    #[test]
    fn numbers_mean_steps_of_the_same_section_and_titles_sections() {
        let text = "## Lexer\n1. a\n2. b (depends on step 1)\n## The parser\n1. c, after step 2\n2. d: depends on Lexer.\n3. e needs #1 and 2";
        assert_eq!(order(text), [(1, 0), (2, 3), (3, 0), (3, 1), (4, 2)]);
    }

    #[test]
    fn labels_mean_the_steps_that_begin_with_them() {
        let text =
            "## Models\n- T001 a\n- T002 b\n## Services\n- T003 [P] c (depends on T001, T002)\n- T004 d after T003";
        assert_eq!(order(text), [(2, 0), (2, 1), (3, 2)]);
    }

    #[test]
    fn other_words_of_order_mean_nothing() {
        assert_eq!(order("1. wait, after 2 seconds\n2. it needs 1 file\n3. depends on the weather, or on step 9"), []);
    }
}
