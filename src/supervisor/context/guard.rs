//! The lock of the maps that the supervisor's parts share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a map even after a panic: these maps are only inserted into and removed from, so they are still consistent.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
