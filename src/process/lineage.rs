//! What a process descends from: itself, its parent, and so on up, through processes that may end meanwhile.
//!
//! A parent's id is believed only when its child still names it after it was looked at: a process whose parent ends is
//! handed on at that moment (to its nearest subreaper), so an id that is named before and after has not been reused in
//! between.

use super::stat::ProcessStat;
use std::io::ErrorKind;

/// How often a walk that ending processes interrupt is begun anew: each needs another end on the way up within some
/// microseconds. Beyond it, the process is in no tree that can be proved.
const WALKS_MAX: usize = 64;

/// The process and all that it descends from, the nearest first; none when it has ended. `process` is as it was seen
/// before: if its id is another's by now, it has ended. An ancestor that the system hides (another user's, proc(5)
/// `hidepid`) ends the walk: what is ours is not above it.
pub fn lineage(process: &ProcessStat) -> Option<Vec<ProcessStat>> {
    (0..WALKS_MAX).find_map(|_| walk(process)).flatten()
}

/// One way up: the lineage, or none in it when the process itself has ended; none when one above it has ended meanwhile.
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

/// The same process as it is now.
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

    /// Whether it descends from it; none when it has ended.
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
        // Each starts the next one and ends a moment later; the last one stays.
        let lines = "[ $1 = 0 ] && { echo $$; exec sleep 1000; }\nsh \"$0\" $(($1 - 1)) &\nsleep 0.02\n";
        std::fs::write(script.path(), lines).expect("written");
        let mut top = Command::new("sh");
        let mut top = top.arg(script.path()).arg(DEPTH).stdout(Stdio::piped()).spawn().expect("a tree");
        let mut line = String::new();
        BufReader::new(top.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let leaf = of(line.trim().parse().expect("a number"));
        let first_parent = leaf.parent;
        let mut seen = Vec::new();
        // Until it is handed on for good, to whoever takes in this machine's orphans.
        while of(leaf.pid).parent == first_parent || ProcessStat::of(top.id()).is_ok_and(|top| top.is_alive()) {
            seen.push(is_from(&leaf, 1));
        }
        super::super::signal(&leaf, libc::SIGKILL).expect("killed");
        top.wait().expect("gone");
        assert!(seen.iter().all(|from_init| *from_init == Some(true)), "{seen:?}");
    }
}
