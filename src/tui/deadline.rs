//! The next instant at which something that is shown changes by time alone: the one timer of the loop.

use super::age;
use super::model::{Line, Model};

/// Returns the next instant at which something changes by time alone: a toast disappears, an age changes, a size must
/// be sent, a question ends, or a held letter becomes a command. None means that nothing does, and no timer is set.
pub fn next_deadline_ms(model: &Model) -> Option<u64> {
    let toast = model.toasts.iter().map(|toast| toast.until_ms).min();
    let size = model.sizes.waiting.then_some(model.sizes.quiet_until_ms);
    let glance = model.glance.as_ref().map(|(_, until_ms)| *until_ms).filter(|until_ms| *until_ms != u64::MAX);
    let lost = match model.line {
        Line::Lost { since_ms, .. } => Some(age::changes_ms(since_ms, model.now_ms)),
        Line::Opening | Line::Up => None,
    };
    // Ages of data that may be out of date are suspended.
    let ages = model.seen.changes_ms(model.now_ms).filter(|_| !model.is_stale());
    let fetch = model.tabs.wants.due_ms(&model.wanted()).filter(|_| model.line == Line::Up);
    let confirm = model.confirm.as_ref().map(|confirm| confirm.until_ms);
    let typed = [model.cadence.due_ms(), model.listener.due_ms()];
    let all = [toast, size, glance, lost, ages, fetch, confirm, model.roster.settles_ms()];
    all.into_iter().chain(typed).flatten().min()
}
