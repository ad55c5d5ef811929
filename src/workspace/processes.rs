//! Finds live processes in a workspace: those whose working directory, root, program or open file is in it. Read from
//! `/proc`; where there is none (macOS) no process is found.

use std::path::Path;
use std::time::Duration;

/// A process that is at work in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// The id of the process.
    pub pid: u32,
    /// The name of the process, as the kernel of the operating system has it.
    pub name: String,
}

/// The most processes in a workspace that are named. Beyond it, the refusal says that there are more.
pub(super) const REPORTED_MAX: usize = 16;

/// The number of times that a process must be seen before it counts, and the pause between them.
const LOOKS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(20);

/// Returns the processes in `directory`, as far as this user may see: those of other users are invisible. A process
/// that was just forked holds for a moment whatever its parent has open, so only processes that are still there after a
/// while count.
pub(super) fn inside(directory: &Path) -> Vec<Occupant> {
    let mut found = look(directory);
    for _ in 1..LOOKS {
        if found.is_empty() {
            break;
        }
        std::thread::sleep(PAUSE);
        found = look(directory);
    }
    found
}

fn look(directory: &Path) -> Vec<Occupant> {
    let Ok(directory) = directory.canonicalize() else { return Vec::new() };
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pid = |name: &std::ffi::OsStr| name.to_str().and_then(|name| name.parse::<u32>().ok());
    processes
        .flatten()
        .filter_map(|process| Some((pid(&process.file_name())?, process.path())))
        .filter(|(pid, process)| *pid != std::process::id() && is_inside(process, &directory))
        .map(|(pid, process)| {
            let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default().trim().to_owned();
            Occupant { pid, name }
        })
        .take(REPORTED_MAX + 1)
        .collect()
}

fn is_inside(process: &Path, directory: &Path) -> bool {
    let points_in = |link: &Path| std::fs::read_link(link).is_ok_and(|target| target.starts_with(directory));
    ["cwd", "root", "exe"].iter().any(|link| points_in(&process.join(link)))
        || std::fs::read_dir(process.join("fd")).is_ok_and(|files| files.flatten().any(|file| points_in(&file.path())))
}
