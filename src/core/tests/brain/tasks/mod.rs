//! Tests of tasks: which agent gets which task, in which order, and how tasks end.

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
