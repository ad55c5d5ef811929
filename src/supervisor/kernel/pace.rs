//! Measures how long the kernel takes from a request for a change to its durable answer, as a histogram.
//!
//! Each answer costs two additions to atomic numbers: nothing waits for another thread.

use crate::api::metrics::{Bucket, Requests};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the histogram's buckets, in microseconds. The last bucket, for longer times, has no bound.
const BOUNDS_US: [u64; 14] =
    [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000];

/// The histogram of the times that answers took.
#[derive(Debug, Default)]
pub(super) struct Pace {
    counts: [AtomicU64; BOUNDS_US.len() + 1],
    sum_ns: AtomicU64,
}

impl Pace {
    /// Adds the time that one answer took.
    pub(super) fn observe(&self, took: Duration) {
        let us = took.as_nanos().div_ceil(1_000) as u64;
        let bucket = BOUNDS_US.partition_point(|bound| *bound < us);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
    }

    /// Returns the times that were measured so far.
    pub(super) fn requests(&self) -> Requests {
        let bounds = BOUNDS_US.iter().map(|us| Some(Duration::from_micros(*us).as_secs_f64())).chain([None]);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<Bucket> =
            bounds.zip(counts).map(|(seconds_max, count)| Bucket { seconds_max, count }).collect();
        Requests {
            count: buckets.iter().map(|bucket| bucket.count).sum(),
            seconds_sum: Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed)).as_secs_f64(),
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_in_the_first_bucket_that_it_does_not_exceed() {
        let pace = Pace::default();
        for (took, seconds_max) in [
            (Duration::ZERO, Some(0.000_05)),
            (Duration::from_micros(50), Some(0.000_05)),
            (Duration::from_nanos(50_001), Some(0.000_1)),
            (Duration::from_secs(5), Some(5.0)),
            (Duration::from_secs(60), None),
        ] {
            let before = pace.requests();
            pace.observe(took);
            let after = pace.requests();
            let grown = after.buckets.iter().zip(&before.buckets).find(|(now, then)| now.count > then.count);
            assert_eq!(grown.map(|(now, _)| now.seconds_max), Some(seconds_max), "{took:?}");
            assert_eq!(after.count, before.count + 1);
        }
        assert!((pace.requests().seconds_sum - 65.000_100_001).abs() < 1e-6);
    }
}
