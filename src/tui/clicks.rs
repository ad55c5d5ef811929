//! The places of a drawing that can be clicked. Drawing makes the list, and a click only looks its place up: so it does
//! what was drawn there, even when the fleet has changed since.

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

/// The places of a drawing that can be clicked, the lowest first. One lies over another only when it is a part of it, or
/// belongs to an overlay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clicks(Vec<(Rect, Click)>);

impl Clicks {
    /// Adds a place over those that were added before; one without area is left out.
    pub fn add(&mut self, area: Rect, click: Click) {
        if !area.is_empty() {
            self.0.push((area, click));
        }
    }

    /// Returns what a click at a cell of the user's terminal does; none where nothing can be clicked.
    pub fn at(&self, at: Position) -> Option<&Click> {
        self.0.iter().rev().find(|(area, _)| area.contains(at)).map(|(_, click)| click)
    }

    /// Returns all places with what a click there does, the lowest first.
    pub fn all(&self) -> &[(Rect, Click)] {
        &self.0
    }
}
