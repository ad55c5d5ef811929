//! Handles each message of a keeper in its run's task.

use super::{Phase, Task};
use crate::supervisor::run::ending::Ending;
use crate::supervisor::run::input_count::InputCount;
use crate::supervisor::run::outset::Adopted;
use crate::wire::FromKeeper;
use quarterdeck_core::ending::TreeReport;
use quarterdeck_core::event::{Event, Signal};
use tokio::time::Instant;

impl Task {
    pub(super) fn take(&mut self, message: FromKeeper<'_>, until: Instant, events: &mut Vec<Event>) {
        let run = self.outset.run;
        self.patience.told(&message);
        match message {
            FromKeeper::Welcome { newest, heard, .. } => {
                self.outbox.welcomed(heard);
                if heard.is_none() {
                    self.input = InputCount::default();
                }
                self.ending.welcomed();
                if self.outset.adopted == Adopted::Yes {
                    self.answered_below = newest;
                    events.extend((newest > 0).then_some(Event::FirstOutput { run }));
                }
                // A connection that is made again is in the same situation as an adopted run.
                self.outset.adopted = Adopted::Yes;
            }
            // This message ends the connection in the function that reads.
            FromKeeper::Refused { .. } => {}
            FromKeeper::Output { offset, bytes } => self.output(offset, bytes, until, events),
            FromKeeper::Started { pid } => {
                self.courier.started(pid);
                self.pulse.pid = Some(pid);
                events.push(Event::Started { run, pid });
            }
            FromKeeper::StartFailed { reason } => {
                self.phase = Phase::Over;
                events.push(Event::StartFailed { run, reason: reason.to_owned() });
            }
            FromKeeper::Heard { total } => self.outbox.heard(total),
            FromKeeper::InputTaken { total } => self.input.taken(total),
            FromKeeper::InputDropped { total } => self.input.dropped(total),
            FromKeeper::Frozen { processes } => events.push(Event::Frozen { run, processes }),
            FromKeeper::FreezeFailed { reason } => {
                events.push(Event::FreezeFailed { run, reason: reason.to_owned() });
            }
            FromKeeper::Thawed => {
                self.screen.thawed(Instant::now());
                events.push(Event::Thawed { run });
            }
            FromKeeper::Exited { exit, left } => {
                self.courier.program_ended();
                events.extend(self.last_line());
                events.push(Event::Exited { run, exit, left });
            }
            FromKeeper::Emptied { report } => self.emptied(report, events),
            FromKeeper::TranscriptFailing { reason } => {
                events.push(Event::Signalled { run, signal: Signal::TranscriptFailing(reason.to_owned()) });
            }
            FromKeeper::TranscriptRecovered => {
                events.push(Event::Signalled { run, signal: Signal::TranscriptRecovered });
            }
        }
    }

    fn output(&mut self, offset: u64, bytes: &[u8], until: Instant, events: &mut Vec<Event>) {
        let run = self.outset.run;
        if offset < self.offset {
            tracing::error!(%run, offset, expected = self.offset, "the keeper repeats itself; the repetition is dropped");
            return;
        }
        if self.offset == 0 {
            events.push(Event::FirstOutput { run });
        }
        if self.pattern.as_mut().is_some_and(|pattern| pattern.sees(bytes)) {
            self.pattern = None;
            events.push(Event::ReadySeen { run });
        }
        self.offset = offset;
        self.draw(bytes, until);
    }

    fn emptied(&mut self, report: TreeReport, events: &mut Vec<Event>) {
        self.ending = Ending::default();
        self.repeat_note();
        if self.phase == Phase::Live {
            self.phase = Phase::Over;
        }
        events.push(Event::Emptied { run: self.outset.run, report });
    }
}
