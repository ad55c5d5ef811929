//! The descent of processes, and the resources that a tree uses. One pass over `/proc` serves any number of trees.
//!
//! A census is not a snapshot: processes start and end while it is taken, and one that is orphaned meanwhile may be
//! missed. Code that must be sure repeats the census, or holds the tree as its child subreaper and asks wait(2).

use super::stat::{ProcessStat, ticks_per_second};
use std::collections::HashMap;
use std::{fs, io};

/// All processes of the system, at about one moment.
#[derive(Clone, Debug, Default)]
pub struct Census {
    processes: Vec<ProcessStat>,
    /// The indices in `processes` of each parent's children.
    children: HashMap<u32, Vec<usize>>,
}

/// The resources that the processes of a tree use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeUsage {
    /// The number of live processes of the tree.
    pub processes: u32,
    /// Processor time of the tree, user and kernel, used so far, with that of processes that ended and were waited for,
    /// milliseconds.
    pub cpu_ms: u64,
    /// Memory that the tree uses, bytes; memory that processes share is counted for each.
    pub resident_bytes: u64,
}

impl Census {
    /// Reads every process once. This takes about 10 µs per process.
    pub fn take() -> io::Result<Census> {
        let mut census = Census::default();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // A process that ended since the listing is omitted.
            let Ok(stat) = ProcessStat::of(pid) else { continue };
            census.children.entry(stat.parent).or_default().push(census.processes.len());
            census.processes.push(stat);
        }
        Ok(census)
    }

    /// Returns every process of the census.
    pub fn processes(&self) -> &[ProcessStat] {
        &self.processes
    }

    /// Returns the process with this id, if the census has it.
    pub fn find(&self, pid: u32) -> Option<&ProcessStat> {
        self.processes.iter().find(|process| process.pid == pid)
    }

    /// Returns all descendants of `root`, zombies included, `root` excluded, parents before their children.
    pub fn descendants(&self, root: u32) -> Vec<ProcessStat> {
        let mut found: Vec<ProcessStat> = Vec::new();
        let mut next = 0;
        let mut parent = root;
        loop {
            let children = self.children.get(&parent).into_iter().flatten();
            found.extend(children.map(|at| self.processes[*at]).filter(|process| process.pid != root));
            let Some(process) = found.get(next) else { return found };
            parent = process.pid;
            next += 1;
        }
    }

    /// Returns the resources that the descendants of `root` use, `root` itself excluded. With a keeper as root, which
    /// is its tree's subreaper, the processor time only grows: it includes the time of all processes that the keeper
    /// reaped.
    pub fn usage(&self, root: u32) -> TreeUsage {
        let mut usage = TreeUsage::default();
        let mut ticks = self.find(root).map_or(0, |process| process.reaped_ticks);
        for process in self.descendants(root) {
            usage.processes += u32::from(process.is_alive());
            usage.resident_bytes += process.resident_pages * page_bytes();
            ticks += process.own_ticks + process.reaped_ticks;
        }
        usage.cpu_ms = ticks * 1000 / ticks_per_second();
        usage
    }
}

/// Calls a function with every live descendant of `root` as soon as it is seen, the newest first. In a fork storm, a
/// process ends before a census of all the others is complete.
pub fn on_sight(root: u32, mut each: impl FnMut(&ProcessStat)) {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok())).collect();
    pids.sort_unstable_by(|a, b| b.cmp(a));
    let mut kin = HashMap::from([(root, true), (1, false), (0, false)]);
    for pid in pids.into_iter().filter(|pid| *pid != root) {
        let Ok(process) = ProcessStat::of(pid) else { continue };
        if process.is_alive() && descends(process.parent, &mut kin) {
            each(&process);
        }
    }
}

/// Whether a process descends from one that `kin` knows as kin. A process that has ended meanwhile does not.
fn descends(pid: u32, kin: &mut HashMap<u32, bool>) -> bool {
    let mut line = Vec::new();
    let mut at = pid;
    let is_kin = loop {
        if let Some(known) = kin.get(&at) {
            break *known;
        }
        line.push(at);
        let Ok(process) = ProcessStat::of(at) else { break false };
        at = process.parent;
    };
    kin.extend(line.into_iter().map(|ancestor| (ancestor, is_kin)));
    is_kin
}

/// Returns [`Census::descendants`] of a census taken now; none where there is no `/proc`.
pub fn tree(root: u32) -> Vec<ProcessStat> {
    Census::take().unwrap_or_default().descendants(root)
}

/// Returns [`Census::usage`] of a census taken now. For several trees, take one census.
pub fn usage(root: u32) -> io::Result<TreeUsage> {
    Ok(Census::take()?.usage(root))
}

fn page_bytes() -> u64 {
    // SAFETY: sysconf takes a number and returns one.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    #[test]
    fn a_tree_is_found_parents_first_and_its_usage_summed() {
        let script = "sh -c 'sleep 1000 & echo $!; wait' & wait";
        let mut child = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let sleeper: u32 = line.trim().parse().unwrap();

        let census = Census::take().unwrap();
        let found = census.descendants(child.id());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].parent, child.id());
        assert_eq!((found[1].pid, found[1].parent), (sleeper, found[0].pid));
        assert!(census.descendants(std::process::id()).iter().any(|process| process.pid == sleeper));
        let usage = census.usage(child.id());
        assert_eq!(usage.processes, 2);
        assert!(usage.resident_bytes >= 2 * page_bytes());

        let mut seen = Vec::new();
        on_sight(child.id(), |process| seen.push(*process));
        seen.sort_unstable_by_key(|process| process.pid);
        assert_eq!(seen.iter().map(|process| process.pid).collect::<Vec<_>>(), [found[0].pid, sleeper]);

        for process in found {
            super::super::signal(&process, libc::SIGKILL).unwrap();
        }
        child.wait().unwrap();
    }
}
