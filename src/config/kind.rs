//! Tells agent programs, which work for a provider of models, from all other programs.

use super::init::{KNOWN_AGENTS, KnownAgent};
use super::spec::{AgentConfig, Program};
use super::values::ProgramKind;

/// The endings that packages of agent programs add to the program's name: `@google/gemini-cli`, `aider-chat`.
const PACKAGE_SUFFIXES: &[&str] = &["", ".js", "-cli", "-code", "-ai", "-chat", "-coding-agent"];

impl AgentConfig {
    /// The kind of the agent's program: as the file says; else an agent program, if its command line names a known one.
    pub fn kind(&self) -> ProgramKind {
        let is_agent = || match &self.program {
            Program::Command { program, args } => std::iter::once(program).chain(args).any(|word| is_known_agent(word)),
            Program::Shell(line) => {
                line.split(|c: char| !c.is_alphanumeric() && !"-_./@".contains(c)).any(is_known_agent)
            }
        };
        self.kind.unwrap_or_else(|| if is_agent() { ProgramKind::Agent } else { ProgramKind::Command })
    }
}

/// Whether a word of a command line names a known agent program, as a program or as its package: `/usr/bin/codex`,
/// `@openai/codex@1.2`.
pub fn is_known_agent(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    let name = name.split_once('@').map_or(name, |(name, _version)| name);
    let rest_of = |known: &KnownAgent| name.strip_prefix(known.program);
    KNOWN_AGENTS.iter().filter_map(rest_of).any(|rest| PACKAGE_SUFFIXES.contains(&rest))
}
