//! Facts in types: the kinds of facts that clients act on, and the data that they read. A client never reads a fact's
//! `type` and `data` by itself: the supervisor writes these fields from these types, whatever the core calls them.

use super::events::EventRecord;
use super::plans::PlanState;
use super::tasks::TaskState;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Declares the kinds of facts that clients act on, each with its dotted type.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $text:literal,)*) => {
        /// A kind of fact that clients act on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All kinds, in the order of their declaration.
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            /// Returns the dotted type of the kind: `agent.ended`.
            pub const fn text(self) -> &'static str {
                match self { $(Kind::$kind => $text),* }
            }
        }
    };
}

kinds! {
    /// The agent must wait before it starts.
    AgentQueued = "agent.queued",
    /// The agent no longer waits to start.
    AgentDequeued = "agent.dequeued",
    /// The agent takes tasks, and starts with its next one.
    AgentTakesTasks = "agent.takes_tasks",
    /// The agent's process was started.
    AgentStarted = "agent.started",
    /// The agent's run was taken over from an earlier supervisor.
    AgentAdopted = "agent.adopted",
    /// The agent's processes are frozen.
    AgentPaused = "agent.paused",
    /// The agent's processes could not be frozen.
    AgentPauseFailed = "agent.pause_failed",
    /// The agent's processes run again.
    AgentResumed = "agent.resumed",
    /// The agent's run has ended: see [`Ended`].
    AgentEnded = "agent.ended",
    /// The agent reported how far the task is.
    TaskProgress = "task.progress",
    /// The time limit of the task is paused.
    TaskStoodStill = "task.stood_still",
    /// The time limit of the task runs again.
    TaskWentOn = "task.went_on",
    /// The task has its workspace and its inputs.
    TaskProvided = "task.provided",
    /// The task is done, whatever its verification says.
    TaskDone = "task.done",
    /// The task failed and is not tried again.
    TaskFailed = "task.failed",
    /// The task was cancelled by a person or the fleet.
    TaskCancelled = "task.cancelled",
    /// The task was skipped because of how another one ended.
    TaskSkipped = "task.skipped",
    /// Every task of the plan ended well.
    PlanCompleted = "plan.completed",
    /// The plan ended with a failure.
    PlanFailed = "plan.failed",
    /// The plan was cancelled.
    PlanCancelled = "plan.cancelled",
    /// A lease was released.
    LockReleased = "lock.released",
    /// A lease ended because its time had passed.
    LockExpired = "lock.expired",
    /// A lease was taken from its holder.
    LockForced = "lock.forced",
    /// Both versions of a file that two agents changed are kept until a person chooses.
    LockConflictKept = "lock.conflict_kept",
    /// A person chose between the versions of a file that two agents changed.
    LockConflictTaken = "lock.conflict_taken",
    /// A message was sent to its recipients.
    MessageSent = "message.sent",
    /// The new configuration was taken over.
    ConfigApplied = "system.config_applied",
    /// The new configuration was not taken over.
    ConfigRejected = "system.config_rejected",
}

impl Kind {
    /// Returns the state of a task that ended with a fact of this kind; none if the kind is not an end of a task.
    pub fn task_end(self) -> Option<TaskState> {
        match self {
            Kind::TaskDone => Some(TaskState::Done),
            Kind::TaskFailed => Some(TaskState::Failed),
            Kind::TaskCancelled | Kind::TaskSkipped => Some(TaskState::Cancelled),
            _ => None,
        }
    }

    /// Returns the state of a plan that ended with a fact of this kind; none if the kind is not an end of a plan.
    pub fn plan_end(self) -> Option<PlanState> {
        match self {
            Kind::PlanCompleted => Some(PlanState::Completed),
            Kind::PlanFailed => Some(PlanState::Failed),
            Kind::PlanCancelled => Some(PlanState::Cancelled),
            _ => None,
        }
    }

    /// Whether a lease ended with a fact of this kind.
    pub fn ends_lease(self) -> bool {
        matches!(self, Kind::LockReleased | Kind::LockExpired | Kind::LockForced)
    }
}

/// What a fact is about: the first part of its dotted type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The fact is about an agent.
    Agent,
    /// The fact is about a task.
    Task,
    /// The fact is about a plan.
    Plan,
    /// The fact is about a lock.
    Lock,
    /// The fact is about a message.
    Message,
    /// The fact is about anything else: shared state, synchronisation, or the fleet itself.
    Other,
}

impl Subject {
    /// Returns what facts of a dotted type are about.
    pub fn of(kind: &str) -> Subject {
        match kind.split_once('.').map_or(kind, |(first, _)| first) {
            "agent" => Subject::Agent,
            "task" => Subject::Task,
            "plan" => Subject::Plan,
            "lock" => Subject::Lock,
            "message" => Subject::Message,
            _ => Subject::Other,
        }
    }
}

/// How a run ended: the data of `agent.ended`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How the run counts; none if an older supervisor does not say.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// How the processes of the run's tree ended.
    #[serde(default)]
    pub report: TreeReport,
}

/// How a run counts after it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The run ended by itself, with success.
    Completed,
    /// The run ended by itself, without success.
    Failed,
    /// The run was ended by the supervisor.
    Terminated,
}

/// How the processes of a run's tree ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeReport {
    /// The number of processes that ended after the stop signal.
    #[serde(default, rename = "left_on_signal")]
    pub ended: u32,
    /// The number of processes that needed SIGKILL.
    #[serde(default)]
    pub killed: u32,
}

impl TreeReport {
    /// Returns the report in words: `3 processes ended, 1 killed`. None when no process remained.
    pub fn words(self) -> Option<String> {
        let ended = match self.ended {
            0 => None,
            1 => Some("1 process ended".to_owned()),
            many => Some(format!("{many} processes ended")),
        };
        let killed = (self.killed > 0).then(|| format!("{} killed", self.killed));
        let parts: Vec<String> = [ended, killed].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// The task that a fact is about: part of the data of every fact about a single task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfTask {
    /// The task's number without its letter: 12 for `t12`.
    pub task: u64,
}

/// The plan that a fact is about: part of the data of every fact about plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfPlan {
    /// The plan's number, such as `p3`.
    pub plan: String,
}

/// The lease that ended: part of the data of `lock.released`, `lock.expired` and `lock.forced`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfLease {
    /// The lease's fencing token.
    pub token: u64,
}

/// The message that was sent: part of the data of `message.sent`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The message as it was sent.
    pub letter: Letter,
}

/// A message, as the fact that it was sent shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The message's topic: `agent.builder.task`, `direct`.
    pub topic: String,
}

/// A scope, as the facts about locks write it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A path of the repository: `src/parser`.
    Path(String),
    /// A named resource: `gpu`.
    Resource(String),
}

/// The part of a fact's data that clients read. The supervisor writes it into the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Data {
    /// The data of `agent.ended`.
    Ended(Ended),
    /// Part of the data of every fact about a single task.
    Task(OfTask),
    /// Part of the data of every fact about plans.
    Plan(OfPlan),
    /// Part of the data of the end of a lease.
    Lease(OfLease),
    /// Part of the data of `message.sent`.
    Sent(Sent),
}

impl EventRecord {
    /// Returns the kind of the fact; none if clients do not act on its kind.
    pub fn known(&self) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.text() == self.kind)
    }

    /// Returns how a run ended, if the fact is that end.
    pub fn ended(&self) -> Option<Ended> {
        (self.known() == Some(Kind::AgentEnded)).then(|| self.read().unwrap_or_default())
    }

    /// Returns the number of the task that the fact is about, such as `t12`.
    pub fn task(&self) -> Option<String> {
        let of: OfTask = self.read().filter(|_| Subject::of(&self.kind) == Subject::Task)?;
        Some(format!("t{}", of.task))
    }

    /// Returns the number of the plan that the fact is about, such as `p3`.
    pub fn plan(&self) -> Option<String> {
        let of: OfPlan = self.read().filter(|_| Subject::of(&self.kind) == Subject::Plan)?;
        Some(of.plan)
    }

    /// Returns the fencing token of the lease that ended, if the fact is that end.
    pub fn ended_lease(&self) -> Option<u64> {
        self.known().filter(|kind| kind.ends_lease())?;
        self.read().map(|of: OfLease| of.token)
    }

    /// Returns the topic of the message that was sent, if the fact says that one was.
    pub fn sent_to_topic(&self) -> Option<String> {
        self.known().filter(|kind| *kind == Kind::MessageSent)?;
        self.read().map(|sent: Sent| sent.letter.topic)
    }

    /// Returns the scopes that the data of a fact about locks names, at any depth.
    pub fn scopes(&self) -> Vec<Scope> {
        fn collect(data: &Value, found: &mut Vec<Scope>) {
            found.extend(Scope::deserialize(data).ok());
            match data {
                Value::Array(parts) => parts.iter().for_each(|part| collect(part, found)),
                Value::Object(parts) => parts.values().for_each(|part| collect(part, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        if Subject::of(&self.kind) == Subject::Lock {
            collect(&self.data, &mut found);
        }
        found
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.data).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::events::Severity;
    use serde_json::json;

    fn fact(kind: &str, data: Value) -> EventRecord {
        let (agent, run, message) = (None, None, String::new());
        EventRecord { seq: 1, at_ms: 0, kind: kind.to_owned(), severity: Severity::Info, agent, run, message, data }
    }

    #[test]
    fn an_ending_says_how_many_processes_went_and_how() {
        let words = |ended, killed| TreeReport { ended, killed }.words().unwrap_or_default();
        assert_eq!(words(3, 1), "3 processes ended, 1 killed");
        assert_eq!(words(1, 0), "1 process ended");
        assert_eq!(words(0, 2), "2 killed");
        assert_eq!(words(0, 0), "");
        let data = json!({"outcome": "terminated", "report": {"left_on_signal": 3, "killed": 1}});
        let read = fact("agent.ended", data).ended().expect("an ending");
        let report = TreeReport { ended: 3, killed: 1 };
        assert_eq!(read, Ended { outcome: Some(Outcome::Terminated), report });
    }

    #[test]
    fn data_that_says_nothing_harms_nothing() {
        assert_eq!(fact("agent.ended", json!(null)).ended(), Some(Ended::default()));
        assert_eq!(fact("agent.ready", json!({"outcome": "failed"})).ended(), None);
        assert_eq!(fact("task.done", json!(null)).task(), None);
        assert_eq!(fact("lock.granted", json!({"token": 3})).ended_lease(), None, "it only began");
    }

    #[test]
    fn what_clients_ask_for_is_found() {
        assert_eq!(fact("task.done", json!({"task": 12, "verdict": "verified"})).task().as_deref(), Some("t12"));
        assert_eq!(fact("plan.started", json!({"plan": "p3"})).plan().as_deref(), Some("p3"));
        assert_eq!(fact("lock.forced", json!({"token": 3})).ended_lease(), Some(3));
        let sent = fact("message.sent", json!({"letter": {"topic": "direct", "body": "x"}}));
        assert_eq!(sent.sent_to_topic().as_deref(), Some("direct"));
        assert_eq!(sent.known(), Some(Kind::MessageSent));
    }
}
