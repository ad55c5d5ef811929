//! Tests of plans: the order of their tasks, the effect of failures, and how plans end.

mod crew;
mod ends;
mod lists;
mod order;
mod standing;
