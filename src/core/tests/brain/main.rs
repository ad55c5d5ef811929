//! The tests of the brain, in one program because linking is slow.

mod common;
mod lost;
mod start;
mod stop;
