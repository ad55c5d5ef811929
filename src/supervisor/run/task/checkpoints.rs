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
        self.checkpoint_written = Some(checkpoint.write_in_background(self.outset.directory.clone()));
    }

    /// Writes the last checkpoint, and waits until it is on disk: who asks for the screen of a run that has ended reads
    /// it there. An earlier one is waited for first, so that it is not written over the last.
    pub(in crate::supervisor::run) async fn write_last_checkpoint(&mut self) {
        self.checkpoint_is_written().await;
        self.write_checkpoint();
        self.checkpoint_is_written().await;
    }

    async fn checkpoint_is_written(&mut self) {
        if let Some(written) = self.checkpoint_written.take() {
            let _panicked = written.await;
        }
    }
}
