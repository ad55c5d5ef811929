//! `qd lock release`: releases leases.

use super::meant::{failed, meant_one};
use super::party::Party;
use crate::api;
use crate::api::locks::{self, Released};
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd lock release`.
#[derive(Args, Debug)]
pub struct Release {
    /// Names of leases (l7), or scopes on which you hold leases
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "LEASE|SCOPE")]
    what: Vec<String>,
    /// Release every lease that you hold
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    party: Party,
    /// Print the released leases as JSON
    #[arg(long)]
    json: bool,
}

impl Release {
    /// Runs `qd lock release` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let holder = self.party.claimed(&client);
        let requests: Vec<locks::Release> = match self.all {
            true => vec![locks::Release { all: true, holder, ..locks::Release::default() }],
            false => {
                let mut requests = Vec::new();
                for what in self.what {
                    let what = if is_lease(&what) { what } else { meant_one(&client, what).await? };
                    requests.push(one(&what, holder.clone()));
                }
                requests
            }
        };
        let mut exit = Exit::Ok;
        let mut whole = Released { leases: Vec::new(), granted: 0 };
        for request in &requests {
            match client.call(&api::locks::RELEASE_LOCK, &[], request).await {
                Ok(released) => {
                    whole.leases.extend(released.leases);
                    whole.granted += released.granted;
                }
                Err(error) => exit = context.complain(failed(error)),
            }
        }
        match self.json {
            true => context.out.json(&whole)?,
            false if whole.leases.is_empty() => {}
            false => context.out.line(format!("released {}", told(&whole)))?,
        }
        Ok(exit)
    }
}

/// Returns the request for one word: a lease if the word looks like one, else a scope. A path that looks like a lease
/// is written `./l7`.
fn one(what: &str, holder: Option<String>) -> locks::Release {
    match is_lease(what) {
        true => locks::Release { lease: Some(what.to_owned()), holder, ..locks::Release::default() },
        false => locks::Release { scope: Some(what.to_owned()), holder, ..locks::Release::default() },
    }
}

pub(super) fn is_lease(word: &str) -> bool {
    let digits = word.strip_prefix('l').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the result in words: `l7, l9; 2 requests were granted by it`.
pub fn told(released: &Released) -> String {
    let leases = released.leases.join(", ");
    match released.granted {
        0 => leases,
        1 => format!("{leases}; 1 request was granted by it"),
        granted => format!("{leases}; {granted} requests were granted by it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_told_from_a_scope() {
        let words = ["l7", "./l7", "l", "src", "l7a", "l18446744073709551616"];
        assert_eq!(words.map(is_lease), [true, false, false, false, false, true]);
    }
}
