//! Agents in words: what happened to them, what they do, why a command was refused, and why they stand where they do.

pub(in crate::supervisor) mod explain;
pub(in crate::supervisor) mod fact;
pub(in crate::supervisor) mod refusal;
pub(in crate::supervisor) mod standing;
pub(in crate::supervisor) mod summary;
