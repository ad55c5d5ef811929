//! The words and the looks of all states, one table for each subject. The dashboard, the verbs, the facts, the answers
//! to programs and the metrics take them from here; no other room has a word for a state, or says which states have
//! ended (`tests/architecture/states.rs`). The sign of a look is here too, one for the dashboard and the verbs. The
//! dashboard decides which style a look has, the verbs decide which colour. The words for an agent's condition are a
//! table of their own: `api/condition`.

use super::agents::{AgentHealth, AgentState};
use super::messages::Delivery;
use super::plans::PlanState;
use super::state::SyncState;
use super::system::HealthStatus;
use super::tasks::{TaskState, Verified};

/// Makes the looks, each with its sign.
macro_rules! looks {
    ($($(#[$doc:meta])* $look:ident = $sign:literal;)*) => {
        /// The look of a state: what its sign and its colour tell at a glance.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Look {
            $($(#[$doc])* $look,)*
        }

        impl Look {
            /// All looks, in the order of the table.
            pub const ALL: &[Look] = &[$(Look::$look),*];

            /// Returns the sign of the look: one character, one column wide.
            pub const fn sign(self) -> &'static str {
                match self { $(Look::$look => $sign),* }
            }
        }
    };
}

looks! {
    /// It asks a person.
    NeedsYou = "◆";
    /// It asks a person, who has snoozed it.
    Snoozed = "◇";
    /// It ended badly, or does not work.
    Failed = "✗";
    /// It ended well, or is as it should be.
    Done = "✓";
    /// It is being worked on.
    Working = "●";
    /// Its result is being checked.
    Verifying = "◎";
    /// It waits for its turn, and nothing is in its way.
    Idle = "○";
    /// It waits for something that another one has.
    Blocked = "⧗";
    /// A person has paused it.
    Paused = "‖";
    /// It waits for something that a person may have to change.
    Held = "‖";
    /// It is on its way to another state.
    UnderWay = "◌";
    /// It was ended before it came to an end of its own.
    Cancelled = "⊘";
    /// It takes no part in anything.
    Off = "·";
}

/// Gives an enum of states its table: each state with its one word and its look, in the order in which they are listed.
macro_rules! states {
    ($($of:ident { $($state:ident = $word:literal, $look:ident;)* })*) => {$(
        impl $of {
            /// All states, in the order in which they are listed.
            pub const ALL: &[$of] = &[$($of::$state),*];

            /// Returns the one word for the state, the same for people and for programs.
            pub const fn word(self) -> &'static str {
                match self { $($of::$state => $word),* }
            }

            /// Returns how the state looks at a glance.
            pub const fn look(self) -> Look {
                match self { $($of::$state => Look::$look),* }
            }
        }
    )*};
}

states! {
    AgentState {
        Off = "off", Off;
        Queued = "queued", UnderWay;
        Preparing = "preparing", UnderWay;
        Starting = "starting", UnderWay;
        Ready = "ready", Idle;
        Joined = "joined", Idle;
        Stopping = "stopping", UnderWay;
        Lost = "lost", Failed;
        Completed = "completed", Off;
        Failed = "failed", Failed;
        Terminated = "terminated", Off;
        Backoff = "backoff", UnderWay;
        GaveUp = "gave_up", Failed;
    }
    AgentHealth {
        Healthy = "healthy", Done;
        Degraded = "degraded", Held;
        Unhealthy = "unhealthy", Failed;
        Unknown = "unknown", Off;
    }
    HealthStatus {
        Healthy = "healthy", Done;
        Degraded = "degraded", Held;
        Unhealthy = "unhealthy", Failed;
    }
    TaskState {
        Queued = "queued", Idle;
        Held = "held", Held;
        Assigned = "assigned", UnderWay;
        Running = "running", Working;
        Verifying = "verifying", Verifying;
        Done = "done", Done;
        Failed = "failed", Failed;
        Cancelled = "cancelled", Cancelled;
    }
    Verified {
        Verified = "verified", Done;
        Unverified = "unverified", Done;
        Refuted = "refuted", Failed;
    }
    PlanState {
        Draft = "draft", Idle;
        Validating = "validating", Idle;
        Ready = "ready", Idle;
        Running = "running", Working;
        Completed = "completed", Done;
        Failed = "failed", Failed;
        Cancelled = "cancelled", Cancelled;
    }
    Delivery {
        Pending = "pending", Idle;
        Delivered = "delivered", Working;
        Acknowledged = "acknowledged", Done;
        Failed = "failed", Failed;
        Expired = "expired", Cancelled;
    }
    SyncState {
        Idle = "idle", Off;
        Queued = "queued", Idle;
        Syncing = "syncing", Working;
        Completed = "completed", Done;
        Failed = "failed", Failed;
    }
}

impl AgentState {
    /// Whether an agent in this state has a live run.
    pub fn is_live(self) -> bool {
        use AgentState::{Joined, Lost, Preparing, Ready, Starting, Stopping};
        matches!(self, Preparing | Starting | Ready | Joined | Stopping | Lost)
    }

    /// Whether an agent in this state has a live run, or will have one without a person's request.
    pub fn is_going(self) -> bool {
        self.is_live() || matches!(self, AgentState::Queued | AgentState::Backoff)
    }

    /// Whether an agent in this state ended badly and will not start by itself.
    pub fn has_failed(self) -> bool {
        matches!(self, AgentState::Failed | AgentState::GaveUp | AgentState::Lost)
    }
}

impl TaskState {
    /// Whether a task in this state has ended.
    pub fn has_ended(self) -> bool {
        self == TaskState::Done || self.can_be_retried()
    }

    /// Whether a task in this state is worked on or being verified.
    pub fn is_at_work(self) -> bool {
        matches!(self, TaskState::Running | TaskState::Verifying)
    }

    /// Whether a task in this state can be tried again.
    pub fn can_be_retried(self) -> bool {
        matches!(self, TaskState::Failed | TaskState::Cancelled)
    }
}

impl PlanState {
    /// Whether a plan in this state has ended.
    pub fn has_ended(self) -> bool {
        matches!(self, PlanState::Completed | PlanState::Failed | PlanState::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    fn table<T: Copy + Serialize>(all: &[T], word: fn(T) -> &'static str) -> String {
        for state in all {
            assert_eq!(serde_json::to_value(state).expect("json"), word(*state), "programs read another word");
        }
        all.iter().map(|state| word(*state)).collect::<Vec<_>>().join(" ")
    }

    /// A change here is a change of what every user and every program reads.
    #[test]
    fn each_state_has_one_word_and_programs_read_the_same() {
        let words = [
            table(AgentState::ALL, AgentState::word),
            table(AgentHealth::ALL, AgentHealth::word),
            table(HealthStatus::ALL, HealthStatus::word),
            table(TaskState::ALL, TaskState::word),
            table(Verified::ALL, Verified::word),
            table(PlanState::ALL, PlanState::word),
            table(Delivery::ALL, Delivery::word),
            table(SyncState::ALL, SyncState::word),
        ];
        let expected = [
            "off queued preparing starting ready joined stopping lost completed failed terminated backoff gave_up",
            "healthy degraded unhealthy unknown",
            "healthy degraded unhealthy",
            "queued held assigned running verifying done failed cancelled",
            "verified unverified refuted",
            "draft validating ready running completed failed cancelled",
            "pending delivered acknowledged failed expired",
            "idle queued syncing completed failed",
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn a_task_and_a_plan_end_once() {
        let ended = |words: Vec<&str>| words.join(" ");
        let tasks = TaskState::ALL.iter().filter(|state| state.has_ended()).map(|state| state.word()).collect();
        let plans = PlanState::ALL.iter().filter(|state| state.has_ended()).map(|state| state.word()).collect();
        assert_eq!([tasks, plans].map(ended), ["done failed cancelled", "completed failed cancelled"]);
    }
}
