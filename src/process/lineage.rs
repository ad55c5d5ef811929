//! The lineage of a process: itself, its parent, and so on up, even while some of them end.
//!
//! When a process ends, its children get a new parent at that moment (the nearest subreaper). So a parent is believed
//! only when its child names the same parent before and after the parent was read: then the parent's id has not been
//! reused in between.

use super::stat::ProcessStat;
use std::io::ErrorKind;

/// The most walks up the tree that are tried when ending processes interrupt them: each interruption needs another
/// process on the way that ends within some microseconds. Beyond it, the process is in no tree that can be proved.
const WALKS_MAX: usize = 64;

/// Returns the process and all its ancestors, the nearest first; none when it has ended. `process` is an earlier
/// reading: if its id now belongs to another process, it has ended. An ancestor that the system hides (another user's,
/// proc(5) `hidepid`) ends the walk: processes of this user are not above it.
pub fn lineage(process: &ProcessStat) -> Option<Vec<ProcessStat>> {
    (0..WALKS_MAX).find_map(|_| walk(process)).flatten()
}

/// Walks up the tree once. Returns the lineage, or `Some(None)` when the process itself has ended, or `None` when an
/// ancestor has ended meanwhile.
fn walk(process: &ProcessStat) -> Option<Option<Vec<ProcessStat>>> {
    let Some(mut at) = again(process) else { return Some(None) };
    let mut lineage = Vec::new();
    while at.parent != 0 {
        let parent = ProcessStat::of(at.parent);
        let now = again(&at)?;
        if now.parent != at.parent {
            at = now;
            continue;
        }
        lineage.push(at);
        at = match parent {
            Ok(parent) => parent,
            Err(error) if error.kind() == ErrorKind::NotFound => return Some(Some(lineage)),
            Err(_) => return None,
        };
    }
    lineage.push(at);
    Some(Some(lineage))
}

/// Reads the state of a process that was seen before; none when it has ended.
fn again(process: &ProcessStat) -> Option<ProcessStat> {
    ProcessStat::of(process.pid).ok().filter(|now| now.start_time_ticks == process.start_time_ticks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    fn of(pid: u32) -> ProcessStat {
        ProcessStat::of(pid).expect("a process")
    }

    /// Whether `process` descends from the process with the id `pid`; none when it has ended.
    fn is_from(process: &ProcessStat, pid: u32) -> Option<bool> {
        lineage(process).map(|lineage| lineage.iter().any(|seen| seen.pid == pid))
    }

    #[test]
    fn a_process_comes_from_itself_its_parents_and_nobody_else() {
        let own = of(std::process::id());
        assert_eq!(is_from(&own, own.pid), Some(true));
        assert_eq!(is_from(&own, own.parent), Some(true));
        assert_eq!(is_from(&own, 0), Some(false));
        let mut child = Command::new("sleep").arg("1000").spawn().expect("a child");
        assert_eq!(is_from(&of(child.id()), own.pid), Some(true));
        assert_eq!(is_from(&own, child.id()), Some(false));
        let seen = of(child.id());
        child.kill().expect("killed");
        child.wait().expect("gone");
        assert_eq!(is_from(&seen, own.pid), None);
    }

    #[test]
    fn an_id_that_is_anothers_by_now_is_of_one_that_has_ended() {
        let own = of(std::process::id());
        let earlier = ProcessStat { start_time_ticks: own.start_time_ticks - 1, ..own };
        assert_eq!(is_from(&earlier, own.parent), None);
    }

    #[test]
    fn whoever_is_handed_on_while_it_is_looked_at_is_not_lost_on_the_way() {
        const DEPTH: &str = "30";
        let script = tempfile::NamedTempFile::new().expect("a file");
        // Each process starts the next one and ends a moment later; the last one stays.
        let lines = "[ $1 = 0 ] && { echo $$; exec sleep 1000; }\nsh \"$0\" $(($1 - 1)) &\nsleep 0.02\n";
        std::fs::write(script.path(), lines).expect("written");
        let mut top = Command::new("sh");
        let mut top = top.arg(script.path()).arg(DEPTH).stdout(Stdio::piped()).spawn().expect("a tree");
        let mut line = String::new();
        BufReader::new(top.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let leaf = of(line.trim().parse().expect("a number"));
        let first_parent = leaf.parent;
        let mut seen = Vec::new();
        // Until its parent is the process that takes this machine's orphans.
        while of(leaf.pid).parent == first_parent || ProcessStat::of(top.id()).is_ok_and(|top| top.is_alive()) {
            seen.push(is_from(&leaf, 1));
        }
        super::super::signal(&leaf, libc::SIGKILL).expect("killed");
        top.wait().expect("gone");
        assert!(seen.iter().all(|from_init| *from_init == Some(true)), "{seen:?}");
    }
}
