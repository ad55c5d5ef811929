//! The commands that a client may give about one agent, and the reasons to refuse them.

use super::Step;
use crate::command::{Answer, Command, Denied, ShutdownMode};
use crate::ending::StopCause;
use crate::fact::{FactKind, Origin};
use crate::ids::AgentId;
use crate::policy::AgentPolicy;
use crate::restart::Restarts;
use crate::run::Haste;
use crate::view::{Config, State};

/// The agent that a command was about, or the reason why it is refused.
type Reply = Result<Option<AgentId>, Denied>;

/// Whether an agent has a live run, is to start later, or neither.
enum Standing {
    Live,
    Planned,
    Idle,
}

impl Step<'_> {
    pub(super) fn command(&mut self, command: Command) -> Result<Answer, Denied> {
        let agent = match command {
            Command::Start { agent } => self.start_asked(agent),
            Command::Stop { agent } => self.stop_asked(agent, StopCause::Requested, Haste::InOrder),
            Command::Kill { agent } => self.stop_asked(agent, StopCause::Killed, Haste::AtOnce),
            Command::Restart { agent } => self.restart_asked(agent),
            Command::Pause { agent } => self.pause_asked(agent),
            Command::Resume { agent } => self.resume_asked(agent),
            Command::Snooze { agent, span } => self.snooze_asked(agent, span).map(|()| Some(agent)),
            Command::Join { name, capabilities, process } => self.join_asked(name, capabilities, process).map(Some),
            Command::Leave { agent } => self.leave_asked(agent).map(|()| Some(agent)),
            Command::Spawn { policy } => self.spawn_asked(*policy),
            Command::Remove { agent } => self.remove_asked(agent),
            Command::Shutdown { mode } => self.shutdown_asked(mode),
            about_coordination => return self.coordination_command(about_coordination),
        };
        agent.map(|agent| Answer::Accepted { agent })
    }

    fn start_asked(&mut self, agent: AgentId) -> Reply {
        self.is_ours(agent)?;
        let standing = self.standing(agent)?;
        self.starts_allowed()?;
        match standing {
            Standing::Live if self.fleet.barred_alive(agent).is_some() => {
                self.bar_no_more(agent);
                self.record(Some(agent), None, FactKind::TakesTasks);
                Ok(Some(agent))
            }
            Standing::Live => Err(Denied::AlreadyRunning),
            Standing::Planned | Standing::Idle => {
                self.start_afresh(agent);
                Ok(Some(agent))
            }
        }
    }

    fn stop_asked(&mut self, agent: AgentId, why: StopCause, haste: Haste) -> Reply {
        self.is_ours(agent)?;
        match self.standing(agent)? {
            Standing::Live => {
                self.with_run(agent, |run, moment| run.stop(why, haste, moment));
            }
            Standing::Planned => {
                self.dequeue(agent);
                self.take_no_tasks(agent);
            }
            Standing::Idle => return Err(Denied::NotRunning),
        }
        Ok(Some(agent))
    }

    /// Restarts an agent. An agent that the file no longer names is refused: it ends with its run, so there is no
    /// configuration to start it again.
    fn restart_asked(&mut self, agent: AgentId) -> Reply {
        self.is_ours(agent)?;
        let standing = self.standing(agent)?;
        self.starts_allowed()?;
        match standing {
            Standing::Live if self.config(agent) == Some(Config::Removed) => return Err(Denied::NoLongerConfigured),
            Standing::Live => {
                self.with_run(agent, |run, moment| run.stop(StopCause::Restart, Haste::InOrder, moment));
            }
            Standing::Planned | Standing::Idle => self.start_afresh(agent),
        }
        Ok(Some(agent))
    }

    pub(super) fn pause_asked(&mut self, agent: AgentId) -> Reply {
        self.is_ours(agent)?;
        self.standing(agent)?;
        self.with_run(agent, |run, moment| run.pause(moment)).unwrap_or(Err(Denied::NotRunning))?;
        Ok(Some(agent))
    }

    pub(super) fn resume_asked(&mut self, agent: AgentId) -> Reply {
        self.is_ours(agent)?;
        self.standing(agent)?;
        self.with_run(agent, |run, moment| run.resume(moment)).unwrap_or(Err(Denied::NotRunning))?;
        Ok(Some(agent))
    }

    fn spawn_asked(&mut self, policy: AgentPolicy) -> Reply {
        self.may_add(&policy.name)?;
        let agent = self.add_agent(policy, Origin::Spawned);
        self.start(agent);
        Ok(Some(agent))
    }

    /// Whether one more agent with this name may be added.
    pub(super) fn may_add(&self, name: &str) -> Result<(), Denied> {
        self.starts_allowed()?;
        if self.fleet.names.contains_key(name) {
            return Err(Denied::NameTaken { name: name.into() });
        }
        let agents_max = self.fleet.policy.agents_max;
        match self.fleet.agents.len() >= agents_max as usize {
            true => Err(Denied::FleetFull { agents_max }),
            false => Ok(()),
        }
    }

    fn remove_asked(&mut self, agent: AgentId) -> Reply {
        self.is_ours(agent)?;
        match self.standing(agent)? {
            Standing::Live => return Err(Denied::StillRunning),
            Standing::Planned => self.dequeue(agent),
            Standing::Idle => {}
        }
        self.remove_agent(agent);
        Ok(Some(agent))
    }

    /// Begins a shutdown. If a shutdown is already in progress, the request kills, whatever its mode.
    fn shutdown_asked(&mut self, mode: ShutdownMode) -> Reply {
        let mode = if self.shutting_down() { ShutdownMode::Kill } else { mode };
        self.begin_shutdown(mode);
        Ok(None)
    }

    fn standing(&self, agent: AgentId) -> Result<Standing, Denied> {
        match self.state(agent) {
            None => Err(Denied::UnknownAgent),
            Some(state) if state.is_live() => Ok(Standing::Live),
            Some(State::Queued { .. } | State::Backoff { .. }) => Ok(Standing::Planned),
            Some(_) => Ok(Standing::Idle),
        }
    }

    fn starts_allowed(&self) -> Result<(), Denied> {
        if self.shutting_down() { Err(Denied::ShuttingDown) } else { Ok(()) }
    }

    /// Starts an agent because a person asked for it: earlier failures no longer count.
    fn start_afresh(&mut self, agent: AgentId) {
        self.forget_failures(agent, Restarts::forget);
        self.start(agent);
    }

    /// Adds an agent that the fleet does not know.
    pub(super) fn add_agent(&mut self, policy: AgentPolicy, origin: Origin) -> AgentId {
        self.fleet.agents_added += 1;
        let agent = AgentId(self.fleet.agents_added);
        let kind = FactKind::AgentAdded {
            name: policy.name.clone(),
            revision: policy.revision,
            autostart: policy.autostart,
            origin,
        };
        self.fleet.names.insert(policy.name.clone(), agent);
        self.fleet.agents.insert(agent, crate::agent::Agent::new(policy));
        self.record(Some(agent), None, kind);
        agent
    }

    /// Forgets an agent that has no live run and waits for nothing. Agents that waited for it no longer do so.
    pub(super) fn remove_agent(&mut self, agent: AgentId) {
        if let Some(forgotten) = self.fleet.agents.remove(&agent) {
            self.fleet.names.remove(&forgotten.policy.name);
        }
        self.record(Some(agent), None, FactKind::AgentRemoved);
        self.coordination_agent_removed(agent);
        self.release_those_behind(agent);
    }
}
