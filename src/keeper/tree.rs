//! Everything below us: who it is, and how it is signalled, stopped, continued and killed.
//!
//! This process is the tree's child subreaper, so whatever the agent started and abandoned comes back to us, and
//! `wait(2)` saying that we have no child left is the proof that the tree is empty. A census finds whom to signal; it
//! may miss somebody who is just being born, so freezing and killing repeat it.
//!
//! ```text
//!  Free ──freeze──▶ Freezing ──the cgroup says so, and two scans: all others stopped──▶ Frozen ──thaw──▶ Free
//!                       └──FREEZE_LIMIT──▶ Free (what was stopped goes on), and says why
//! ```

use crate::process::{self, Cgroup, ProcessStat, ProcessState};
use quarterdeck_core::ending::TreeReport;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long stopping a tree may take. A process in the middle of a disk access stops when it is through. Beyond it, the
/// pause fails and says so.
const FREEZE_LIMIT: Duration = Duration::from_secs(2);

/// Scans in a row without waiting, as long as each finds somebody new. Beyond it, the next scan comes after a pause.
const PASSES_MAX: usize = 32;

/// A tree that is not empty after so many rounds of killing is a fork storm.
const STORM_ROUNDS: u32 = 3;

/// The pause after a pass, doubled each time up to the second.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// The longest pause between two scans. Beyond it, pauses grow no more.
const PAUSE_MAX: Duration = Duration::from_millis(250);

/// Processes remembered for the report: more than a system has by default (`kernel.pid_max`). Beyond it, they are ended
/// and not counted.
const REMEMBERED_MAX: usize = 65_536;

/// A process, by its id and start time.
type Who = (u32, u64);

/// The processes below us.
pub(super) struct Tree {
    keeper: u32,
    cgroup: Option<Cgroup>,
    held: Held,
    killing: Option<Killing>,
    /// Those who had to leave, and those of them who had to be killed.
    witnessed: HashSet<Who>,
    killed: HashSet<Who>,
    /// Stopped before we came, by somebody else: not for us to continue.
    stopped_before: HashSet<Who>,
}

/// A kill that goes on until the tree is empty.
#[derive(Clone, Copy, Debug)]
struct Killing {
    /// When the next round is due, and the pause after it.
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

/// What a freeze came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freeze {
    /// Every process is stopped; so many.
    Done { processes: u32 },
    /// Somebody would not stop; everybody goes on.
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

    /// How many processes are left; they count as those who have to leave.
    pub(super) fn count_left(&mut self) -> u32 {
        let living = self.living();
        self.witness(&living);
        living.len() as u32
    }

    /// How many are stopped, if all are.
    pub(super) fn frozen(&self) -> Option<u32> {
        match self.held {
            Held::Frozen { processes } => Some(processes),
            _ => None,
        }
    }

    /// What it took to empty the tree.
    pub(super) fn report(&self) -> TreeReport {
        let killed = self.killed.len() as u32;
        TreeReport { left_on_signal: (self.witnessed.len() as u32).saturating_sub(killed), killed }
    }

    /// The tree is empty: nothing is to be done any more.
    pub(super) fn emptied(&mut self) {
        (self.held, self.killing) = (Held::Free, None);
        if let Some(cgroup) = &self.cgroup {
            // It fails if somebody who is not of the tree was put into it; then it is theirs.
            let _ = cgroup.remove();
        }
    }

    /// Sends a signal, and SIGCONT after it, to every process group below us.
    pub(super) fn signal(&mut self, signal: i32) {
        let living = self.living();
        self.witness(&living);
        let own_group = rustix::process::getpgrp().as_raw_nonzero().get() as u32;
        let groups: HashSet<u32> = living.iter().map(|process| process.group).filter(|it| *it != own_group).collect();
        for group in groups {
            // A group that is gone, or another user's, can't be helped; SIGKILL comes after the grace.
            let _ = process::signal_group(group, signal);
            let _ = process::signal_group(group, libc::SIGCONT);
        }
    }

    /// Begins to SIGKILL everything until wait(2) says that nothing is left.
    pub(super) fn kill(&mut self, now: Instant) {
        self.held = Held::Free;
        self.killing = Some(Killing { next: now, pause: PAUSE_MIN, rounds: 0 });
        self.work(now);
    }

    /// Begins to stop everything.
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

    /// Continues everything that we stopped.
    pub(super) fn thaw(&mut self) {
        self.held = Held::Free;
        if let Some(cgroup) = &self.cgroup {
            // A cgroup that is gone holds nobody.
            let _ = cgroup.thaw();
        }
        for process in self.living() {
            if !self.stopped_before.contains(&who(&process)) {
                // One that is gone, or another user's, was not stopped by us.
                let _ = process::signal(&process, libc::SIGCONT);
            }
        }
        self.stopped_before.clear();
    }

    /// Whether a freeze or a kill goes on, and when its next pass is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let freezing = match self.held {
            Held::Freezing { next, .. } => Some(next),
            _ => None,
        };
        freezing.into_iter().chain(self.killing.map(|killing| killing.next)).min()
    }

    /// Somebody below us ended: a kill looks again at once.
    pub(super) fn child_ended(&mut self, now: Instant) {
        if let Some(killing) = &mut self.killing {
            (killing.next, killing.pause) = (now, PAUSE_MIN);
        }
    }

    /// Does what is due now; tells when a freeze came to its end.
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
        // What left the cgroup is stopped one by one; so is everybody when the cgroup fails.
        let frozen = self.cgroup.as_ref().and_then(|cgroup| cgroup.freeze().and_then(|()| cgroup.is_frozen()).ok());
        let stopped = frozen != Some(false) && (self.halt(frozen.is_some()) || self.let_births_end());
        let processes = self.living().len() as u32;
        if processes == 0 {
            self.held = Held::Free;
            return Some(Freeze::Failed("no process is left to freeze"));
        }
        if stopped {
            self.held = Held::Frozen { processes };
            return Some(Freeze::Done { processes });
        }
        if now >= until {
            self.thaw();
            return Some(Freeze::Failed("a process would not stop within 2 s; all of them go on"));
        }
        self.held = Held::Freezing { until, next: now + pause, pause: (2 * pause).min(PAUSE_MAX) };
        None
    }

    /// SIGSTOPs everybody whom no frozen cgroup holds, again while new ones appear. True if two scans in a row found all
    /// stopped: in the first one somebody may have been born behind its back, but then nobody was left to give birth.
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
                    // One that is gone, or another user's, shows in the next scan.
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

    /// A process that gives birth by vfork(2) is deaf until its child executes a program, which a stopped child
    /// never does. Lets such children go on; the next pass stops them again. Always false: not all are stopped.
    fn let_births_end(&self) -> bool {
        let living = self.living();
        let is_deaf = |pid| living.iter().any(|process| process.pid == pid && process.state == ProcessState::Deaf);
        for child in &living {
            let is_ours = child.state == ProcessState::Stopped && !self.stopped_before.contains(&who(child));
            if is_ours && is_deaf(child.parent) {
                // One that is gone has set its parent free.
                let _ = process::signal(child, libc::SIGCONT);
            }
        }
        false
    }

    /// SIGKILLs everybody, again while new ones appear.
    fn kill_all(&mut self, is_storm: bool) {
        if let Some(cgroup) = &self.cgroup {
            // What the cgroup does not do, the scans below do.
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

    /// Parents first: they do not see their children die, and start no others. Returns who was killed.
    fn kill_parents_first(&self) -> Vec<ProcessStat> {
        let mut living = self.living();
        living.retain(|process| self.hit(process));
        living
    }

    /// The newest first, each as soon as it is seen: of those who die by themselves a moment later.
    fn kill_on_sight(&self) -> Vec<ProcessStat> {
        let mut killed = Vec::new();
        process::on_sight(self.keeper, |process| {
            if self.hit(process) {
                killed.push(*process);
            }
        });
        killed
    }

    /// SIGKILLs one that was not killed yet.
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
