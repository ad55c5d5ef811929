//! Reports the end of a run whose keeper is gone, from the files that the keeper wrote.

use super::behind::SLICE_BYTES;
use super::rest::Rest;
use super::task::{Phase, Task};
use crate::transcript;
use crate::wire::record::{Ending, ExitRecord, KeeperRecord};
use quarterdeck_core::event::Event;
use std::time::Duration;
use tokio::time::Instant;

/// How long the remaining output of a keeper that is gone is drawn. Beyond it, only the transcript has the rest.
const REST_LIMIT: Duration = Duration::from_secs(2);

impl Task {
    /// Whether the keeper still lives, so that it can be connected to.
    pub(super) fn keeper_lives(&self) -> bool {
        let record = KeeperRecord::read(&self.outset.directory);
        matches!(record, Ok(Some(record)) if record.identity.is_alive())
    }

    /// Reports how the run ended when its keeper is gone: from its exit record, if there is one.
    pub(super) async fn tell_how_it_ended(&mut self) {
        let run = self.outset.run;
        let kernel = self.outset.kernel.clone();
        self.take_in_the_rest().await;
        match ExitRecord::read(&self.outset.directory) {
            Ok(Some(ExitRecord { ending: Ending::StartFailed(reason), .. })) => {
                kernel.tell(Event::StartFailed { run, reason }).await;
            }
            Ok(Some(ExitRecord { ending: Ending::Exited(exit), emptied: Some(report), .. })) => {
                if let Some(last) = self.last_line() {
                    kernel.tell(last).await;
                }
                kernel.tell(Event::Exited { run, exit, left: 0 }).await;
                kernel.tell(Event::Emptied { run, report }).await;
            }
            _ => kernel.tell(Event::KeeperLost { run }).await,
        }
        self.phase = Phase::Over;
    }

    /// Draws the last output, which is only in the transcript.
    async fn take_in_the_rest(&mut self) {
        let until = Instant::now() + REST_LIMIT;
        let mut rest = Rest::from(&self.outset.directory, self.offset);
        while let Some((offset, bytes, behind)) = rest.next().await {
            self.offset = offset;
            for slice in bytes.chunks(SLICE_BYTES).take_while(|_| Instant::now() < until) {
                self.screen.advance(slice, Instant::now());
                self.offset += slice.len() as u64;
                tokio::task::yield_now().await;
            }
            if Instant::now() >= until {
                let newest = transcript::bounds(&self.outset.directory).map_or(self.offset, |bounds| bounds.end);
                self.drop_backlog(newest);
                break;
            }
            rest = behind;
        }
        self.screen.summarise_if_stale(Instant::now());
    }
}
