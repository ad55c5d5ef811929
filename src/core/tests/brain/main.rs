//! The tests of the brain, in one program because linking is slow.

mod arbiter;
mod arbiter_model;
mod common;
mod configure;
mod edge_cases;
mod explain;
mod locks;
mod locks_random;
mod lost;
mod mail;
mod model;
mod pause;
mod plans;
mod restart;
mod scopes;
mod shared;
mod shutdown;
mod sim;
mod start;
mod status;
mod stop;
mod sync;
mod sync_model;
mod tasks;
mod traffic;
mod view;
