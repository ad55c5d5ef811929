//! Quarterdeck: a terminal supervisor that commands a local fleet of coding agents.

pub mod api;
pub mod cli;
pub mod client;
pub mod headless;
pub mod place;
pub mod report;
pub mod term;
pub mod transcript;
pub mod tui;
pub mod wire;
