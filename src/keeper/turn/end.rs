//! The end of a run, step by step: its terminal is drained, its process has exited, its tree is empty, its exit record
//! is written.

use super::Keeper;
use crate::keeper::ending::{self, Stage};
use crate::keeper::terminal::After;
use std::time::{Duration, Instant};

/// The time between two attempts to write an exit record that the disk refuses.
const RECORD_RETRY: Duration = Duration::from_secs(10);
/// The most attempts to write the exit record on a disk that refuses. Beyond it, the keeper ends without a record, and
/// the run counts as lost.
const RECORD_TRIES_MAX: u32 = 360;

impl Keeper {
    /// Marks a draining run as exited, if its terminal is drained now.
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

    /// Ends the run when no child remains, if it has exited as well.
    pub(super) fn empty_if_exited(&mut self, now: Instant) {
        let Stage::Exited { exit, offset, left } = self.stage else { return };
        // Reads the last output of processes that are gone: no process remains to write more, so this ends.
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

    /// Writes the exit record, when nothing else of the run remains.
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
