//! Measures the cost of processes by the operating system's own counts, and summarises samples.

use crate::outcome::{Doing, Outcome};
use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The present time in nanoseconds since the Unix epoch: a clock that the children read too.
pub(crate) fn now_ns() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

/// Returns the span between two [`now_ns`] readings, in milliseconds.
pub(crate) fn ms_between(from_ns: u128, to_ns: u128) -> f64 {
    to_ns.saturating_sub(from_ns) as f64 / 1e6
}

/// Returns a process's proportional set size in KiB: its private pages, and its share of the shared ones.
pub(crate) fn pss_kib(pid: u32) -> Outcome<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).doing("PSS")?;
    field(&rollup, "Pss:").ok_or_else(|| format!("PSS: none for process {pid}").into())
}

/// Returns the PSS of several processes together, in MiB.
pub(crate) fn pss_mib(pids: &[u32]) -> Outcome<f64> {
    let kib: Vec<u64> = pids.iter().map(|pid| pss_kib(*pid)).collect::<Outcome<_>>()?;
    Ok(kib.iter().sum::<u64>() as f64 / 1024.0)
}

/// Returns how often a process's threads were switched to and away from, so far: each is a wake-up.
pub(crate) fn switches(pid: u32) -> Outcome<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).doing("context switches")?;
    let of = |task: fs::DirEntry| {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        field(&status, "voluntary_ctxt_switches:").unwrap_or(0)
            + field(&status, "nonvoluntary_ctxt_switches:").unwrap_or(0)
    };
    Ok(tasks.flatten().map(of).sum())
}

/// Returns the processor time that a process has used so far, threads that ended included, children not.
pub(crate) fn cpu(pid: u32) -> Outcome<Duration> {
    let mut clock = MaybeUninit::uninit();
    // SAFETY: the call writes one clockid_t to a place that is large enough for it.
    let refused = unsafe { libc::clock_getcpuclockid(pid as libc::pid_t, clock.as_mut_ptr()) };
    if refused != 0 {
        return Err(format!("CPU time: no process {pid}").into());
    }
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the clock id was written by the successful call above; the call writes one timespec.
    let failed = unsafe { libc::clock_gettime(clock.assume_init(), time.as_mut_ptr()) };
    if failed != 0 {
        return Err(format!("CPU time: process {pid} is gone").into());
    }
    // SAFETY: the successful call wrote the time.
    let time = unsafe { time.assume_init() };
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// Returns the CPU time of several processes together.
pub(crate) fn cpu_of(pids: &[u32]) -> Outcome<Duration> {
    pids.iter().map(|pid| cpu(*pid)).sum()
}

/// Waits until the processes use no more CPU (less than 2 ms within 200 ms), then returns how much they used.
pub(crate) fn cpu_when_quiet(pids: &[u32]) -> Outcome<Duration> {
    let mut before = cpu_of(pids)?;
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(200));
        let now = cpu_of(pids)?;
        if now.saturating_sub(before) < Duration::from_millis(2) {
            return Ok(now);
        }
        before = now;
    }
    Ok(before)
}

/// Returns the id of a process's parent.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    field(&status, "PPid:").map(|parent| parent as u32)
}

/// Returns every process whose command line holds `word` and whose environment holds `mark`.
pub(crate) fn processes(word: &str, mark: &str) -> Vec<u32> {
    let holds = |pid: &u32, file: &str, text: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).contains(text)
    };
    let mut pids: Vec<u32> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| holds(pid, "cmdline", word) && holds(pid, "environ", mark))
        .collect();
    pids.sort_unstable();
    pids
}

/// Whether a process exists and is no zombie.
pub(crate) fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Reads the numbers in a file, one per line, as children write them.
pub(crate) fn stamps(path: &Path) -> Vec<u128> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| line.split_whitespace().last()?.parse().ok()).collect()
}

/// Returns the number behind a label at the start of a line.
fn field(text: &str, label: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(label)?.split_whitespace().next()?.parse().ok())
}

/// Returns the sample in the middle; of an even number, the lower of the two. NaN when there is none.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50.0)
}

/// Returns the smallest sample that this many per cent of all do not exceed. NaN when there is none.
pub(crate) fn percentile(samples: &[f64], percent: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
}
