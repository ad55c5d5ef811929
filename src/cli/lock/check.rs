//! `qd lock check`: says whether a token still allows changing a scope.

use super::meant::{failed, meant_one};
use crate::api;
use crate::api::locks::CheckQuery;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd lock check`.
#[derive(Args, Debug)]
pub struct Check {
    /// The scope that is about to be changed
    scope: String,
    /// The token to check [default: $QD_LOCK_TOKEN, which `qd lock run` sets, and which a task with locks has]
    token: Option<u64>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Runs `qd lock check` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let token = self.token.or_else(|| std::env::var("QD_LOCK_TOKEN").ok()?.parse().ok());
        let token = token.ok_or_else(|| {
            Failure::new(Exit::Usage, "no token was given, and QD_LOCK_TOKEN has none")
                .hint("`qd lock acquire` prints the token; `qd lock list` shows those of leases that are held")
        })?;
        let client = context.client().await?;
        let query = CheckQuery { scope: meant_one(&client, self.scope.clone()).await?, token };
        let checked = client.call(&api::locks::CHECK_LOCK, &[], &query).await.map_err(failed)?;
        if self.json {
            context.out.json(&checked)?;
            return Ok(if checked.valid { Exit::Ok } else { Exit::Stale });
        }
        if checked.valid {
            context.out.line(format!("token {token} is valid for {}", self.scope))?;
            return Ok(Exit::Ok);
        }
        let stale = Failure::new(Exit::Stale, format!("token {token} is not valid for {}", self.scope));
        Err(stale
            .because(checked.why.unwrap_or_default())
            .hint("do not change it; `qd lock acquire` requests it again"))
    }
}
