//! The tabs: which one is shown, and what each knows.

use super::locks::LocksTab;
use super::messages::MessagesTab;
use super::plan::PlanTab;
use super::tasks::TasksTab;
use super::wants::Wants;
use crate::api::conflicts::ConflictDetail;
use crate::api::tasks::{TaskDetail, TaskExplanation};
use crate::tui::link::Topic;

/// A tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tab {
    /// The agents.
    #[default]
    Fleet,
    Tasks,
    Plan,
    Locks,
    Messages,
}

/// Which tab is shown, and what each knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tabs {
    /// The one that is shown.
    pub shown: Tab,
    pub tasks: TasksTab,
    pub plan: PlanTab,
    pub locks: LocksTab,
    pub messages: MessagesTab,
    /// All there is to know of one task: the one that is selected, or was.
    pub detail: Option<TaskDetail>,
    /// Why a task stands where it does: its number, and the supervisor's word.
    pub why: Option<(String, TaskExplanation)>,
    /// One conflict with the versions of its files.
    pub conflict: Option<ConflictDetail>,
    /// What was asked for, and what is to be asked for anew.
    pub wants: Wants,
}

impl Tab {
    /// All of them, in the order of the bar.
    pub const ALL: [Tab; 5] = [Tab::Fleet, Tab::Tasks, Tab::Plan, Tab::Locks, Tab::Messages];

    /// Its name in the bar.
    pub fn title(self) -> &'static str {
        match self {
            Tab::Fleet => "Fleet",
            Tab::Tasks => "Tasks",
            Tab::Plan => "Plan",
            Tab::Locks => "Locks",
            Tab::Messages => "Messages",
        }
    }

    /// The one so many further on, around.
    pub fn step(self, tabs: isize) -> Tab {
        let count = Tab::ALL.len() as isize;
        let at = Tab::ALL.iter().position(|tab| *tab == self).unwrap_or(0) as isize;
        Tab::ALL[(at + tabs).rem_euclid(count) as usize]
    }
}

impl Tabs {
    /// What the shown tab is made of, the list first.
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

    /// The number of the task that the shown tab is about.
    pub fn selected_task(&self) -> Option<&str> {
        match self.shown {
            Tab::Tasks => self.tasks.selected().map(|task| task.id.as_str()),
            Tab::Plan => self.plan.selected_task().map(|task| task.id.as_str()),
            Tab::Fleet | Tab::Locks | Tab::Messages => None,
        }
    }

    /// All that is known of a task, if it was fetched.
    pub fn detail_of(&self, id: &str) -> Option<&TaskDetail> {
        self.detail.as_ref().filter(|detail| detail.task.id == id)
    }

    /// Why a task stands where it does, if that was fetched.
    pub fn why_of(&self, id: &str) -> Option<&TaskExplanation> {
        self.why.as_ref().filter(|(task, _)| task == id).map(|(_, why)| why)
    }

    /// A conflict with the versions of its files, if it was fetched.
    pub fn conflict_of(&self, id: &str) -> Option<&ConflictDetail> {
        self.conflict.as_ref().filter(|detail| detail.conflict.id == id)
    }

    /// What the bar says beside a tab's name, as far as it was fetched.
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

    /// What must hold after every update.
    ///
    /// # Errors
    /// Names what does not hold.
    pub fn check(&self) -> Result<(), String> {
        self.tasks.check()?;
        self.plan.check()?;
        self.locks.check()?;
        self.messages.check()
    }
}
