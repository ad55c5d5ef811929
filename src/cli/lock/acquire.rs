//! `qd lock acquire`: locks scopes, and waits until they are free.

use super::party::Party;
use super::{ask, show};
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;

/// The command-line arguments of `qd lock acquire`.
#[derive(Args, Debug)]
pub struct Acquire {
    #[command(flatten)]
    wanted: ask::Wanted,
    #[command(flatten)]
    party: Party,
    /// Print the lease as JSON
    #[arg(long)]
    json: bool,
    /// Print the lease as assignments for a shell: eval "$(qd lock acquire port --export)"
    #[arg(long, conflicts_with = "json")]
    export: bool,
}

impl Acquire {
    /// Runs `qd lock acquire` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let holder = self.party.claimed(&client);
        let granted = ask::obtain(&client, self.wanted.request(holder)).await?;
        match (self.json, self.export) {
            (true, _) => context.out.json(&granted)?,
            (_, true) => granted
                .variables()
                .iter()
                .try_for_each(|(name, value)| context.out.line(format!("export {name}={}", quoted(value))))?,
            _ => context.out.line(format!("granted {}", show::granted(&granted)))?,
        }
        Ok(Exit::Ok)
    }
}

/// Returns the word quoted, so that a shell reads it unchanged.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_takes_words_as_they_are() {
        assert_eq!(quoted("a b;$(c)'d"), r"'a b;$(c)'\''d'");
    }
}
