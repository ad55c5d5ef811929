//! The tasks tab: the tasks in columns by their state. The selection stays with its task, even if the task changes its
//! column.

use crate::api::tasks::{Task, TaskState};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A column of the tasks tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Tasks that are queued, or on their way to an agent.
    #[default]
    Queued,
    /// Tasks that are held because something blocks them.
    Held,
    /// Tasks that are running or being verified.
    Running,
    /// Tasks that ended successfully.
    Done,
    /// Tasks that failed or were cancelled.
    Failed,
}

/// The state of the tasks tab.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TasksTab {
    /// Whether the list of tasks was received.
    pub heard: bool,
    all: Vec<Task>,
    columns: [Vec<usize>; 5],
    column: Column,
    selected: Option<usize>,
    filter: String,
}

impl Column {
    /// All columns of the tab, from left to right.
    pub const ALL: [Column; 5] = [Column::Queued, Column::Held, Column::Running, Column::Done, Column::Failed];

    /// Returns the heading of the column.
    pub fn title(self) -> &'static str {
        match self {
            Column::Queued => "Queued",
            Column::Held => "Held",
            Column::Running => "Running",
            Column::Done => "Done",
            Column::Failed => "Failed",
        }
    }

    /// Returns the column of tasks in this state.
    pub fn of(state: TaskState) -> Column {
        match state {
            TaskState::Queued | TaskState::Assigned => Column::Queued,
            TaskState::Held => Column::Held,
            TaskState::Running | TaskState::Verifying => Column::Running,
            TaskState::Done => Column::Done,
            TaskState::Failed | TaskState::Cancelled => Column::Failed,
        }
    }
}

/// Whether a task in this state has ended.
pub fn is_over(state: TaskState) -> bool {
    state.has_ended()
}

impl TasksTab {
    /// Stores the list of tasks, and keeps the selection.
    pub fn apply(&mut self, tasks: Vec<Task>) {
        self.change(|all| *all = tasks);
    }

    /// Stores tasks that are among `ids`, and keeps the selection. The tasks of `ids` that were not found are removed.
    pub fn apply_some(&mut self, ids: &BTreeSet<String>, found: Vec<Task>) {
        let number = |task: &Task| task.id.get(1..).and_then(|number| number.parse::<u64>().ok());
        self.change(|all| {
            all.retain(|task| !ids.contains(&task.id));
            all.extend(found);
            all.sort_by_key(number);
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<Task>)) {
        let selected = self.selected().map(|task| task.id.clone());
        let place = self.place();
        change(&mut self.all);
        self.arrange();
        self.selected = selected.and_then(|id| self.all.iter().position(|task| task.id == id));
        let opening = !std::mem::replace(&mut self.heard, true);
        self.keep_selection(place, opening);
    }

    fn arrange(&mut self) {
        let words: Vec<String> = self.filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let mut columns: [Vec<usize>; 5] = Default::default();
        for (index, task) in self.all.iter().enumerate().filter(|(_, task)| matches(task, &words)) {
            columns[Column::of(task.state) as usize].push(index);
        }
        let all = &self.all;
        columns[Column::Queued as usize].sort_by_key(|index| Reverse(all[*index].priority));
        columns[Column::Running as usize].sort_by_key(|index| all[*index].started_ms);
        for column in [Column::Done, Column::Failed] {
            columns[column as usize].sort_by_key(|index| Reverse(all[*index].ended_ms));
        }
        self.columns = columns;
    }

    /// Keeps the selection after a change: the column of the selected task is used; without a selection, the task
    /// nearest to the old place is selected, at first in the most urgent column.
    fn keep_selection(&mut self, place: usize, opening: bool) {
        self.selected = self.selected.filter(|index| self.columns.iter().any(|column| column.contains(index)));
        if let Some(index) = self.selected {
            self.column = Column::of(self.all[index].state);
            return;
        }
        let urgent = [Column::Running, Column::Held, Column::Queued, Column::Failed, Column::Done];
        let first = urgent.into_iter().find(|column| !self.in_column(*column).is_empty());
        if opening || self.in_column(self.column).is_empty() {
            self.column = first.unwrap_or(self.column);
        }
        let rows = self.in_column(self.column);
        self.selected = rows.get(place.min(rows.len().saturating_sub(1))).copied();
    }

    /// Shows only the tasks in which each word of the filter occurs.
    pub fn set_filter(&mut self, filter: String) {
        let place = self.place();
        self.filter = filter;
        self.arrange();
        self.keep_selection(place, false);
    }

    /// Returns the filter; empty when there is none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Returns a column's tasks, as indices for [`TasksTab::task`].
    pub fn in_column(&self, column: Column) -> &[usize] {
        &self.columns[column as usize]
    }

    /// Returns the task at an index of the list.
    pub fn task(&self, index: usize) -> Option<&Task> {
        self.all.get(index)
    }

    /// Returns a task by its name or number.
    pub fn named(&self, name: &str) -> Option<&Task> {
        self.all.iter().find(|task| task.name == name || task.id == name)
    }

    /// Returns the column in which the selection is.
    pub fn column(&self) -> Column {
        self.column
    }

    /// Returns the selected task.
    pub fn selected(&self) -> Option<&Task> {
        self.all.get(self.selected?)
    }

    /// Returns the index of the selected task in its column.
    pub fn place(&self) -> usize {
        let at = |index: usize| self.in_column(self.column).iter().position(|other| *other == index);
        self.selected.and_then(at).unwrap_or(0)
    }

    /// Selects the task at an index of a column.
    pub fn select(&mut self, column: Column, place: usize) {
        if let Some(index) = self.in_column(column).get(place) {
            (self.column, self.selected) = (column, Some(*index));
        }
    }

    /// Selects the task with this number, if it is shown.
    pub fn select_id(&mut self, id: &str) {
        let shown =
            |column: &Column| Some((*column, self.in_column(*column).iter().position(|at| self.all[*at].id == id)?));
        if let Some((column, place)) = Column::ALL.iter().find_map(shown) {
            self.select(column, place);
        }
    }

    /// Moves the selection up or down within the column.
    pub fn step(&mut self, rows: isize) {
        let last = self.in_column(self.column).len().saturating_sub(1);
        self.select(self.column, self.place().saturating_add_signed(rows).min(last));
    }

    /// Moves the selection to the next column that is not empty.
    pub fn sideways(&mut self, columns: isize) {
        let mut at = self.column as isize + columns;
        while let Some(column) = usize::try_from(at).ok().and_then(|at| Column::ALL.get(at)) {
            if !self.in_column(*column).is_empty() {
                let last = self.in_column(*column).len() - 1;
                return self.select(*column, self.place().min(last));
            }
            at += columns.signum();
        }
    }

    /// Returns the number of tasks, shown or not.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Returns the number of tasks that have not ended, shown or not.
    pub fn unfinished(&self) -> usize {
        self.all.iter().filter(|task| !is_over(task.state)).count()
    }

    /// Checks what must hold after every change.
    ///
    /// # Errors
    /// A condition does not hold; the error names it.
    pub fn check(&self) -> Result<(), String> {
        let any = self.columns.iter().any(|column| !column.is_empty());
        match self.selected {
            Some(index) if !self.in_column(self.column).contains(&index) => Err("the task is in no column".to_owned()),
            None if any => Err("there are tasks, but none is selected".to_owned()),
            _ => Ok(()),
        }
    }
}

fn matches(task: &Task, words: &[String]) -> bool {
    words.iter().all(|word| {
        let texts = [&task.id, &task.name, &task.title, &task.summary];
        let agent = task.agent.iter();
        texts.into_iter().chain(agent).any(|text| text.to_lowercase().contains(word))
    })
}
