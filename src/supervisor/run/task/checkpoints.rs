//! Writes checkpoints of a run's screen.

use super::Task;
use crate::supervisor::run::checkpoint::Checkpoint;
use tokio::time::Instant;

impl Task {
    /// Writes a checkpoint of the screen as it is now.
    pub(in crate::supervisor::run) fn write_checkpoint(&mut self) {
        self.checkpoint_offset = self.offset;
        self.checkpoint_at = Instant::now();
        let size = self.screen.terminal.size();
        let checkpoint = Checkpoint { size, offset: self.offset, bytes: self.screen.terminal.checkpoint() };
        checkpoint.write_in_background(self.outset.directory.clone());
    }
}
