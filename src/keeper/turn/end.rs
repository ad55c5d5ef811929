//! The end of a run, step by step: drained, exited, emptied, on record.

use super::Keeper;
use crate::keeper::ending::{self, Stage};
use crate::keeper::terminal::After;
use std::time::{Duration, Instant};

/// An exit record that the disk refuses is tried again after this, so many times.
const RECORD_RETRY: Duration = Duration::from_secs(10);
/// Attempts to write the exit record on a disk that refuses. Beyond it, the keeper goes without it, and the run counts
/// as lost.
const RECORD_TRIES_MAX: u32 = 360;

impl Keeper {
    /// If the run was draining and is done with it, it has exited.
    pub(super) fn drained(&mut self, length: usize, after: After, now: Instant) {
        if !self.stage.is_drained(length, after, now) {
            return;
        }
        let Stage::Draining { exit, .. } = self.stage else { return };
        let none_left = ending::reap(None).none_left;
        let left = if none_left { 0 } else { self.tree.count_left() };
        let health = self.transcript.retry();
        self.tell_health(health);
        self.stage = Stage::Exited { exit, offset: self.transcript.newest(), left };
        if none_left { self.empty_if_exited(now) } else { self.write_record(now) }
    }

    /// No child is left; if the run has exited as well, it is over.
    pub(super) fn empty_if_exited(&mut self, now: Instant) {
        let Stage::Exited { exit, offset, left } = self.stage else { return };
        // What those who are gone wrote last: nobody is left to write more, so this ends.
        while self.terminal.is_some() {
            let before = self.transcript.newest();
            self.read_terminal(now);
            if self.transcript.newest() == before {
                break;
            }
        }
        self.stage = Stage::Emptied { exit, offset, left, report: self.tree.report() };
        self.wind_up(now);
    }

    /// Nothing is left of the run but its record.
    pub(super) fn wind_up(&mut self, now: Instant) {
        self.terminal = None;
        self.tree.emptied();
        self.life.emptied(now);
        self.write_record(now);
    }

    pub(super) fn write_record(&mut self, now: Instant) {
        let tries = self.unrecorded.map_or(0, |(_, tries)| tries);
        let Some(record) = ending::record(&self.stage, self.started, self.ended) else { return };
        let is_written = record.write(&self.launch.directory).is_ok();
        self.unrecorded = (!is_written && tries < RECORD_TRIES_MAX).then_some((now + RECORD_RETRY, tries + 1));
    }
}
