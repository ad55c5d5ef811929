//! The agents in the order in which they are shown: agents that need a person come first, the longest waiting one at
//! the top; then by name in natural order. The selection stays with its agent, and while the user moves the selection,
//! no row changes its place.

use crate::api::agents::{Agent, AgentState, Attention};
use crate::api::condition::Condition;
use std::collections::BTreeMap;

/// How long the order stays unchanged after the user moved the selection, in milliseconds.
pub const ORDER_HELD_MS: u64 = 1_500;

/// How long the first agent in the order is selected after the first list, unless the user does something, in
/// milliseconds: which agent needs you is often known only a moment after the list.
pub const OPENING_MS: u64 = 3_000;

/// The agents in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roster {
    agents: BTreeMap<String, Agent>,
    shown: Vec<String>,
    selected: Option<String>,
    filter: String,
    held_until_ms: Option<u64>,
    opening: Opening,
}

/// Whether the dashboard still chooses the selection, and not the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Opening {
    #[default]
    Unheard,
    Until {
        ms: u64,
    },
    Over,
}

/// Returns a key that sorts names in natural order: `scout-2` before `scout-10`. Adjacent digits form one piece,
/// compared by value.
pub fn natural(name: &str) -> Vec<(char, u64)> {
    let mut pieces: Vec<(char, u64)> = Vec::new();
    for character in name.chars() {
        match (character.to_digit(10), pieces.last_mut()) {
            (Some(digit), Some(('0', value))) => *value = value.saturating_mul(10).saturating_add(digit.into()),
            (Some(digit), _) => pieces.push(('0', digit.into())),
            (None, _) => pieces.push((character, 0)),
        }
    }
    pieces
}

/// Returns an agent's sort key in the order in which people see agents, in the dashboard and in `qd ps`.
pub fn place(agent: &Agent) -> impl Ord + use<> {
    (rank(agent), natural(&agent.name))
}

/// Returns an agent's rank, most urgent first. Agents that work and quiet ones have the same rank: a list that changes
/// all the time cannot be read.
fn rank(agent: &Agent) -> (u8, u64) {
    match agent.attention {
        Attention::NeedsYou => (0, agent.status_since_ms),
        Attention::Failed => (1, 0),
        Attention::FinishedUnseen => (2, 0),
        Attention::Working | Attention::Quiet => (3, 0),
        Attention::Snoozed => (4, 0),
        Attention::Paused => (5, 0),
        Attention::Off => (6, 0),
    }
}

/// Whether a text contains the letters of a word in their order, with anything between them: `clp` in `claude-parser`.
fn is_within(word: &str, text: &str) -> bool {
    let mut letters = text.chars();
    word.chars().count() > 1 && word.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

/// Whether a condition's word, or one of its parts, begins with `word`.
fn is_called(condition: Condition, word: &str) -> bool {
    let called = condition.word();
    called.starts_with(word) || called.split('-').any(|part| part.starts_with(word))
}

impl Roster {
    /// Applies changes: agents that are new or changed, and names of agents that are gone.
    pub fn apply(&mut self, changed: Vec<Agent>, removed: &[String], now_ms: u64) {
        self.opening = match self.opening {
            Opening::Unheard => Opening::Until { ms: now_ms.saturating_add(OPENING_MS) },
            Opening::Until { ms } if ms <= now_ms => Opening::Over,
            opening => opening,
        };
        for agent in changed {
            self.agents.insert(agent.name.clone(), agent);
        }
        for name in removed {
            self.agents.remove(name);
        }
        if self.held_until_ms.is_none_or(|until_ms| now_ms >= until_ms) {
            self.sort();
        } else {
            self.keep_places();
        }
    }

    /// Keeps only these agents, after the whole list was received again.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.agents.retain(|name, _| keep(name));
        self.sort();
    }

    /// Sorts the agents, if the order no longer has to stay unchanged.
    pub fn settle(&mut self, now_ms: u64) {
        if self.held_until_ms.is_some_and(|until_ms| now_ms >= until_ms) {
            self.sort();
        }
    }

    /// Returns the instant at which [`Roster::settle`] must be called; none when it would move no agent.
    pub fn settles_ms(&self) -> Option<u64> {
        self.held_until_ms.filter(|_| self.shown != self.in_order())
    }

    fn in_order(&self) -> Vec<String> {
        let mut order: Vec<&Agent> = self.agents.values().filter(|agent| self.stays(agent)).collect();
        order.sort_by_cached_key(|agent| place(agent));
        order.into_iter().map(|agent| agent.name.clone()).collect()
    }

    fn sort(&mut self) {
        self.held_until_ms = None;
        self.shown = self.in_order();
        if self.is_opening() {
            self.selected = None;
        }
        self.keep_selection();
    }

    /// Removes agents that are gone and appends new ones; no other agent moves.
    fn keep_places(&mut self) {
        let order = self.in_order();
        self.shown.retain(|name| order.contains(name));
        let new: Vec<String> = order.into_iter().filter(|name| !self.shown.contains(name)).collect();
        self.shown.extend(new);
        self.keep_selection();
    }

    fn keep_selection(&mut self) {
        let stays = self.selected.as_ref().is_some_and(|name| self.shown.contains(name));
        if !stays {
            self.selected = self.shown.first().cloned();
        }
    }

    /// Records that the user did something: from now on, the user chooses the selection.
    pub fn take_over(&mut self) {
        self.opening = Opening::Over;
    }

    /// Whether the first agent in the order is selected, because the user did nothing yet.
    pub fn is_opening(&self) -> bool {
        matches!(self.opening, Opening::Until { .. })
    }

    /// Whether an agent is shown. The selected agent is shown even when its texts no longer match the filter: keys may
    /// be going to it, and must not suddenly go to another agent.
    fn stays(&self, agent: &Agent) -> bool {
        self.selected.as_ref() == Some(&agent.name) || self.matches(agent)
    }

    fn matches(&self, agent: &Agent) -> bool {
        let wanted = self.filter.to_lowercase();
        wanted.split_whitespace().all(|word| {
            // A user who writes the header's word wants the agents that the header counts, not those whose texts
            // contain it.
            if let Some(condition) = Condition::all().find(|condition| condition.word() == word) {
                return condition.fits(agent) || agent.name.to_lowercase().contains(word);
            }
            let question = agent.question.as_ref().map(|question| &question.text);
            let told = [&agent.name, &agent.summary, &agent.title, &agent.last_line].into_iter();
            let told = told.chain(question).chain(&agent.branch).chain(&agent.capabilities);
            told.into_iter().any(|text| text.to_lowercase().contains(word))
                || is_within(word, &agent.name.to_lowercase())
                || Condition::all().any(|condition| condition.fits(agent) && is_called(condition, word))
        })
    }

    /// Shows only the agents that match each word of the filter. A word matches a part of the name or its letters in
    /// their order; a part of the branch, a capability, or a text about the agent; or the beginning of its condition's
    /// word. A whole condition's word, such as `failed`, is not searched in texts.
    pub fn set_filter(&mut self, filter: String) {
        self.filter = filter;
        if self.selected().is_some_and(|agent| !self.matches(agent)) {
            self.selected = None;
        }
        self.sort();
    }

    /// Returns the filter; empty when there is none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Selects an agent, if it is shown. The order then stays unchanged for a while, because the user is using the
    /// list.
    pub fn select(&mut self, name: &str, now_ms: u64) {
        if self.shown.iter().any(|shown| shown == name) {
            self.take_over();
            self.selected = Some(name.to_owned());
            self.held_until_ms = Some(now_ms.saturating_add(ORDER_HELD_MS));
        }
    }

    /// Selects the agent `rows` rows further down, or up when negative, within the list.
    pub fn step(&mut self, rows: isize, now_ms: u64) {
        let Some(last) = self.shown.len().checked_sub(1) else { return };
        let index = self.selected_index().unwrap_or(0).saturating_add_signed(rows).min(last);
        let name = self.shown[index].clone();
        self.select(&name, now_ms);
    }

    /// Returns the selected agent's row in the list.
    pub fn selected_index(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.shown.iter().position(|name| name == selected)
    }

    /// Returns the selected agent's name.
    pub fn selected_name(&self) -> Option<&str> {
        self.selected.as_deref()
    }

    /// Returns the selected agent.
    pub fn selected(&self) -> Option<&Agent> {
        self.agents.get(self.selected.as_ref()?)
    }

    /// Returns an agent by its name.
    pub fn get(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name)
    }

    /// Returns the agents that are shown, in order.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &Agent> {
        self.shown.iter().map(|name| &self.agents[name])
    }

    /// Returns all agents by name, shown or not.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &Agent> {
        self.agents.values()
    }

    /// Returns the number of agents in each condition, shown or not.
    pub fn counts(&self) -> BTreeMap<Condition, usize> {
        let mut counts = BTreeMap::new();
        for agent in self.agents.values() {
            *counts.entry(Condition::of(agent)).or_default() += 1;
        }
        counts
    }

    /// Selects the next agent that needs a person, downwards and then from the top; if there is none, the next that
    /// failed.
    pub fn step_to_urgent(&mut self, now_ms: u64) {
        let here = self.selected_index().unwrap_or(0);
        let (above, below) = self.shown.split_at((here + 1).min(self.shown.len()));
        let urgent =
            |condition| below.iter().chain(above).find(|name| Condition::of(&self.agents[*name]) == condition).cloned();
        if let Some(name) = urgent(Condition::NeedsYou).or_else(|| urgent(Condition::Failed)) {
            self.select(&name, now_ms);
        }
    }

    /// Checks what must hold after every change.
    ///
    /// # Errors
    /// A condition does not hold; the error names it.
    pub fn check(&self) -> Result<(), String> {
        let known = self.shown.iter().all(|name| self.agents.contains_key(name));
        let selected = match &self.selected {
            Some(name) => self.shown.contains(name),
            None => self.shown.is_empty(),
        };
        if known && selected { Ok(()) } else { Err("the list shows or selects an unknown agent".to_owned()) }
    }
}

/// Whether an agent in this state has a live run.
pub fn is_live(state: AgentState) -> bool {
    state.is_live()
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn names_are_ordered_as_people_count() {
        let mut names = ["s-10", "s-2", "s-1", "docs", "s", "s-2b", "s-99999999999999999999"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["docs", "s", "s-1", "s-2", "s-2b", "s-10", "s-99999999999999999999"]);
    }
}
