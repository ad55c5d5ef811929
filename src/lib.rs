//! Quarterdeck: a terminal supervisor that commands a local fleet of coding agents.

pub mod api;
pub mod keeper;
pub mod process;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod term;
pub mod transcript;
pub mod tui;
pub mod wire;
pub mod workspace;
