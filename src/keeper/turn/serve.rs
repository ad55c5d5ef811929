//! The supervisor's side of a turn: its messages are obeyed, and events are reported as far as it accepts them.

use super::{COUNTED_BYTES, COUNTS_DELAY, DEAF_LIMIT, Keeper, RESEND_BYTES_MAX, SCRATCH_BYTES};
use crate::keeper::connection::{Connection, Gone};
use crate::keeper::ending::Stage;
use crate::keeper::link::Greeting;
use crate::keeper::queries::Queries;
use crate::keeper::tree::Freeze;
use crate::wire::{FromKeeper, ToKeeper};
use std::time::Instant;

impl Keeper {
    pub(super) fn greet(&mut self) {
        let Greeting::Accepted { version, resume_from } = self.link.greet() else { return };
        self.life.connected();
        self.queries = Queries::default();
        self.awaited_until = None;
        let (oldest, newest) = (self.transcript.oldest(), self.transcript.newest());
        let Some(current) = &mut self.link.current else { return };
        current.reader.seek(resume_from.min(newest));
        let heard = Some(self.heard);
        current.told.heard = self.heard;
        current.say(FromKeeper::Welcome { version, keeper_pid: std::process::id(), oldest, newest, heard });
        if let Some(pid) = self.agent {
            current.say(FromKeeper::Started { pid });
        }
        if let Stage::StartFailed { reason } = &self.stage {
            current.say(FromKeeper::StartFailed { reason });
        }
        if let Some(processes) = self.tree.frozen() {
            current.say(FromKeeper::Frozen { processes });
        }
        if let Some(reason) = self.transcript.failure() {
            current.say(FromKeeper::TranscriptFailing { reason });
        }
        // Messages right behind its hello have arrived already.
        self.obey_all(Instant::now());
    }

    pub(super) fn hear(&mut self, now: Instant) {
        let Some(mut current) = self.link.current.take() else { return };
        let received = current.receive();
        self.keep_unless_gone(current, received);
        self.obey_all(now);
    }

    fn obey_all(&mut self, now: Instant) {
        while let Some(mut current) = self.link.current.take() {
            let next = current.next();
            let is_all = matches!(next, Ok(None));
            let obeyed = match next {
                Ok(None) => Ok(()),
                Ok(Some(ToKeeper::Input(bytes))) => {
                    self.type_in(bytes);
                    Ok(())
                }
                Ok(Some(message)) => {
                    let answer = self.obey(message, now);
                    answer.into_iter().for_each(|answer| current.say(answer));
                    Ok(())
                }
                Err(gone) => Err(gone),
            };
            self.heard += current.took();
            self.keep_unless_gone(current, obeyed);
            if is_all {
                break;
            }
        }
    }

    /// Does what a message asks; returns the immediate answer, if there is one.
    fn obey(&mut self, message: ToKeeper<'_>, now: Instant) -> Option<FromKeeper<'static>> {
        match message {
            ToKeeper::Resize { columns, rows } => {
                if let Some(terminal) = &self.terminal {
                    terminal.resize((columns, rows));
                }
            }
            ToKeeper::Signal { signal } => {
                let was_frozen = self.tree.frozen().is_some();
                self.signal(signal);
                return was_frozen.then_some(FromKeeper::Thawed);
            }
            ToKeeper::KillTree => self.tree.kill(now),
            ToKeeper::Freeze => {
                return match self.tree.freeze(now)? {
                    Freeze::Done { processes } => Some(FromKeeper::Frozen { processes }),
                    Freeze::Failed(reason) => Some(FromKeeper::FreezeFailed { reason }),
                };
            }
            ToKeeper::Thaw => {
                self.tree.thaw();
                return Some(FromKeeper::Thawed);
            }
            ToKeeper::Dismiss => {
                self.life.dismiss();
                self.unrecorded = None;
            }
            ToKeeper::Hello { .. } | ToKeeper::Input(_) => {}
        }
        None
    }

    fn type_in(&mut self, bytes: &[u8]) {
        self.input.push(bytes);
        match &self.terminal {
            Some(terminal) if self.stage.pid().is_some() => self.input.type_into(terminal.master()),
            _ => self.input.discard(),
        }
    }

    /// Sends a message to the supervisor, if one is connected.
    pub(super) fn say(&mut self, message: FromKeeper<'_>) {
        if let Some(current) = &mut self.link.current {
            current.say(message);
        }
    }

    pub(super) fn keep_unless_gone(&mut self, current: Connection, result: Result<(), Gone>) {
        match result {
            Ok(()) => self.link.current = Some(current),
            Err(_) => self.life.lost(Instant::now()),
        }
    }

    /// Sends everything that is queued, as far as the supervisor accepts it.
    pub(super) fn pump(&mut self, now: Instant) {
        let Some(mut current) = self.link.current.take() else { return };
        let pumped = self.fill(&mut current, now);
        let is_deaf = self.transcript.newest() > current.reader.position()
            && !current.is_flushed()
            && now.saturating_duration_since(current.progress) >= DEAF_LIMIT;
        self.keep_unless_gone(current, pumped);
        if is_deaf && self.is_held_up() {
            self.link.current = None;
            self.life.lost(now);
        }
    }

    fn fill(&mut self, current: &mut Connection, now: Instant) -> Result<(), Gone> {
        // What was queued in this turn is sent first: counts are told only behind it, and may be the last thing to
        // tell.
        current.flush()?;
        self.tell_counts(current, now);
        let mut room = RESEND_BYTES_MAX;
        while current.flush()? && room > 0 {
            if self.tell_exit(current) {
                continue;
            }
            if current.reader.position() < self.transcript.newest() {
                room = room.saturating_sub(self.resend(current)?);
            } else if let Some(report) = self.stage.report().filter(|_| !current.told.emptied) {
                current.told.emptied = true;
                current.say(FromKeeper::Emptied { report });
            } else {
                break;
            }
        }
        Ok(())
    }

    fn tell_counts(&mut self, current: &mut Connection, now: Instant) {
        if !current.is_flushed() {
            return;
        }
        // The first count is sent at once, because later ones are understood by it.
        let untold = self.input.taken - current.told.taken;
        let may_wait = current.told.taken > 0
            && (1..COUNTED_BYTES).contains(&untold)
            && self.input.dropped == current.told.dropped
            && self.heard - current.told.heard < COUNTED_BYTES
            && self.stage.pid().is_some();
        if may_wait && now < *self.counts_due.get_or_insert(now + COUNTS_DELAY) {
            return;
        }
        self.counts_due = None;
        // Counted with the input; what else is said is a few bytes.
        if untold > 0 || self.heard - current.told.heard >= COUNTED_BYTES {
            current.told.heard = self.heard;
            current.say(FromKeeper::Heard { total: self.heard });
        }
        if current.told.taken != self.input.taken {
            current.told.taken = self.input.taken;
            current.say(FromKeeper::InputTaken { total: self.input.taken });
        }
        if current.told.dropped != self.input.dropped {
            current.told.dropped = self.input.dropped;
            current.say(FromKeeper::InputDropped { total: self.input.dropped });
        }
    }

    /// Reports the exit behind the run's last output, and before the output of processes that outlived it.
    fn tell_exit(&self, current: &mut Connection) -> bool {
        match self.stage.exited() {
            Some((exit, offset, left)) if !current.told.exited && current.reader.position() >= offset => {
                current.told.exited = true;
                current.say(FromKeeper::Exited { exit, left });
                true
            }
            _ => false,
        }
    }

    /// Sends a piece from the transcript, and returns its length. Bytes that can't be read any more are skipped.
    fn resend(&mut self, current: &mut Connection) -> Result<usize, Gone> {
        if self.scratch.is_empty() {
            self.scratch = vec![0; SCRATCH_BYTES];
        }
        let piece = self.transcript.read(&mut current.reader, &mut self.scratch);
        if piece.length == 0 {
            current.reader.seek(self.transcript.newest());
        } else {
            current.send_output(piece.offset, &self.scratch[..piece.length])?;
        }
        Ok(piece.length)
    }
}
