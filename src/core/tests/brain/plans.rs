//! Plans: in which order their tasks go, what a failure does to them, and how they end.

mod crew;
mod ends;
mod lists;
mod order;
mod standing;
