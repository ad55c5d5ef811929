//! `qd completions`: prints a script with which a shell completes `qd`'s subcommands and options, and asks `qd` for the
//! existing names.

use super::Context;
use super::complete::VARIABLE;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, ValueEnum};
use clap_complete::env::Shells;
use std::io::Write;

/// The command-line arguments of `qd completions`.
#[derive(Args, Debug)]
#[command(after_help = INSTALL)]
pub struct Completions {
    /// The shell that completes qd's words
    #[arg(value_enum)]
    shell: Shell,
}

/// The help on where to install the scripts.
const INSTALL: &str = "\
Where it goes:
  bash  echo 'source <(qd completions bash)' >> ~/.bashrc
  zsh   echo 'source <(qd completions zsh)' >> ~/.zshrc    (after compinit)
  fish  echo 'qd completions fish | source' > ~/.config/fish/completions/qd.fish
The script asks the qd on your PATH, so it knows the current agents, tasks and plans.";

/// A shell for which there is a script.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

impl Completions {
    /// Prints the completion script of the shell.
    pub fn run(self, context: &mut Context) -> Result<Exit, Failure> {
        let name = self.shell.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let shells = Shells::builtins();
        let shell = shells.completer(&name);
        let shell = shell.ok_or_else(|| Failure::new(Exit::Failed, format!("{name} can't be completed in")))?;
        let mut script = Vec::new();
        shell.write_registration(VARIABLE, "qd", "qd", "qd", &mut script)?;
        context.out.write_all(&script)?;
        Ok(Exit::Ok)
    }
}
