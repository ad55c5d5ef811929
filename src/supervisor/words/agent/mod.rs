//! Agents in words: what happened to them, what they do, why a command was refused, and why they are in their state.

pub(in crate::supervisor) mod explain;
pub(in crate::supervisor) mod fact;
pub(in crate::supervisor) mod refusal;
pub(in crate::supervisor) mod standing;
pub(in crate::supervisor) mod summary;
