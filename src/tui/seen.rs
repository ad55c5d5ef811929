//! What a drawing showed: the places that can be clicked, and the ages that change by time alone. Drawing makes the
//! lists, and nothing is measured again: a click does what was drawn there, even when the fleet has changed since, and
//! the timer is set for the ages that are visible.

use super::age::Age;
use super::model::Focus;
use super::model::compose::Place;
use super::model::dialog::Field;
use super::model::tab::Tab;
use crate::api::condition::Condition;
use ratatui::layout::{Position, Rect};

/// What a click does at the place where this is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Click {
    /// Shows the tab whose name is drawn.
    Tab(Tab),
    /// Shows only the agents in this condition; all agents for none.
    Count(Option<Condition>),
    /// Directs keys to a panel of the fleet's tab.
    Panel(Focus),
    /// Begins to select text of the selected agent's terminal.
    Screen,
    /// Selects the agent of this name in the list.
    Agent(String),
    /// Selects the agent of this name in the grid.
    Tile(String),
    /// Selects the agent of this name, which a fact is about.
    Fact(String),
    /// Directs keys to the list or graph of the shown tab.
    Body,
    /// Selects the task with this number.
    Task(String),
    /// Selects the node of this name in the plan.
    Node(String),
    /// Selects the row with this key among the locks.
    Lock(String),
    /// Selects the message with this id.
    Message(String),
    /// Takes the choice at this index of the question that is asked.
    Choice(usize),
    /// Goes to a field of the form for a new agent.
    Field(Field),
    /// Goes to a field of the editor for a task or a message.
    Write(Place),
    /// Does nothing: an overlay keeps clicks from what is behind it.
    Nothing,
}

/// What a drawing showed, as far as the dashboard must know it afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Area of the cells of the terminal that keys go to.
    pub screen: Rect,
    places: Vec<(Rect, Click)>,
    ages: Vec<Age>,
}

impl Seen {
    /// Returns what is seen before anything is drawn, with this area of the terminal that keys go to.
    pub fn with(screen: Rect) -> Seen {
        Seen { screen, ..Seen::default() }
    }

    /// Adds a place that can be clicked over those that were added before; one without area is left out. One lies over
    /// another only when it is a part of it, or belongs to an overlay.
    pub fn place(&mut self, area: Rect, click: Click) {
        if !area.is_empty() {
            self.places.push((area, click));
        }
    }

    /// Adds an age that is shown and changes by time alone, if there is one.
    pub fn age(&mut self, age: impl Into<Option<Age>>) {
        self.ages.extend(age.into());
    }

    /// Returns what a click at a cell of the user's terminal does; none where nothing can be clicked.
    pub fn at(&self, at: Position) -> Option<&Click> {
        self.places.iter().rev().find(|(area, _)| area.contains(at)).map(|(_, click)| click)
    }

    /// Returns all places with what a click there does, the lowest first.
    pub fn places(&self) -> &[(Rect, Click)] {
        &self.places
    }

    /// Returns the rows of the list or graph of the shown tab; 0 when none was drawn.
    pub fn body_rows(&self) -> u16 {
        self.places.iter().find(|(_, click)| *click == Click::Body).map_or(0, |(area, _)| area.height)
    }

    /// Returns how many tiles are beside each other in the grid; 0 when it was not drawn.
    pub fn tiles_beside(&self) -> usize {
        let tiles = || self.places.iter().filter(|(_, click)| matches!(click, Click::Tile(_)));
        let first = tiles().next().map(|(area, _)| area.y);
        tiles().filter(|(area, _)| Some(area.y) == first).count()
    }

    /// Returns the first instant after `now_ms` at which an age that is shown changes; none when none does.
    pub fn changes_ms(&self, now_ms: u64) -> Option<u64> {
        self.ages.iter().filter_map(|age| age.changes_ms(now_ms)).min()
    }
}
