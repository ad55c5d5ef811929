//! Divides a task by counting keywords: a documented rule for those who know it.

use super::group::{Groups, even};
use super::outline::Outline;
use super::part::Undivided;

/// Words that suggest that the work can be done in parallel.
const SIDE_BY_SIDE: [&str; 4] = ["implement", "create", "build", "component"];
/// Words that suggest that the work must be done in order.
const IN_ORDER: [&str; 3] = ["then", "after", "depends on"];
/// The length that a text must exceed to be divided, in characters.
const CHARACTERS_MIN: usize = 2_000;

/// Returns whether the rule allows the text to be divided, with the figures in words.
pub(super) fn verdict(text: &str) -> Result<String, String> {
    let lower = text.to_lowercase();
    let count = |words: &[&str]| -> usize { words.iter().map(|word| lower.matches(word).count()).sum() };
    let (beside, in_order, length) = (count(&SIDE_BY_SIDE), count(&IN_ORDER), text.chars().count());
    let figures = format!(
        "{beside} times implement, create, build or component, {in_order} times then, after or depends on, {length} characters"
    );
    match (beside > in_order, length > CHARACTERS_MIN) {
        (true, true) => Ok(figures),
        (false, _) => Err(format!("words that demand an order are in the majority: {figures}")),
        (true, false) => Err(format!("it has no more than {CHARACTERS_MIN} characters: {figures}")),
    }
}

/// Groups the steps in their order, in runs of the same length.
pub(super) fn group(outline: &Outline, count: usize, why: String) -> Result<Groups, Undivided> {
    let runs = even(&vec![1; outline.steps.len()], count);
    let steps = runs.into_iter().map(|run| run.collect()).collect();
    Ok(Groups { steps, files: Vec::new(), titles: Vec::new(), why })
}
