//! Building blocks that several parts of the dashboard use.

pub mod cursor;
pub mod lines;
pub mod list;
pub mod popup;
pub mod screen;
pub mod text;
