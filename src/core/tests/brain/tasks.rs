//! Tasks: who gets which, in which order, and what comes of it.

mod again;
mod barred;
mod claims;
mod dags;
pub(crate) mod desk;
mod locks;
mod needs;
mod one_shot;
mod order;
mod parts;
mod queues;
mod revise;
mod routing;
mod time;
mod typed;
mod upkeep;
