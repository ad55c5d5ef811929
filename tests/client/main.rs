//! The client, the verbs and headless runs against a supervisor of the test's own: what is printed, what `qd` ends
//! with, and what happens when the other side is gone, hangs, lies, is slow, or is of another version.

mod attach;
mod carrier;
mod ensure;
mod fleet;
mod headless;
mod hostile;
mod live;
mod locks;
mod logs;
mod stream;
mod verbs;
