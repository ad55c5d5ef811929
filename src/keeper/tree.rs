//! All processes below the keeper: how they are found, signalled, stopped, continued and killed.
//!
//! The keeper is the tree's child subreaper, so every process that the agent started and abandoned becomes the keeper's
//! child. When `wait(2)` says that the keeper has no more child, that proves that the tree is empty. A census finds the
//! processes to signal; it may miss one that is just being forked, so freezing and killing repeat it.
//!
//! ```text
//!  Free ──freeze──▶ Freezing ──the cgroup says so, and two scans: all others stopped──▶ Frozen ──thaw──▶ Free
//!                       └──FREEZE_LIMIT──▶ Free (what was stopped continues), and says why
//! ```

use crate::process::{self, Cgroup, ProcessStat, ProcessState};
use quarterdeck_core::ending::TreeReport;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// The longest time for stopping a tree. A process in the middle of a disk access stops when that has ended. Beyond it,
/// the pause fails and says so.
const FREEZE_LIMIT: Duration = Duration::from_secs(2);

/// The most scans in a row without waiting, as long as each finds a new process. Beyond it, the next scan comes after a
/// pause.
const PASSES_MAX: usize = 32;

/// The number of rounds of killing after which a tree that is not empty counts as a fork storm.
const STORM_ROUNDS: u32 = 3;

/// The shortest pause between two scans; it doubles each time up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// The longest pause between two scans. Beyond it, further pauses do not get longer.
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// The most processes remembered for the report: more than a system has by default (`kernel.pid_max`). Beyond it,
/// further processes are ended but not counted.
const REMEMBERED_MAX: usize = 65_536;

/// A process, by its id and start time.
type Who = (u32, u64);

/// All processes below the keeper.
pub(super) struct Tree {
    keeper: u32,
    cgroup: Option<Cgroup>,
    held: Held,
    killing: Option<Killing>,
    /// The processes that had to end; `killed` has those of them that had to be killed.
    witnessed: HashSet<Who>,
    killed: HashSet<Who>,
    /// Processes that another program had stopped before: the keeper must not continue them.
    stopped_before: HashSet<Who>,
}

/// A kill that is repeated until the tree is empty.
#[derive(Clone, Copy, Debug)]
struct Killing {
    /// The time of the next round, and the pause after it.
    next: Instant,
    pause: Duration,
    rounds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Free,
    Freezing { until: Instant, next: Instant, pause: Duration },
    Frozen { processes: u32 },
}

/// The result of freezing a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freeze {
    /// Every process is stopped; this is their number.
    Done { processes: u32 },
    /// A process did not stop, for this reason; all continue.
    Failed(&'static str),
}

impl Tree {
    /// The tree below this process, in this cgroup if it has one.
    pub(super) fn new(cgroup: Option<Cgroup>) -> Tree {
        Tree {
            keeper: std::process::id(),
            cgroup,
            held: Held::Free,
            killing: None,
            witnessed: HashSet::new(),
            killed: HashSet::new(),
            stopped_before: HashSet::new(),
        }
    }

    /// Returns how many processes remain; they are recorded as processes that have to end.
    pub(super) fn count_left(&mut self) -> u32 {
        let living = self.living();
        self.witness(&living);
        living.len() as u32
    }

    /// Returns how many processes are stopped, if all are.
    pub(super) fn frozen(&self) -> Option<u32> {
        match self.held {
            Held::Frozen { processes } => Some(processes),
            _ => None,
        }
    }

    /// Reports how many processes ended on a signal and how many were killed.
    pub(super) fn report(&self) -> TreeReport {
        let killed = self.killed.len() as u32;
        TreeReport { left_on_signal: (self.witnessed.len() as u32).saturating_sub(killed), killed }
    }

    /// Records that the tree is empty: nothing more has to be done.
    pub(super) fn emptied(&mut self) {
        (self.held, self.killing) = (Held::Free, None);
        if let Some(cgroup) = &self.cgroup {
            // It fails if a process outside the tree was put into the cgroup; then the cgroup stays.
            let _ = cgroup.remove();
        }
    }

    /// Sends a signal, and SIGCONT after it, to every process group below the keeper.
    pub(super) fn signal(&mut self, signal: i32) {
        let living = self.living();
        self.witness(&living);
        let own_group = rustix::process::getpgrp().as_raw_nonzero().get() as u32;
        let groups: HashSet<u32> = living.iter().map(|process| process.group).filter(|it| *it != own_group).collect();
        for group in groups {
            // A group may be gone, or belong to another user; SIGKILL comes after the grace.
            let _ = process::signal_group(group, signal);
            let _ = process::signal_group(group, libc::SIGCONT);
        }
    }

    /// Begins to send SIGKILL to every process until wait(2) says that none remains.
    pub(super) fn kill(&mut self, now: Instant) {
        self.held = Held::Free;
        self.killing = Some(Killing { next: now, pause: PAUSE_MIN, rounds: 0 });
        self.work(now);
    }

    /// Begins to stop every process.
    pub(super) fn freeze(&mut self, now: Instant) -> Option<Freeze> {
        if let Held::Frozen { processes } = self.held {
            return Some(Freeze::Done { processes });
        }
        if self.held == Held::Free {
            let stopped = self.living().into_iter().filter(|process| process.state == ProcessState::Stopped);
            self.stopped_before = stopped.map(|process| who(&process)).collect();
            self.held = Held::Freezing { until: now + FREEZE_LIMIT, next: now, pause: PAUSE_MIN };
        }
        self.work(now)
    }

    /// Continues every process that the keeper stopped.
    pub(super) fn thaw(&mut self) {
        self.held = Held::Free;
        if let Some(cgroup) = &self.cgroup {
            // A cgroup that is gone holds no process.
            let _ = cgroup.thaw();
        }
        for process in self.living() {
            if !self.stopped_before.contains(&who(&process)) {
                // A process that is gone, or another user's, was not stopped by the keeper.
                let _ = process::signal(&process, libc::SIGCONT);
            }
        }
        self.stopped_before.clear();
    }

    /// The time of the next pass of a freeze or a kill; none if neither continues.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let freezing = match self.held {
            Held::Freezing { next, .. } => Some(next),
            _ => None,
        };
        freezing.into_iter().chain(self.killing.map(|killing| killing.next)).min()
    }

    /// Records that a process of the tree ended: a kill looks again at once.
    pub(super) fn child_ended(&mut self, now: Instant) {
        if let Some(killing) = &mut self.killing {
            (killing.next, killing.pause) = (now, PAUSE_MIN);
        }
    }

    /// Does the work that is due now; returns the result of a freeze when it is finished.
    pub(super) fn work(&mut self, now: Instant) -> Option<Freeze> {
        if let Some(Killing { next, pause, rounds }) = self.killing
            && next <= now
        {
            self.kill_all(rounds >= STORM_ROUNDS);
            self.killing = Some(Killing { next: now + pause, pause: (2 * pause).min(PAUSE_MAX), rounds: rounds + 1 });
        }
        match self.held {
            Held::Freezing { until, next, pause } if next <= now => self.freeze_pass(now, until, pause),
            _ => None,
        }
    }

    fn freeze_pass(&mut self, now: Instant, until: Instant, pause: Duration) -> Option<Freeze> {
        // Processes that left the cgroup are stopped one by one; so are all processes when the cgroup fails.
        let frozen = self.cgroup.as_ref().and_then(|cgroup| cgroup.freeze().and_then(|()| cgroup.is_frozen()).ok());
        let stopped = frozen != Some(false) && (self.halt(frozen.is_some()) || self.let_births_end());
        let processes = self.living().len() as u32;
        if processes == 0 {
            self.held = Held::Free;
            return Some(Freeze::Failed("no process remains to be paused"));
        }
        if stopped {
            self.held = Held::Frozen { processes };
            return Some(Freeze::Done { processes });
        }
        if now >= until {
            self.thaw();
            return Some(Freeze::Failed("a process did not stop within 2 s; all processes continue"));
        }
        self.held = Held::Freezing { until, next: now + pause, pause: (2 * pause).min(PAUSE_MAX) };
        None
    }

    /// Sends SIGSTOP to every process that no frozen cgroup holds, again while new ones appear. True if two scans in a
    /// row found all stopped: a process may have been forked unseen during the first scan, but then no running process
    /// remained to fork another.
    fn halt(&self, cgroup_is_frozen: bool) -> bool {
        let mut seen = HashSet::new();
        let mut all_stopped = 0;
        for _ in 0..PASSES_MAX {
            let mut moving = self.living();
            moving.retain(|process| process.state != ProcessState::Stopped);
            if let Some(cgroup) = self.cgroup.as_ref().filter(|_| cgroup_is_frozen && !moving.is_empty()) {
                let held = cgroup.members_beneath();
                moving.retain(|process| !held.contains(&process.pid));
            }
            let mut news = false;
            for process in &moving {
                if seen.insert(who(process)) {
                    news = true;
                    // A process that is gone, or another user's, shows in the next scan.
                    let _ = process::signal(process, libc::SIGSTOP);
                }
            }
            all_stopped = if moving.is_empty() { all_stopped + 1 } else { 0 };
            if all_stopped == 2 {
                return true;
            }
            if !news && !moving.is_empty() {
                return false;
            }
        }
        false
    }

    /// Continues the stopped children of processes that wait in vfork(2). Such a parent can't be stopped until its
    /// child executes a program, which a stopped child never does. The next pass stops the children again. Always
    /// returns false: not all are stopped.
    fn let_births_end(&self) -> bool {
        let living = self.living();
        let is_deaf = |pid| living.iter().any(|process| process.pid == pid && process.state == ProcessState::Deaf);
        for child in &living {
            let is_ours = child.state == ProcessState::Stopped && !self.stopped_before.contains(&who(child));
            if is_ours && is_deaf(child.parent) {
                // A child that is gone has set its parent free.
                let _ = process::signal(child, libc::SIGCONT);
            }
        }
        false
    }

    /// Sends SIGKILL to every process, again while new ones appear.
    fn kill_all(&mut self, is_storm: bool) {
        if let Some(cgroup) = &self.cgroup {
            // Processes that the cgroup does not kill are killed by the scans below.
            let members = cgroup.members().unwrap_or_default();
            let mut living = self.living();
            living.retain(|process| members.contains(&process.pid));
            if cgroup.kill().is_ok() {
                self.remember_killed(&living);
            }
        }
        for _ in 0..PASSES_MAX {
            let killed = if is_storm { self.kill_on_sight() } else { self.kill_parents_first() };
            if killed.is_empty() {
                return;
            }
            self.remember_killed(&killed);
        }
    }

    /// Kills parents first: they do not see their children die, and start no others. Returns the processes that were
    /// killed.
    fn kill_parents_first(&self) -> Vec<ProcessStat> {
        let mut living = self.living();
        living.retain(|process| self.hit(process));
        living
    }

    /// Kills each process as soon as it is seen, the newest first: in a fork storm, processes end by themselves a
    /// moment later. Returns the processes that were killed.
    fn kill_on_sight(&self) -> Vec<ProcessStat> {
        let mut killed = Vec::new();
        process::on_sight(self.keeper, |process| {
            if self.hit(process) {
                killed.push(*process);
            }
        });
        killed
    }

    /// Sends SIGKILL to a process that was not killed yet; returns whether it was sent.
    fn hit(&self, process: &ProcessStat) -> bool {
        !self.killed.contains(&who(process)) && process::signal(process, libc::SIGKILL).unwrap_or(false)
    }

    fn living(&self) -> Vec<ProcessStat> {
        let mut processes = process::tree(self.keeper);
        processes.retain(ProcessStat::is_alive);
        processes
    }

    fn witness(&mut self, processes: &[ProcessStat]) {
        let room = REMEMBERED_MAX.saturating_sub(self.witnessed.len());
        self.witnessed.extend(processes.iter().take(room).map(who));
    }

    fn remember_killed(&mut self, processes: &[ProcessStat]) {
        self.witness(processes);
        let room = REMEMBERED_MAX.saturating_sub(self.killed.len());
        self.killed.extend(processes.iter().take(room).map(who));
    }
}

fn who(process: &ProcessStat) -> Who {
    (process.pid, process.start_time_ticks)
}
