//! `qd state set`: sets a value.

use super::owner::Owner;
use crate::api;
use crate::api::state::SetState;
use crate::cli::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use serde_json::Value;

/// The command-line arguments of `qd state set`.
#[derive(Args, Debug)]
pub struct Set {
    /// Key of the value, made of letters, digits, `.`, `_`, `-` and `:`
    key: String,
    /// The value as JSON; anything that is not JSON is a text
    #[arg(allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    owner: Owner,
    /// Treat the value as a text, whatever it looks like
    #[arg(long)]
    text: bool,
    /// Set the value only if this version is current; 0: only if there is no value yet
    #[arg(long, value_name = "NUMBER")]
    version: Option<u64>,
    /// Print the value with its version as a JSON object
    #[arg(long)]
    json: bool,
}

impl Set {
    /// Runs `qd state set` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let client = context.client().await?;
        let owner = self.owner.or_own(&client);
        let value = if self.text { Value::String(self.value) } else { read(self.value) };
        let entry = client
            .call(&api::state::SET_STATE, &[&owner, &self.key], &SetState { value, version: self.version })
            .await?;
        match self.json {
            true => context.out.json(&entry)?,
            false => context.out.line(format!("{} of {}: version {}", entry.key, entry.owner, entry.version))?,
        }
        Ok(Exit::Ok)
    }
}

fn read(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_json_is_a_text() {
        let read = |text: &str| read(text.to_owned());
        assert_eq!(read("40"), json!(40));
        assert_eq!(read("{\"step\": [1, null]}"), json!({"step": [1, null]}));
        assert_eq!(read("half way"), json!("half way"));
        assert_eq!(read("{broken"), json!("{broken"));
    }
}
