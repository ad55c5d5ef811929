//! The status of a task as its file's header shows it.

use crate::supervisor::words::task::stage;
use quarterdeck_core::task::Task;
use quarterdeck_core::view::View;

/// Returns a task's status, as `running`, `done (verified)` or `failed: exit 1`. It does not say what a held task waits
/// for, because that changes often, and each change would write the file.
pub(super) fn standing(task: &Task, view: &View) -> String {
    stage::standing(task, stage::reason(task, view).as_deref())
}
