//! Finding a supervisor again after it went away: a dashboard stays open while one is replaced.

use super::control::Client;
use super::error::ClientError;
use crate::place::Place;
use std::time::Duration;

/// The wait before the second attempt; doubles with each one.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The longest wait. Only spent while there is no supervisor at all.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Says hello again and again until a supervisor answers.
///
/// # Errors
/// What waiting can't mend: another version, another user's socket.
pub async fn reconnect(place: &Place) -> Result<Client, ClientError> {
    let mut wait = FIRST_WAIT;
    loop {
        match Client::connect(place).await {
            Err(error) if passes(&error) => tokio::time::sleep(wait).await,
            settled => return settled,
        }
        wait = next_wait(wait);
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
