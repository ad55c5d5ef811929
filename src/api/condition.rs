//! The words for an agent's condition, in one table for all that show or accept them: the counts, signs, filter and
//! help of the dashboard; `qd ps`, `--state` and `qd wait --until`; and the guide's glossary, which is made from it. No
//! other word is used for the same condition (`tests/architecture/words.rs`).
//!
//! An agent is shown with one word, the most telling one. Several words can fit: every agent that works or is idle is
//! also `ready` and `running`.

use super::agents::{Agent, AgentState, Attention, Status};
use super::states::Look;
use clap::ValueEnum;

/// A word for an agent's condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Condition {
    /// Asks a person, who has not snoozed it
    #[value(alias = "waiting")]
    NeedsYou,
    /// Says that it works and shows no sign of life, or does not read what is typed
    Unresponsive,
    /// Failed, gave up or was lost, or its program met an error or does not respond
    Failed,
    /// Asks a person, who has snoozed it
    Snoozed,
    /// Frozen, with all its processes
    Paused,
    /// Waits for a lock that another holds
    Blocked,
    /// Has completed, or its turn has ended, and nobody has looked since
    #[value(alias = "finished")]
    Done,
    /// Ended by itself with success
    Completed,
    /// Does the work it was given
    Working,
    /// Is ready for a prompt: its turn has ended, or it has printed nothing for a while
    Idle,
    /// Is to run, but must wait
    Queued,
    /// Its program is being started
    Starting,
    /// Its run is being ended
    Stopping,
    /// Ended because it was told to
    Stopped,
    /// Was never started by anyone
    Off,
    /// Was started outside the fleet, and has joined it
    Joined,
    /// Its program has been started and is ready, whatever it does
    Ready,
    /// Has a process that is alive
    Running,
    /// Has ended, and does not start again by itself
    Ended,
}

impl Condition {
    /// Returns the most telling word that fits an agent.
    pub fn of(agent: &Agent) -> Condition {
        // The words are declared in order, the most telling first.
        Condition::all().find(|word| word.fits(agent)).unwrap_or(Condition::Starting)
    }

    /// Whether the word fits the agent.
    pub fn fits(self, agent: &Agent) -> bool {
        let ready = matches!(agent.state, AgentState::Ready | AgentState::Joined);
        match self {
            Condition::NeedsYou => agent.attention == Attention::NeedsYou,
            Condition::Unresponsive => agent.status == Status::Unresponsive,
            Condition::Failed => agent.attention == Attention::Failed,
            Condition::Snoozed => agent.attention == Attention::Snoozed,
            Condition::Paused => agent.status == Status::Paused,
            Condition::Completed => agent.state == AgentState::Completed,
            Condition::Blocked => agent.blocked.is_some(),
            Condition::Done => agent.attention == Attention::FinishedUnseen,
            Condition::Working => ready && agent.status == Status::Working,
            Condition::Idle => ready && agent.status == Status::Idle,
            Condition::Queued => agent.state == AgentState::Queued,
            Condition::Starting => matches!(agent.state, AgentState::Preparing | AgentState::Starting),
            Condition::Stopping => agent.state == AgentState::Stopping,
            Condition::Stopped => agent.state == AgentState::Terminated,
            Condition::Off => agent.state == AgentState::Off,
            Condition::Joined => agent.state == AgentState::Joined,
            Condition::Ready => ready,
            Condition::Running => agent.state.is_live(),
            Condition::Ended => !agent.state.is_going(),
        }
    }

    /// Returns all words, the most telling first.
    pub fn all() -> impl Iterator<Item = Condition> {
        Condition::value_variants().iter().copied()
    }

    /// Returns the word as users type it and as programs read it: `needs-you`.
    pub fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Returns the word as people read it: `needs you`.
    pub fn title(self) -> String {
        self.word().replace('-', " ")
    }

    /// Returns how the condition looks at a glance.
    pub fn look(self) -> Look {
        match self {
            Condition::NeedsYou => Look::NeedsYou,
            Condition::Failed | Condition::Unresponsive => Look::Failed,
            Condition::Snoozed => Look::Snoozed,
            Condition::Paused => Look::Paused,
            Condition::Blocked => Look::Blocked,
            Condition::Done => Look::Done,
            Condition::Working => Look::Working,
            Condition::Idle | Condition::Joined | Condition::Ready | Condition::Running => Look::Idle,
            Condition::Queued | Condition::Starting | Condition::Stopping => Look::UnderWay,
            Condition::Completed | Condition::Stopped | Condition::Off | Condition::Ended => Look::Off,
        }
    }

    /// Returns the word's meaning, without a subject: `asks a person, who has not snoozed it`.
    pub fn meaning(self) -> String {
        let help = self.to_possible_value().and_then(|value| value.get_help().map(ToString::to_string));
        let mut help = help.unwrap_or_default();
        if let Some(first) = help.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        help
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::demo;

    fn agent(state: AgentState, status: Status, attention: Attention) -> Agent {
        Agent { state, status, attention, ..demo::agents().swap_remove(0) }
    }

    #[test]
    fn the_most_telling_word_is_shown_and_the_wider_ones_fit_too() {
        let asks = agent(AgentState::Ready, Status::Waiting, Attention::NeedsYou);
        let over = agent(AgentState::Ready, Status::Idle, Attention::FinishedUnseen);
        let done = agent(AgentState::Completed, Status::Stopped, Attention::FinishedUnseen);
        let again = agent(AgentState::Backoff, Status::Pending, Attention::Failed);
        let hangs = agent(AgentState::Ready, Status::Unresponsive, Attention::Failed);
        let made = agent(AgentState::Preparing, Status::Pending, Attention::Quiet);
        let shown = [&asks, &over, &done, &again, &made, &hangs].map(|agent| Condition::of(agent).word());
        assert_eq!(shown, ["needs-you", "done", "done", "failed", "starting", "unresponsive"]);
        assert!([&asks, &over].iter().all(|agent| Condition::Ready.fits(agent) && Condition::Running.fits(agent)));
        assert!(Condition::Idle.fits(&over) && Condition::Completed.fits(&done) && Condition::Ended.fits(&done));
        assert!(!Condition::Ended.fits(&again), "it is started again by itself");
    }

    #[test]
    fn every_state_has_a_word() {
        use AgentState::{Completed, Failed, GaveUp, Lost, Off, Preparing, Queued, Ready, Stopping, Terminated};
        let quiet = |state| Condition::of(&agent(state, Status::Stopped, Attention::Quiet)).word();
        let words = [Off, Queued, Preparing, Ready, Stopping, Completed, Terminated].map(quiet);
        assert_eq!(words, ["off", "queued", "starting", "ready", "stopping", "completed", "stopped"]);
        assert_eq!([Failed, GaveUp, Lost].map(quiet), ["ended", "ended", "running"], "these call for attention");
    }
}
