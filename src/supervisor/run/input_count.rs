//! How much input waits in a keeper, from the totals it tells.

/// How much input of this connection still waits in the keeper, whose totals count over the run's whole life.
#[derive(Default)]
pub(super) struct InputCount {
    sent: u64,
    taken_total: u64,
    dropped_total: u64,
    /// The keeper's totals when this connection began; known with its first count.
    before: Option<u64>,
}

impl InputCount {
    /// So many bytes were sent.
    pub(super) fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// So many were taken by the terminal, over the run's life.
    pub(super) fn taken(&mut self, total: u64) {
        self.taken_total = total;
        self.learn();
    }

    /// So many did not fit the keeper's queue, over the run's life.
    pub(super) fn dropped(&mut self, total: u64) {
        self.dropped_total = total;
        self.learn();
    }

    fn learn(&mut self) {
        self.before.get_or_insert((self.taken_total + self.dropped_total).saturating_sub(self.sent));
    }

    /// So many wait.
    pub(super) fn waiting(&self) -> u64 {
        let done = (self.taken_total + self.dropped_total).saturating_sub(self.before.unwrap_or(0));
        self.sent.saturating_sub(done)
    }
}
