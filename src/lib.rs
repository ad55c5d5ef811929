//! Quarterdeck: a terminal supervisor that commands a local fleet of coding agents.

pub mod api;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod term;
pub mod wire;
pub mod workspace;
