//! Tasks in words: what happened to them, what holds them up, why a command was refused, and how clients see them.

pub(in crate::supervisor) mod explain;
pub(in crate::supervisor) mod fact;
pub(in crate::supervisor) mod refusal;
pub(in crate::supervisor) mod show;
pub(in crate::supervisor) mod stage;
pub(in crate::supervisor) mod trouble;
