//! Puts the picture of a plan together, row by row: the signs and names of its nodes, and the lines between them. The
//! dashboard and `qd plan graph` show these rows, each in its own colours.

use super::layout::Graph;
use super::order::Node;
use super::paint::{Flow, Painted};
use crate::api::states::Look;
use crate::fit::{Side, pad, part, width};
use std::cmp::{max, min};
use std::ops::Range;

/// The widest name of a node, in columns, where room is short. Beyond it, it ends with `…`.
pub const NAME_COLUMNS_MAX: u16 = 24;
/// Columns before a node's name, for its sign and a blank.
const SIGN_COLUMNS: u16 = 2;

/// What stands in a cell of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Nothing stands in the cell.
    Blank,
    /// A line of edges in this state.
    Line(Flow),
    /// The sign of the node with this index, and the blank after it.
    Sign(usize),
    /// The name of the node with this index.
    Name(usize),
}

/// Cells of one class that are beside each other in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Text of the cells, as wide as they are.
    pub text: String,
    /// What stands in each of the cells.
    pub class: Class,
}

impl Node {
    /// Returns a node that has room for its sign and its name; a name of more than `name_columns_max` columns is cut.
    pub fn named(layer: u32, name: &str, name_columns_max: u16) -> Node {
        Node { layer, width: SIGN_COLUMNS.saturating_add(width(name).clamp(1, name_columns_max)) }
    }
}

impl Graph {
    /// Returns the rows of the picture within these columns and rows of the canvas, each as wide as the columns. `node`
    /// returns the look and the name of a node, `flow` the state of an edge, by their indices in the lists that the
    /// graph was made of.
    pub fn picture<'a>(
        &self,
        columns: Range<u32>,
        rows: Range<u32>,
        node: impl Fn(usize) -> (Look, &'a str),
        flow: impl Fn(usize) -> Flow,
    ) -> Vec<Vec<Piece>> {
        let lines = self.paint(columns.clone(), rows.clone(), flow);
        rows.map(|row| self.row(row, &columns, &lines, &node)).collect()
    }

    fn row<'a>(
        &self,
        row: u32,
        columns: &Range<u32>,
        lines: &Painted,
        node: &impl Fn(usize) -> (Look, &'a str),
    ) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut done = columns.start;
        for index in self.nodes_within(columns.clone(), row..row + 1) {
            let place = self.place(index);
            let (from, to) = (max(place.column, done), min(place.column + u32::from(place.width), columns.end));
            if from >= to {
                continue;
            }
            lines_of(&mut pieces, lines, row, done..from);
            let (look, name) = node(index);
            let seen = (from - place.column) as u16..(to - place.column) as u16;
            let sign = part(&format!("{} ", look.sign()), seen.start..min(seen.end, SIGN_COLUMNS));
            let name = pad(name, place.width.saturating_sub(SIGN_COLUMNS), Side::Right);
            let name = part(&name, seen.start.saturating_sub(SIGN_COLUMNS)..seen.end.saturating_sub(SIGN_COLUMNS));
            add(&mut pieces, &sign, Class::Sign(index));
            add(&mut pieces, &name, Class::Name(index));
            done = to;
        }
        lines_of(&mut pieces, lines, row, done..columns.end);
        pieces
    }
}

fn lines_of(pieces: &mut Vec<Piece>, lines: &Painted, row: u32, columns: Range<u32>) {
    for column in columns {
        let (character, class) = lines
            .character(column, row)
            .map_or((' ', Class::Blank), |(character, flow)| (character, Class::Line(flow)));
        add(pieces, character.encode_utf8(&mut [0; 4]), class);
    }
}

/// Adds a text to the last piece, or as a new piece if its class is another.
fn add(pieces: &mut Vec<Piece>, text: &str, class: Class) {
    match pieces.last_mut().filter(|last| last.class == class) {
        Some(last) => last.text.push_str(text),
        None if text.is_empty() => {}
        None => pieces.push(Piece { text: text.to_owned(), class }),
    }
}
