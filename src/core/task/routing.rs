//! Chooses the capability of a task that names none, by a word in the first line of its prompt.

use super::board::title_of;
use super::spec::{Placement, TaskSpec};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The words by which tasks ask for capabilities, as configured in `[tasks.routing]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Routing {
    words_by_capability: BTreeMap<String, Vec<String>>,
}

impl Routing {
    /// Returns a routing with the given words for each capability. Upper and lower case mean the same.
    pub fn new(words_by_capability: impl IntoIterator<Item = (String, Vec<String>)>) -> Routing {
        let lower = |words: Vec<String>| words.into_iter().map(|word| word.to_lowercase()).collect();
        let words_by_capability =
            words_by_capability.into_iter().map(|(capability, words)| (capability, lower(words))).collect();
        Routing { words_by_capability }
    }

    /// Adds the capability that the task's first line asks for, if the task names neither a capability nor an agent.
    pub(crate) fn apply(&self, spec: &mut TaskSpec) {
        spec.routed = None;
        if !spec.required_capabilities.is_empty() || spec.placement != Placement::Anyone {
            return;
        }
        if let Some((capability, word)) = self.capability_of(&spec.prompt) {
            spec.required_capabilities.push(capability.to_string());
            spec.routed = Some(word);
        }
    }

    /// Returns the capability that the first line of a prompt asks for, and the word that asks for it. The earliest
    /// word of the line decides. If several capabilities have that word, the first of them by name is chosen.
    pub fn capability_of(&self, prompt: &str) -> Option<(&str, String)> {
        if self.words_by_capability.is_empty() {
            return None;
        }
        words_of(title_of(prompt)).find_map(|word| {
            let word = word.to_lowercase();
            let mut capabilities = self.words_by_capability.iter();
            let (capability, _) = capabilities.find(|(_, words)| words.contains(&word))?;
            Some((capability.as_str(), word))
        })
    }
}

/// Whether a text can be one word of a line: letters, digits, `_`, and `-` except at its ends.
pub fn is_word(text: &str) -> bool {
    let mut words = words_of(text);
    words.next() == Some(text) && words.next().is_none()
}

/// Returns the words of a line. Parts that are joined by `-` or `_` are one word.
fn words_of(line: &str) -> impl Iterator<Item = &str> {
    let of_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    line.split(move |letter| !of_word(letter)).map(|word| word.trim_matches('-')).filter(|word| !word.is_empty())
}
