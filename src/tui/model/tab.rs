//! The tabs: which one is shown, and the state of each.

use super::locks::LocksTab;
use super::messages::MessagesTab;
use super::plan::PlanTab;
use super::tasks::TasksTab;
use super::wants::Wants;
use crate::api::conflicts::ConflictDetail;
use crate::api::tasks::{TaskDetail, TaskExplanation};
use crate::tui::keymap::Context;
use crate::tui::topic::Topic;

/// A tab of the dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tab {
    /// The tab that shows the agents.
    #[default]
    Fleet,
    Tasks,
    Plan,
    Locks,
    Messages,
}

/// The tab that is shown, and the state of each tab.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tabs {
    /// The tab that is shown now.
    pub shown: Tab,
    pub tasks: TasksTab,
    pub plan: PlanTab,
    pub locks: LocksTab,
    pub messages: MessagesTab,
    /// All details of a task: of the selected one, or of one that was selected before.
    pub detail: Option<TaskDetail>,
    /// The reasons for a task's state: the task's number, and the supervisor's explanation.
    pub why: Option<(String, TaskExplanation)>,
    /// A conflict with the versions of its files.
    pub conflict: Option<ConflictDetail>,
    /// The topics that were fetched, and those that must be fetched again.
    pub wants: Wants,
}

impl Tab {
    /// All tabs, in the order of the bar.
    pub const ALL: [Tab; 5] = [Tab::Fleet, Tab::Tasks, Tab::Plan, Tab::Locks, Tab::Messages];

    /// Returns the tab's name in the bar.
    pub fn title(self) -> &'static str {
        match self {
            Tab::Fleet => "Fleet",
            Tab::Tasks => "Tasks",
            Tab::Plan => "Plan",
            Tab::Locks => "Locks",
            Tab::Messages => "Messages",
        }
    }

    /// Returns the context of keys while the tab is shown.
    pub fn context(self) -> Context {
        match self {
            Tab::Fleet => Context::Fleet,
            Tab::Tasks => Context::Tasks,
            Tab::Plan => Context::Plan,
            Tab::Locks => Context::Locks,
            Tab::Messages => Context::Messages,
        }
    }

    /// Returns the tab `tabs` places further on; after the last comes the first.
    pub fn step(self, tabs: isize) -> Tab {
        let count = Tab::ALL.len() as isize;
        let at = Tab::ALL.iter().position(|tab| *tab == self).unwrap_or(0) as isize;
        Tab::ALL[(at + tabs).rem_euclid(count) as usize]
    }
}

impl Tabs {
    /// Returns the topics of which the shown tab is made, the list first.
    pub fn wanted(&self) -> Vec<Topic> {
        let task = |id: Option<&str>| id.map(|id| Topic::Task(id.to_owned()));
        match self.shown {
            Tab::Fleet => Vec::new(),
            Tab::Tasks => [Topic::Tasks].into_iter().chain(task(self.selected_task())).collect(),
            Tab::Plan => {
                let chosen = self.plan.chosen().map(|plan| Topic::Plan(plan.id.clone()));
                [Topic::Plans].into_iter().chain(chosen).chain(task(self.selected_task())).collect()
            }
            Tab::Locks => vec![Topic::Locks, Topic::Conflicts],
            Tab::Messages => vec![Topic::Messages(self.messages.agent.clone())],
        }
    }

    /// Returns the number of the task that the shown tab is about.
    pub fn selected_task(&self) -> Option<&str> {
        match self.shown {
            Tab::Tasks => self.tasks.selected().map(|task| task.id.as_str()),
            Tab::Plan => self.plan.selected_task().map(|task| task.id.as_str()),
            Tab::Fleet | Tab::Locks | Tab::Messages => None,
        }
    }

    /// Returns all details of a task, if they were fetched.
    pub fn detail_of(&self, id: &str) -> Option<&TaskDetail> {
        self.detail.as_ref().filter(|detail| detail.task.id == id)
    }

    /// Returns the reasons for a task's state, if they were fetched.
    pub fn why_of(&self, id: &str) -> Option<&TaskExplanation> {
        self.why.as_ref().filter(|(task, _)| task == id).map(|(_, why)| why)
    }

    /// Returns a conflict with the versions of its files, if it was fetched.
    pub fn conflict_of(&self, id: &str) -> Option<&ConflictDetail> {
        self.conflict.as_ref().filter(|detail| detail.conflict.id == id)
    }

    /// Returns the number that the bar shows beside a tab's name, if its data were fetched.
    pub fn figure(&self, tab: Tab) -> Option<String> {
        match tab {
            Tab::Fleet => None,
            Tab::Tasks => self.tasks.heard.then(|| self.tasks.unfinished().to_string()),
            Tab::Plan => self.plan.chosen().map(|plan| format!("{}/{}", plan.done, plan.tasks)),
            Tab::Locks => self.locks.heard.then(|| self.locks.locks.leases.len().to_string()),
            Tab::Messages => self.messages.heard.then(|| self.messages.undelivered().to_string()),
        }
    }

    /// Whether something happened that the tab does not show yet.
    pub fn is_behind(&self, tab: Tab) -> bool {
        self.wants.is_behind(|topic| {
            matches!(
                (tab, topic),
                (Tab::Tasks, Topic::Tasks)
                    | (Tab::Plan, Topic::Plans)
                    | (Tab::Locks, Topic::Locks | Topic::Conflicts)
                    | (Tab::Messages, Topic::Messages(_))
            )
        })
    }

    /// Checks what must hold after every update.
    ///
    /// # Errors
    /// A condition does not hold; the error names it.
    pub fn check(&self) -> Result<(), String> {
        self.tasks.check()?;
        self.plan.check()?;
        self.locks.check()?;
        self.messages.check()
    }
}
