//! What the view knows of coordination, as clients see it: put together when asked, never stored.

pub(super) mod locks;
pub(super) mod tasks;
