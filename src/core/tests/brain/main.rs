//! The tests of the brain, in one program because linking is slow.

mod common;
mod configure;
mod explain;
mod locks;
mod lost;
mod model;
mod pause;
mod restart;
mod scopes;
mod shutdown;
mod sim;
mod start;
mod stop;
mod view;
