//! What the view knows of coordination, as clients see it: put together when asked, never stored.

pub(super) mod locks;
pub(super) mod metrics;
pub(super) mod tasks;
