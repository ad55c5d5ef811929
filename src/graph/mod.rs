//! Draws a directed acyclic graph in layers from left to right: signs, names, and lines of box-drawing characters. The
//! dashboard and `qd plan graph` show the same picture. Pure.
//!
//! ```text
//!  ✓ fetch ──┬──▸ ✓ lint ───────╮            order   which node is in which row of which layer
//!            ├──▸ ● build ──┬───├─▸ ○ pack   route   how lines run between the layers
//!            ╰──▸ ✓ test ───╯                paint   the visible part of the lines
//!                                            picture the rows with names, signs and lines
//! ```
//!
//! Layers are beside each other and not below, because names and terminals are wide, and because what a plan
//! fans out to is then a list.
//!
//! **Invariant:** no line touches a node, and the lines out of a node lead to exactly the nodes that need it; held by
//! `lines_lead_where_edges_do_and_touch_no_node` in `tests`.

mod layout;
mod order;
mod paint;
mod picture;
mod route;
#[cfg(test)]
mod tests;

pub use layout::{Graph, Place, Towards};
pub use order::{Edge, Node, THROUGH_MAX};
pub use paint::{Flow, Painted};
pub use picture::{Class, NAME_COLUMNS_MAX, Piece};
