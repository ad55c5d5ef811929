//! The tasks in columns by their state. The selection sticks to the task, wherever it moves.

use crate::api::tasks::{Task, TaskState};
use std::cmp::Reverse;

/// A column of the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Queued, or on their way to an agent.
    #[default]
    Queued,
    /// Something is in the way.
    Held,
    /// Running, or being verified.
    Running,
    /// Done.
    Done,
    /// Failed or cancelled.
    Failed,
}

/// The tasks that are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TasksTab {
    /// Whether the list was heard.
    pub heard: bool,
    all: Vec<Task>,
    columns: [Vec<usize>; 5],
    column: Column,
    selected: Option<usize>,
    filter: String,
}

impl Column {
    /// All of them, from left to right.
    pub const ALL: [Column; 5] = [Column::Queued, Column::Held, Column::Running, Column::Done, Column::Failed];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Column::Queued => "Queued",
            Column::Held => "Held",
            Column::Running => "Running",
            Column::Done => "Done",
            Column::Failed => "Failed",
        }
    }

    /// Where a task of this state stands.
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

/// Whether a task is over.
pub fn is_over(state: TaskState) -> bool {
    matches!(state, TaskState::Done | TaskState::Failed | TaskState::Cancelled)
}

impl TasksTab {
    /// Takes the list in.
    pub fn apply(&mut self, tasks: Vec<Task>) {
        let selected = self.selected().map(|task| task.id.clone());
        let place = self.place();
        self.all = tasks;
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

    /// After a change: the selected task's column is the one looked at; without a selection, the one nearest to where
    /// it was is taken, and at first the column in which most is going on.
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

    /// Shows only the tasks in which each of the filter's words occurs.
    pub fn set_filter(&mut self, filter: String) {
        let place = self.place();
        self.filter = filter;
        self.arrange();
        self.keep_selection(place, false);
    }

    /// The filter; empty when there is none.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// A column's tasks, by their place in the list: see [`TasksTab::task`].
    pub fn in_column(&self, column: Column) -> &[usize] {
        &self.columns[column as usize]
    }

    /// The task at a place in the list.
    pub fn task(&self, index: usize) -> Option<&Task> {
        self.all.get(index)
    }

    /// A task by its name or number.
    pub fn named(&self, name: &str) -> Option<&Task> {
        self.all.iter().find(|task| task.name == name || task.id == name)
    }

    /// The column the user is in.
    pub fn column(&self) -> Column {
        self.column
    }

    /// The selected task.
    pub fn selected(&self) -> Option<&Task> {
        self.all.get(self.selected?)
    }

    /// Its place in its column.
    pub fn place(&self) -> usize {
        let at = |index: usize| self.in_column(self.column).iter().position(|other| *other == index);
        self.selected.and_then(at).unwrap_or(0)
    }

    /// Selects the task at a place of a column.
    pub fn select(&mut self, column: Column, place: usize) {
        if let Some(index) = self.in_column(column).get(place) {
            (self.column, self.selected) = (column, Some(*index));
        }
    }

    /// Moves up or down within the column.
    pub fn step(&mut self, rows: isize) {
        let last = self.in_column(self.column).len().saturating_sub(1);
        self.select(self.column, self.place().saturating_add_signed(rows).min(last));
    }

    /// Moves to the next column with something in it.
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

    /// How many there are, shown or not.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// How many are not over, shown or not.
    pub fn unfinished(&self) -> usize {
        self.all.iter().filter(|task| !is_over(task.state)).count()
    }

    /// What must hold after every change.
    ///
    /// # Errors
    /// Names what does not hold.
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
