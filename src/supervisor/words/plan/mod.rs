//! Plans in words: what happened to them, why a command was refused, why they are in their state, and how clients
//! see them.

pub(in crate::supervisor) mod explain;
pub(in crate::supervisor) mod fact;
pub(in crate::supervisor) mod refusal;
pub(in crate::supervisor) mod show;
pub(in crate::supervisor) mod stand;
