//! Wires messages into the fleet.

use super::{Fleet, Step};
use crate::command::{Answer, Denied};
use crate::event::Armed;
use crate::ids::{AgentId, RunId};
use crate::mail::{MailCommand, MailEvent, MailTimer};
use alloc::string::String;

impl Step<'_> {
    /// What a client asks of messages.
    pub(super) fn mail_command(&mut self, command: MailCommand) -> Result<Answer, Denied> {
        match command {}
    }

    /// A timer of messages came due. One that comes early is armed again, a stale one is nothing.
    pub(super) fn mail_timer(&mut self, timer: MailTimer) {
        match timer {}
    }

    /// What happens to messages from outside.
    pub(super) fn mail_event(&mut self, event: MailEvent) {
        match event {}
    }

    /// Leaves a word of the fleet itself in an agent's inbox, such as that a lease was lost.
    pub(super) fn notify(&mut self, agent: AgentId, topic: &str, body: String) {
        let _ = (agent, topic, body);
    }

    /// A run has ended: what was on its way into its terminal is not.
    pub(super) fn mail_run_ended(&mut self, agent: AgentId, run: RunId) {
        let _ = (agent, run);
    }

    /// The fleet has forgotten an agent: what lies in its inbox has failed.
    pub(super) fn mail_agent_removed(&mut self, agent: AgentId) {
        let _ = agent;
    }

    /// What was on its way into a terminal is asked for again.
    pub(super) fn mail_took_over(&mut self) {}
}

impl Fleet {
    /// The timers that the shell must have armed for it.
    pub(super) fn mail_armed(&self) -> impl Iterator<Item = Armed> {
        core::iter::empty()
    }
}
