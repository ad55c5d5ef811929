//! Finds the lease that a text means, and turns a refused lock into an exit code.

use crate::client::scopes::{ScopeError, Writer};
use crate::client::{Client, ClientError};
use crate::report::exit::Exit;
use crate::report::failure::Failure;

pub(super) fn failed(error: ClientError) -> Failure {
    let exit = match &error {
        ClientError::Problem(problem) => match problem.code.as_str() {
            "busy" | "timed_out" => Some(Exit::TimedOut),
            "cycle" => Some(Exit::Cycle),
            "lease_ended" | "unknown_lease" => Some(Exit::Stale),
            _ => None,
        },
        _ => None,
    };
    let mut failure = Failure::from(error);
    failure.exit = exit.unwrap_or(failure.exit);
    failure
}

/// Returns the scopes as they are meant from the current directory. An error has the exit code of its kind of refusal.
pub(super) async fn meant(client: &Client, texts: Vec<String>) -> Result<Vec<String>, Failure> {
    let meant = Writer::here(client.place())?.mean(client, texts).await;
    meant.map_err(|error| match error {
        ScopeError::Client(error) => failed(error),
        error => {
            let failure = Failure::new(Exit::Usage, error.to_string());
            match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        }
    })
}

/// Returns one scope as it is meant from the current directory.
pub(super) async fn meant_one(client: &Client, text: String) -> Result<String, Failure> {
    Ok(meant(client, vec![text]).await?.pop().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::Problem;

    #[test]
    fn each_kind_of_refusal_has_its_own_exit_code() {
        let code = |code: &str| {
            let (what, why) = ("the lock was not granted".into(), "because".into());
            failed(ClientError::Problem(Problem { status: 409, code: code.into(), what, why, hint: None })).exit.code()
        };
        let codes = ["busy", "timed_out", "cycle", "lease_ended", "unknown_lease", "bad_scope"].map(code);
        assert_eq!(codes, [124, 124, 10, 11, 11, 4]);
    }
}
