//! What several parts of the screen are made of.

pub mod list;
pub mod popup;
pub mod screen;
pub mod text;
