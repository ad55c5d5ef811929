//! Locks in words: what happened to them, who is in the way, why a command was refused, and how clients see them.

pub(in crate::supervisor) mod fact;
pub(in crate::supervisor) mod refusal;
pub(in crate::supervisor) mod scopes;
pub(in crate::supervisor) mod show;
