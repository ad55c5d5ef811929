//! What several parts of the screen are made of.

pub mod popup;
pub mod screen;
pub mod text;
