//! One room of words: everything that the supervisor says to people and programs, by subject. A fact, a refusal, a
//! reason to wait and a state are worded here and nowhere else, once each, and used for the facts, the lists, the
//! explanations and the errors. The one word of a state is in the API (`api/states`).

pub(super) mod agent;
pub(super) mod common;
pub(super) mod data;
pub(super) mod lock;
pub(super) mod mail;
pub(super) mod plan;
pub(super) mod record;
pub(super) mod refusal;
pub(super) mod state;
pub(super) mod sync;
pub(super) mod task;
