//! The keys `command`, `args` and `shell` of `[agents.NAME]`: the program that an agent runs, with the prompt of a task
//! in its place.

use crate::config::known::is_known_agent;
use crate::config::values::ProgramKind;
use serde::Serialize;
use std::ffi::OsString;

/// The placeholder in an argument that the prompt replaces.
pub(super) const PROMPT_PLACE: &str = "{prompt}";

/// The program that an agent runs, in one of two forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// A program that is started directly, with its arguments.
    Command { program: String, args: Vec<String> },
    /// A command line for `sh -c`.
    Shell(String),
}

impl Program {
    /// Returns the program that the keys describe: a `command` with its `args`, else the `shell` line.
    pub(super) fn of(command: Option<&str>, args: Option<&[String]>, shell: Option<&str>) -> Program {
        match command {
            Some(program) => {
                Program::Command { program: program.to_owned(), args: args.map(<[String]>::to_vec).unwrap_or_default() }
            }
            None => Program::Shell(shell.unwrap_or_default().to_owned()),
        }
    }

    /// The program and its arguments, as they are executed.
    pub fn command_line(&self) -> (OsString, Vec<OsString>) {
        match self {
            Program::Command { program, args } => (program.into(), args.iter().map(OsString::from).collect()),
            Program::Shell(line) => ("sh".into(), vec!["-c".into(), line.into()]),
        }
    }

    /// The program and its arguments, with a task's prompt as an argument. A `shell` line finds the prompt in `$1`, and
    /// never in its own text.
    pub fn command_line_with(&self, prompt: &str) -> (OsString, Vec<OsString>) {
        match self {
            Program::Command { program, args } => (program.into(), with_prompt(args, prompt)),
            Program::Shell(line) => ("sh".into(), vec!["-c".into(), line.into(), "sh".into(), prompt.into()]),
        }
    }

    /// The command line for people, as configured. It never holds environment variables.
    pub fn command_text(&self) -> String {
        match self {
            Program::Command { program, args } => {
                std::iter::once(program).chain(args).cloned().collect::<Vec<_>>().join(" ")
            }
            Program::Shell(line) => line.clone(),
        }
    }

    /// The kind of the program: an agent program, if its command line names a known one.
    pub(super) fn kind(&self) -> ProgramKind {
        let is_agent = || match self {
            Program::Command { program, args } => std::iter::once(program).chain(args).any(|word| is_known_agent(word)),
            Program::Shell(line) => {
                line.split(|c: char| !c.is_alphanumeric() && !"-_./@".contains(c)).any(is_known_agent)
            }
        };
        if is_agent() { ProgramKind::Agent } else { ProgramKind::Command }
    }
}

/// Puts a prompt into the arguments of a command: in the place of each `{prompt}`, or behind the arguments where there
/// is none. A `{prompt}` inside the prompt itself is not replaced.
fn with_prompt(args: &[String], prompt: &str) -> Vec<OsString> {
    let mut places = 0;
    let mut line: Vec<OsString> = args
        .iter()
        .map(|argument| {
            places += argument.matches(PROMPT_PLACE).count();
            OsString::from(argument.replace(PROMPT_PLACE, prompt))
        })
        .collect();
    if places == 0 {
        line.push(prompt.into());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(args: &[&str], prompt: &str) -> Vec<OsString> {
        with_prompt(&args.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), prompt)
    }

    #[test]
    fn a_prompt_goes_where_it_is_wanted_or_to_the_end() {
        assert_eq!(words(&["-p"], "a b"), ["-p", "a b"]);
        assert_eq!(words(&["--message={prompt}", "-v"], "{prompt}"), ["--message={prompt}", "-v"]);
    }

    proptest! {
        #[test]
        fn a_prompt_is_one_argument_whatever_it_holds(prompt in "\\PC*") {
            prop_assert_eq!(words(&["-p", "{prompt}", "-v"], &prompt), ["-p", prompt.as_str(), "-v"].map(OsString::from));
        }
    }
}
