//! Quarterdeck: a terminal supervisor that commands a local fleet of coding agents.

pub mod api;
pub mod client;
pub mod place;
pub mod term;
pub mod wire;
