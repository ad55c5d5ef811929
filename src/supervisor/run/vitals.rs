//! Measures a program's processes when the program should show a sign of life and shows none. When to measure, and what
//! the result means, is decided elsewhere ([`quarterdeck_core::status`]); if nothing is expected of a program, nothing
//! is measured.

use crate::process::{Census, ProcessStat, unread_bytes};
use quarterdeck_core::status::{Activity, Source, Speaker, Verdict, Vitals};
use quarterdeck_core::time::{Span, Time};

/// The processes whose signs of life are measured.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// The run's own process.
    pub(super) pid: Option<u32>,
    /// The process group that had the terminal when the program reported that it works; none while nothing reports
    /// that.
    pub(super) speaker: Option<u32>,
}

impl Pulse {
    /// Records which process group reports that it works. A program within a shell may be gone while its title remains.
    pub(super) fn hears(&mut self, verdict: &Verdict) {
        let says_so = matches!(verdict.activity, Activity::Working | Activity::Unresponsive(_))
            && matches!(verdict.source, Source::Program | Source::Title);
        if !says_so {
            self.speaker = None;
        } else if self.speaker.is_none() {
            self.speaker = self.pid.and_then(|pid| ProcessStat::of(pid).ok()?.foreground);
        }
    }
}

/// Measures the tree of a run, given its own process. Blocks for about a millisecond.
pub(super) fn measure(pid: u32, speaker: Option<u32>) -> Option<Vitals> {
    let census = Census::take().ok()?;
    let keeper = census.find(pid)?.parent;
    let tree = census.descendants(keeper);
    let others = tree.iter().filter(|process| process.pid != pid && process.is_alive());
    let gone = |group: u32| !tree.iter().any(|process| process.group == group && process.is_alive());
    Some(Vitals {
        cpu: Span(census.usage(keeper).cpu_ms),
        youngest_began: others
            .max_by_key(|process| process.start_time_ticks)
            .and_then(ProcessStat::started_unix_ms)
            .map(Time),
        unread_bytes: unread_bytes(pid).unwrap_or_default(),
        speaker: if speaker.is_some_and(gone) { Speaker::Gone } else { Speaker::Lives },
    })
}

#[cfg(test)]
mod tests {
    use super::super::screen::now;
    use super::*;

    #[test]
    fn a_process_began_when_it_did() {
        let own = ProcessStat::of(std::process::id()).expect("we live");
        let began = Time(own.started_unix_ms().expect("a time"));
        assert!(began <= now() + Span(20) && now() - began < Span::from_secs(3_600), "{began:?}");
    }

    #[test]
    fn nothing_is_measured_of_a_process_that_is_gone() {
        assert_eq!(measure(u32::MAX, None), None);
        let vitals = measure(std::process::id(), Some(u32::MAX)).expect("we live");
        assert_eq!(vitals.speaker, Speaker::Gone);
    }
}
