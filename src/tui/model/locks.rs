//! The locks tab: leases, waiting requests, conflicts and resources, as one list with headings.

use crate::api::conflicts::Conflict;
use crate::api::locks::{Cycle, Lease, Locks, Request, Resource};

/// The state of the locks tab.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocksTab {
    /// Whether the locks were received from the supervisor.
    pub heard: bool,
    /// The locks as they were received from the supervisor.
    pub locks: Locks,
    /// The conflicts that were received, newest first.
    conflicts: Vec<Conflict>,
    /// Key of the selected row, as [`Row::key`] returns it.
    selected: Option<String>,
}

/// A row of the list of locks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row<'a> {
    /// A heading: the name of the rows below it, and their number.
    Heading(&'static str, usize),
    /// A text in place of rows, when a heading has none.
    Nothing(&'static str),
    Held(&'a Lease),
    /// A request that waits, with its place in the queue, from 1.
    Waits(usize, &'a Request),
    Conflict(&'a Conflict),
    Resource(&'a Resource),
    Refused(&'a Cycle),
}

impl Row<'_> {
    /// Returns the key by which the row is selected; none for a row that cannot be selected.
    pub fn key(&self) -> Option<String> {
        match self {
            Row::Heading(..) | Row::Nothing(_) => None,
            Row::Held(lease) => Some(lease.lease.clone()),
            Row::Waits(_, request) => Some(request.request.clone()),
            Row::Conflict(conflict) => Some(format!("conflict {}", conflict.id)),
            Row::Resource(resource) => Some(format!("resource {}", resource.name)),
            Row::Refused(cycle) => Some(format!("cycle {} {}", cycle.at_ms, cycle.who)),
        }
    }
}

impl LocksTab {
    /// Stores the locks that were received, and keeps the selection.
    pub fn apply(&mut self, locks: Locks) {
        let place = self.place();
        self.locks = locks;
        self.heard = true;
        self.keep_selection(place);
    }

    /// Stores the conflicts that were received, newest first.
    pub fn apply_conflicts(&mut self, conflicts: Vec<Conflict>) {
        let place = self.place();
        self.conflicts = conflicts;
        self.keep_selection(place);
    }

    fn keep_selection(&mut self, place: usize) {
        let rows = self.rows();
        let known = rows.iter().any(|row| row.key().is_some() && row.key() == self.selected);
        if !known {
            let after = rows.iter().skip(place).chain(rows.iter().take(place).rev());
            self.selected = after.filter_map(Row::key).next();
        }
    }

    /// Returns all rows of the list, in order.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let locks = &self.locks;
        let mut rows = vec![Row::Heading("Held", locks.leases.len())];
        rows.extend(locks.leases.iter().map(Row::Held));
        rows.extend(locks.leases.is_empty().then_some(Row::Nothing("nothing is locked")));
        rows.push(Row::Heading("Waiting", locks.waiting.len()));
        rows.extend(locks.waiting.iter().enumerate().map(|(place, request)| Row::Waits(place + 1, request)));
        rows.extend(locks.waiting.is_empty().then_some(Row::Nothing("nobody waits")));
        if self.heard && !self.conflicts.is_empty() {
            rows.push(Row::Heading("Conflicts", self.conflicts.len()));
            rows.extend(self.conflicts.iter().map(Row::Conflict));
        }
        if !locks.resources.is_empty() {
            rows.push(Row::Heading("Resources", locks.resources.len()));
            rows.extend(locks.resources.iter().map(Row::Resource));
        }
        if !locks.cycles.is_empty() {
            rows.push(Row::Heading("Cycles refused", locks.cycles.len()));
            rows.extend(locks.cycles.iter().map(Row::Refused));
        }
        rows
    }

    /// Returns the index of the selected row among all rows.
    pub fn place(&self) -> usize {
        let of = |key: &String| self.rows().iter().position(|row| row.key().as_ref() == Some(key));
        self.selected.as_ref().and_then(of).unwrap_or(0)
    }

    /// Returns the selected row of the list.
    pub fn selected(&self) -> Option<Row<'_>> {
        let key = self.selected.as_ref()?;
        self.rows().into_iter().find(|row| row.key().as_ref() == Some(key))
    }

    /// Returns the selected lease, or the first lease that the selected request waits for.
    pub fn lease(&self) -> Option<&Lease> {
        match self.selected()? {
            Row::Held(lease) => Some(lease),
            Row::Waits(_, request) => {
                let holders: Vec<&str> =
                    request.behind.iter().filter(|other| other.holds).map(|other| other.who.as_str()).collect();
                self.locks.leases.iter().find(|lease| holders.contains(&lease.holder.as_str()))
            }
            Row::Heading(..) | Row::Nothing(_) | Row::Conflict(_) | Row::Resource(_) | Row::Refused(_) => None,
        }
    }

    /// Selects the row at an index, if it can be selected.
    fn select_at(&mut self, place: usize) {
        let key = self.rows().get(place).and_then(Row::key);
        self.selected = key.or(self.selected.take());
    }

    /// Selects the row with this key, if there is one.
    pub fn select(&mut self, key: &str) {
        if self.rows().iter().any(|row| row.key().as_deref() == Some(key)) {
            self.selected = Some(key.to_owned());
        }
    }

    /// Moves up or down over the rows that can be selected.
    pub fn step(&mut self, rows: isize) {
        let places: Vec<usize> =
            self.rows().iter().enumerate().filter(|(_, row)| row.key().is_some()).map(|(place, _)| place).collect();
        let now = places.partition_point(|place| *place < self.place());
        let next = now.saturating_add_signed(rows).min(places.len().saturating_sub(1));
        if let Some(place) = places.get(next) {
            self.select_at(*place);
        }
    }

    /// Checks what must hold after every change.
    ///
    /// # Errors
    /// A condition does not hold; the error names it.
    pub fn check(&self) -> Result<(), String> {
        let any = self.rows().iter().any(|row| row.key().is_some());
        let sound = if any { self.selected().is_some() } else { self.selected.is_none() };
        if sound { Ok(()) } else { Err("no lock, or an unknown one, is selected".to_owned()) }
    }
}
