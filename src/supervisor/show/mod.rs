//! Converts the view of locks, tasks and metrics to the form in which clients see it: made for each request, never
//! stored.

pub(super) mod locks;
pub(super) mod metrics;
pub(super) mod tasks;
