//! Finds the agent or person whose inbox a command means.

use crate::client::Client;
use crate::report::exit::Exit;
use crate::report::failure::Failure;

/// Returns the named agent, or the agent in whose run this process is.
pub(super) fn agent_or_oneself(named: Option<String>, client: &Client) -> Result<String, Failure> {
    named.or_else(|| client.own_agent()).ok_or_else(|| {
        Failure::new(Exit::Usage, "this process belongs to no agent's run, so it has no inbox")
            .hint("name the agent: --agent NAME")
    })
}
