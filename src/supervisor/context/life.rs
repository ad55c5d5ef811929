//! The life of the supervisor itself: since when, for whom, and whether it is ending.

use crate::api::system::Adoption;
use crate::process::Cgroup;
use tokio::sync::watch;

/// The supervisor's own life.
pub(in crate::supervisor) struct Life {
    pub(in crate::supervisor) attended: Attended,
    /// When the supervisor started, in milliseconds since the Unix epoch.
    pub(in crate::supervisor) started_ms: u64,
    pub(in crate::supervisor) adoption: watch::Sender<Adoption>,
    /// Whether nothing is live, queued or to be restarted.
    pub(in crate::supervisor) quiescent: watch::Sender<bool>,
    /// Whether the supervisor is ending; streams close then.
    pub(in crate::supervisor) ended: watch::Sender<bool>,
    /// Our own cgroup, below which runs get theirs if it is delegated to us.
    pub(in crate::supervisor) cgroup: Option<Cgroup>,
}

impl Life {
    /// Returns the life of a supervisor that has just started.
    pub(in crate::supervisor) fn begun(attended: Attended, started_ms: u64) -> Life {
        Life {
            attended,
            started_ms,
            adoption: watch::Sender::new(Adoption::default()),
            quiescent: watch::Sender::new(false),
            ended: watch::Sender::new(false),
            cgroup: Cgroup::own(),
        }
    }
}

/// Whether the fleet may outlive its supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Attended {
    /// The configuration decides whether the fleet may outlive it.
    Configured,
    /// The fleet must not outlive it: a run without a screen, which leaves nothing behind.
    Headless,
}
