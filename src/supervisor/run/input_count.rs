//! Computes how much input waits in a keeper, from the totals that the keeper reports.

/// The amount of input from this supervisor that still waits in the keeper, whose totals count over the run's whole
/// life.
#[derive(Default)]
pub(super) struct InputCount {
    sent: u64,
    taken_total: u64,
    dropped_total: u64,
    /// The keeper's totals before the first of that input; known from its first count on.
    before: Option<u64>,
}

impl InputCount {
    /// Counts bytes that were sent to the keeper.
    pub(super) fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// Updates the total of bytes that the terminal accepted over the run's life.
    pub(super) fn taken(&mut self, total: u64) {
        self.taken_total = total;
        self.learn();
    }

    /// Updates the total of bytes that did not fit the keeper's queue over the run's life.
    pub(super) fn dropped(&mut self, total: u64) {
        self.dropped_total = total;
        self.learn();
    }

    fn learn(&mut self) {
        self.before.get_or_insert((self.taken_total + self.dropped_total).saturating_sub(self.sent));
    }

    /// Returns how many bytes wait in the keeper.
    pub(super) fn waiting(&self) -> u64 {
        let done = (self.taken_total + self.dropped_total).saturating_sub(self.before.unwrap_or(0));
        self.sent.saturating_sub(done)
    }
}
