//! The tests of the brain, in one program because linking is slow.

mod arbiter;
mod arbiter_model;
mod common;
mod configure;
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
mod stop;
mod sync;
mod tasks;
mod traffic;
mod view;
