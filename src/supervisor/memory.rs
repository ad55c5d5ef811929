//! Gives memory that terminals have freed back to the system.
//!
//! The allocator keeps freed memory that is below memory in use, and lines of twenty terminals are mixed: it kept 90 MB
//! of 130 MB. Giving it back requires a walk over all free memory, so that is done a moment after much was freed, and
//! then not for a while.

use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// How long to wait for several terminals that free their lines at about the same time.
const GATHERING: Duration = Duration::from_millis(250);
/// The shortest time between two walks over the free memory.
const INTERVAL: Duration = Duration::from_secs(2);

static FREED: Notify = Notify::const_new();

/// Reports that much memory was freed.
pub(super) fn freed() {
    FREED.notify_one();
}

/// Gives freed memory back to the system, in an endless loop.
pub(super) async fn give_back() {
    loop {
        FREED.notified().await;
        sleep(GATHERING).await;
        let _never_fails = tokio::task::spawn_blocking(trim).await;
        sleep(INTERVAL).await;
    }
}

/// Gives unused pages back to the system.
fn trim() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the function may be called at any time and from any thread (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}
