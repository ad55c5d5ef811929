//! `qd send`: types text and keys into an agent's terminal.

use super::Context;
use crate::api::input::{Answers, Input, InputMode, Receipt};
use crate::cli::complete;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::Args;
use std::io::Read;

/// How much text is read from standard input, in bytes: as much as a keeper holds for a program that does not read.
/// Beyond it, the text is refused, and nothing is typed.
const STDIN_BYTES_MAX: u64 = crate::wire::INPUT_QUEUE_BYTES_MAX as u64;

/// The command-line arguments of `qd send`.
#[derive(Args, Debug)]
pub struct Send {
    /// Name of the agent to type to
    #[arg(add = complete::agent())]
    name: String,
    /// Text to send; it is pasted unless --type is given
    text: Option<String>,
    /// A key to press after the text: enter, esc, ctrl-c, up, f5, … May be given several times
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<String>,
    /// Type the text key by key, rather than pasting it
    #[arg(long = "type")]
    typed: bool,
    /// Read the text from standard input
    #[arg(long, conflicts_with = "text")]
    stdin: bool,
    /// The input answers the agent's question; without this, nothing is typed while the agent asks
    #[arg(long)]
    answer: bool,
}

impl Send {
    /// Runs `qd send` and returns its exit code.
    pub async fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let text = if self.stdin { read_stdin()? } else { self.text.unwrap_or_default() };
        if text.is_empty() && self.keys.is_empty() {
            let failure = Failure::new(Exit::Usage, "there is nothing to send");
            return Err(failure.hint("give a text, --stdin, or --key enter"));
        }
        let mode = if self.typed { InputMode::Type } else { InputMode::Paste };
        let answers = if self.answer { Answers::Question } else { Answers::No };
        let input = Input { text, mode, keys: self.keys, answers, by: None };
        let accepted = context.client().await?.input(&self.name, &input).await?;
        let name = &self.name;
        match accepted.receipt {
            Receipt::Typed => context.out.line(format!("sent {} bytes to {name}", accepted.bytes))?,
            Receipt::Submitted => context.out.line(format!("submitted to {name}"))?,
            Receipt::Unconfirmed => {
                let failure = Failure::new(Exit::Failed, format!("typed into {name}, not submitted"));
                let failure = failure.because(accepted.why.unwrap_or_default());
                return Err(failure.hint(format!("`qd screen {name}` shows where the text is")));
            }
        }
        Ok(Exit::Ok)
    }
}

fn read_stdin() -> Result<String, Failure> {
    let failed = |cause: String| Failure::new(Exit::Failed, "cannot read standard input").because(cause);
    let mut text = String::new();
    let mut input = std::io::stdin().take(STDIN_BYTES_MAX + 1);
    input.read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
    if text.len() as u64 > STDIN_BYTES_MAX {
        return Err(failed(format!("it is longer than {STDIN_BYTES_MAX} bytes")));
    }
    Ok(text)
}
