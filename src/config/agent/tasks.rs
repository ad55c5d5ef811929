//! The keys of `[agents.NAME]` about tasks: the ways in which they reach the agent and end.

use crate::config::values::Duration;
use quarterdeck_core::policy::Autostart;
use quarterdeck_core::task::Work;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The way in which tasks reach an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// The agent asks for a task: `qd task claim`, in its shell or over MCP.
    #[default]
    Pull,
    /// A run of its own is started for each task, with the prompt as an argument.
    Argument,
    /// A run of its own is started for each task, with the prompt as its standard input.
    Stdin,
    /// The prompt is typed into the terminal of the agent's run once that is idle.
    Type,
}

/// The way in which the end of a typed task is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DoneWhen {
    /// The agent says so: `qd task done`, `qd task fail`. If its turn ends and it says neither, a person is asked; if
    /// no person answers for ten minutes, the task is done, and unverified unless it has a `verify`.
    #[default]
    Said,
    /// The agent's turn has ended: the program says so, or it has worked and prints nothing more.
    Idle,
}

/// The settings about tasks of one agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgentTasks {
    /// The way in which tasks reach the agent.
    pub delivery: Delivery,
    /// The way in which the end of a typed task is known.
    pub done_when: DoneWhen,
    /// The longest time for one attempt of a task that gives none itself; none: as the fleet says.
    pub timeout: Option<Duration>,
}

impl Delivery {
    /// Returns the core's name for this way of giving tasks to an agent.
    pub fn work(self) -> Work {
        match self {
            Delivery::Pull => Work::Pulled,
            Delivery::Argument | Delivery::Stdin => Work::OneShot,
            Delivery::Type => Work::Typed,
        }
    }

    /// Whether a task starts a run of its own.
    pub fn is_one_shot(self) -> bool {
        self.work() == Work::OneShot
    }

    /// Whether an agent starts with its fleet: as its table says, else unless its tasks start it.
    pub(super) fn autostart(self, said: Option<bool>) -> Autostart {
        match said.unwrap_or(!self.is_one_shot()) {
            true => Autostart::WithFleet,
            false => Autostart::OnRequest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AgentConfig;
    use quarterdeck_core::policy::RestartWhen;
    use std::path::Path;

    fn agent(keys: &str) -> AgentConfig {
        let fleet = crate::config::parse(&format!("[agents.a]\n{keys}"), Path::new("/fleet/agents.toml"));
        fleet.unwrap_or_else(|errors| panic!("{errors}")).agents.remove(0)
    }

    #[test]
    fn an_agent_that_a_task_starts_starts_with_nothing_else_and_is_not_started_again() {
        for (delivery, work) in
            [("pull", Work::Pulled), ("argument", Work::OneShot), ("stdin", Work::OneShot), ("type", Work::Typed)]
        {
            let policy = agent(&format!("command = 'x'\ntasks = '{delivery}'")).policy();
            assert_eq!(policy.work, work);
            let one_shot = work == Work::OneShot;
            assert_eq!(policy.autostart == Autostart::OnRequest, one_shot, "{delivery}");
            assert_eq!(policy.restart.when == RestartWhen::Never, one_shot, "{delivery}");
        }
        assert_eq!(agent("command = 'x'").policy().work, Work::Pulled);
    }

    #[test]
    fn a_prompt_never_becomes_a_part_of_a_shell_line() {
        let (program, arguments) =
            agent("shell = 'echo $1'\ntasks = 'argument'").program.command_line_with("$(rm -rf ~)");
        assert_eq!(program, "sh");
        assert_eq!(arguments, ["-c", "echo $1", "sh", "$(rm -rf ~)"]);
    }
}
