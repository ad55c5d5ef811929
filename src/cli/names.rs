//! The choice of agents on a command line: exact names, shell patterns, the group of a `count`, a state, or all agents
//! that the subcommand fits.

use crate::api::agents::Agent;
use crate::api::condition::Condition;
use crate::cli::complete;
use crate::nearest::hint_for_unknown_agent;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use globset::{Glob, GlobMatcher};

/// The arguments that choose agents: `NAME…`, `--state STATE` or `--all`.
#[derive(Args, Debug, Default)]
pub struct Names {
    /// Agents: names, patterns ('claude-*'), or the group of a `count` (worker for worker-1, worker-2, …)
    #[arg(value_name = "NAME", add = complete::agents(), required_unless_present_any = ["all", "state"])]
    pub names: Vec<String>,
    /// All agents to which this can be applied
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Only agents in this state; with several states, agents in one of them: needs-you,failed
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',', hide_possible_values = true)]
    pub state: Vec<Condition>,
}

impl Names {
    /// Returns the chosen agents, each once. An agent that is named exactly is always chosen, so that a subcommand that
    /// does not fit it says so. From a pattern, a group, a state or `--all`, only the agents that `fits` are chosen.
    ///
    /// # Errors
    /// An error is returned for a name that no agent has, or a pattern that no agent matches.
    pub fn choose(&self, agents: Vec<Agent>, fits: impl Fn(&Agent) -> bool) -> Result<Vec<Agent>, Failure> {
        let known: Vec<String> = agents.iter().map(|agent| agent.name.clone()).collect();
        let in_state = |agent: &Agent| self.state.is_empty() || self.state.iter().any(|state| state.fits(agent));
        let picked = match self.names.is_empty() {
            true => (0..agents.len()).map(|at| Picked { at, by: By::Many }).collect(),
            false => pick(&self.names, &known)?,
        };
        let meant = picked.into_iter().filter(|picked| {
            let agent = &agents[picked.at];
            in_state(agent) && (picked.by == By::Name || fits(agent))
        });
        Ok(meant.map(|picked| agents[picked.at].clone()).collect())
    }
}

/// One of the known names, and the way in which it was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The position of the name among the known names.
    pub at: usize,
    /// The way in which the name was chosen.
    pub by: By,
}

/// The ways in which an agent is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The agent was given by its own name.
    Name,
    /// The agent was chosen with others: by a pattern, by its group, or because all are chosen.
    Many,
}

/// Returns the known names that the words mean, each once, in the order of the words. A word is a name, a pattern, or a
/// group.
///
/// # Errors
/// An error is returned for a word that matches no name.
pub fn pick(words: &[String], known: &[String]) -> Result<Vec<Picked>, Failure> {
    let mut picked: Vec<Picked> = Vec::new();
    for word in words {
        for found in meant_by(word, known)? {
            match picked.iter_mut().find(|one| one.at == found.at) {
                Some(one) if found.by == By::Name => one.by = By::Name,
                Some(_) => {}
                None => picked.push(found),
            }
        }
    }
    Ok(picked)
}

/// Returns the names that one word means; never an empty list.
fn meant_by(word: &str, known: &[String]) -> Result<Vec<Picked>, Failure> {
    if let Some(at) = known.iter().position(|name| name == word) {
        return Ok(vec![Picked { at, by: By::Name }]);
    }
    let those = |fits: &dyn Fn(&str) -> bool| -> Vec<Picked> {
        let fitting = known.iter().enumerate().filter(|(_, name)| fits(name));
        fitting.map(|(at, _)| Picked { at, by: By::Many }).collect()
    };
    let pattern = pattern(word)?;
    let found = match &pattern {
        Some(pattern) => those(&|name| pattern.is_match(name)),
        None => those(&|name| is_member(name, word)),
    };
    match (found.is_empty(), pattern) {
        (false, _) => Ok(found),
        (true, None) => Err(Failure::new(Exit::Refused, format!("there is no agent called `{word}`"))
            .hint(hint_for_unknown_agent(word, known))),
        (true, Some(_)) => {
            let failure = Failure::new(Exit::Refused, format!("no agent's name matches `{word}`"));
            Err(failure.hint(hint_for_unknown_agent(word, known)))
        }
    }
}

/// Returns the word as a pattern; none when it is a plain word.
fn pattern(word: &str) -> Result<Option<GlobMatcher>, Failure> {
    if !word.contains(['*', '?', '[', '{']) {
        return Ok(None);
    }
    let wrong = |error: globset::Error| {
        Failure::new(Exit::Usage, format!("`{word}` is not a pattern"))
            .because(error.kind())
            .hint("for example: 'claude-*'")
    };
    Glob::new(word).map(|glob| Some(glob.compile_matcher())).map_err(wrong)
}

/// Whether a name consists of the group's name and a number: `worker-3` of `worker`.
fn is_member(name: &str, group: &str) -> bool {
    let number = name.strip_prefix(group).and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|digits| digits.parse::<u32>().is_ok_and(|number| number > 0 && number.to_string() == digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::agents::{AgentState, Attention, Status};
    use crate::report::color::Colors;
    use crate::tui::demo;

    fn fleet() -> Vec<Agent> {
        let named = |(name, state): (&str, AgentState)| {
            let attention = if state == AgentState::Failed { Attention::Failed } else { Attention::Quiet };
            let status = if state == AgentState::Ready { Status::Idle } else { Status::Stopped };
            Agent { name: name.to_owned(), state, status, attention, ..demo::agents().swap_remove(0) }
        };
        let agents = [
            ("builder", AgentState::Ready),
            ("worker-1", AgentState::Ready),
            ("worker-2", AgentState::Failed),
            ("worker-10", AgentState::Off),
            ("worker-b", AgentState::Ready),
        ];
        agents.map(named).to_vec()
    }

    fn names(words: &[&str], state: &[Condition]) -> Names {
        let names = words.iter().map(|word| (*word).to_owned()).collect();
        Names { names, all: words.is_empty(), state: state.to_vec() }
    }

    fn chosen(words: &[&str], state: &[Condition]) -> String {
        let ready = |agent: &Agent| agent.state == AgentState::Ready;
        match names(words, state).choose(fleet(), ready) {
            Ok(agents) => agents.into_iter().map(|agent| agent.name).collect::<Vec<String>>().join(" "),
            Err(failure) => failure.what().to_owned(),
        }
    }

    #[test]
    fn names_patterns_groups_and_states_choose() {
        for (words, state, expected) in [
            (&["worker-2"][..], &[][..], "worker-2"),
            (&["worker"], &[], "worker-1"),
            (&["worker-*"], &[], "worker-1 worker-b"),
            (&["worker-?", "builder"], &[], "worker-1 worker-b builder"),
            (&["*", "worker-10"], &[], "builder worker-1 worker-10 worker-b"),
            (&["worker-1", "worker-1", "worker"], &[], "worker-1"),
            (&["w[oO]rker-{1,b}"], &[], "worker-1 worker-b"),
            (&[], &[], "builder worker-1 worker-b"),
            (&[], &[Condition::Failed], ""),
            (&["worker-1", "worker-2"], &[Condition::Failed], "worker-2"),
            (&["*"], &[Condition::Idle, Condition::Failed], "builder worker-1 worker-b"),
        ] {
            assert_eq!(chosen(words, state), expected, "{words:?} {state:?}");
        }
    }

    #[test]
    fn a_word_that_means_nobody_is_refused_with_what_is_near() {
        assert_eq!(chosen(&["worker-3"], &[]), "there is no agent called `worker-3`");
        assert_eq!(chosen(&["builder", "x*"], &[]), "no agent's name matches `x*`");
        assert_eq!(chosen(&["x["], &[]), "`x[` is not a pattern");
        let refused = names(&["worker-3"], &[]).choose(fleet(), |_| true).expect_err("nobody");
        let mut text = Vec::new();
        refused.print(&mut text, Colors::Plain).expect("a vector takes everything");
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("did you mean `worker-1`, `worker-2` or `worker-b`? `qd ps` lists all 5"), "{text}");
    }
}
