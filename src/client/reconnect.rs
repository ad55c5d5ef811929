//! Connects to a supervisor again after it went away: a dashboard stays open while a supervisor is replaced, and
//! replaces one that was killed.

use super::control::Client;
use super::ensure::{Background, ensure};
use super::error::ClientError;
use crate::place::Place;
use std::time::Duration;

/// The wait before the first attempt; it doubles with each attempt.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The longest wait between attempts. It is only reached while there is no supervisor at all.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Repeats the hello until a supervisor answers, and reports the number of each attempt, from 1. A supervisor that was
/// killed, so that its socket file still exists, is replaced if `revive` says how. One that ended in order is not.
///
/// # Errors
/// Errors that waiting cannot solve: another version, another user's socket, a supervisor that cannot start.
pub async fn reconnect(
    place: &Place,
    revive: Option<&Background>,
    mut tell: impl FnMut(u32),
) -> Result<Client, ClientError> {
    let (mut wait, mut attempt) = (FIRST_WAIT, 0u32);
    loop {
        attempt = attempt.saturating_add(1);
        tokio::time::sleep(wait).await;
        tell(attempt);
        let found = match (Client::connect(place).await, revive) {
            (Err(ClientError::Stale { .. }), Some(background)) => ensure(place, background).await.map(|found| found.0),
            (found, _) => found,
        };
        match found {
            Err(error) if passes(&error) => wait = next_wait(wait),
            settled => return settled,
        }
    }
}

fn next_wait(wait: Duration) -> Duration {
    (wait * 2).min(LONGEST_WAIT)
}

fn passes(error: &ClientError) -> bool {
    error.is_absent() || matches!(error, ClientError::Silent { .. } | ClientError::Broken { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<u128> = std::iter::successors(Some(FIRST_WAIT), |wait| Some(next_wait(*wait)))
            .take(8)
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1600, 2000, 2000]);
    }
}
