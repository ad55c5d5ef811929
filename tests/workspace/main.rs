//! Workspaces against real git repositories: made, healed, refused, removed, parked.

mod cleaned;
mod committed;
mod copied;
mod demos;
mod guarded;
mod hostile;
mod made;
mod proved;
mod removed;
mod submodules;
mod support;
mod tasks;
