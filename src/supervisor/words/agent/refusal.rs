//! Why a command about an agent, or about the fleet itself, was refused.

use crate::supervisor::words::common::Refusal;
use quarterdeck_core::command::Denied;

/// Describes why a command about an agent was refused; `name` is the agent's name, for the hints.
pub(in crate::supervisor) fn refusal(denied: &Denied, name: &str) -> Refusal {
    let hint = |text: &str| Some(text.replace("NAME", name));
    let (code, why, hint): (_, String, _) = match denied {
        Denied::UnknownAgent => return Refusal::unknown_agent(),
        Denied::NoLongerConfigured => (
            "no_longer_configured",
            "agents.toml no longer names it, so it cannot be started again".into(),
            hint("put it back into agents.toml, or let it end: `qd stop NAME`"),
        ),
        Denied::AlreadyRunning => {
            ("already_running", "it runs already".into(), hint("`qd restart NAME` starts it again"))
        }
        Denied::NotRunning => ("not_running", "it does not run".into(), hint("`qd start NAME` starts it")),
        Denied::NotPausable => {
            ("not_pausable", "only a started run that is not stopping can be paused".into(), hint("`qd explain NAME`"))
        }
        Denied::AlreadyPaused => ("already_paused", "it is paused already".into(), hint("`qd resume NAME`")),
        Denied::NotAsking => ("not_asking", "it asks nothing that could be snoozed".into(), hint("`qd explain NAME`")),
        Denied::SnoozeTooLong { max } => {
            ("snooze_too_long", format!("a question can be snoozed for {} hours at most", max.0 / 3_600_000), None)
        }
        Denied::NotPaused => ("not_paused", "it is not paused".into(), None),
        Denied::NameTaken { name } => {
            ("name_taken", format!("the fleet has an agent called `{name}`"), Some("choose another name".into()))
        }
        Denied::FleetFull { agents_max } => (
            "fleet_full",
            format!("the fleet has {agents_max} agents, which is the maximum"),
            Some("remove one, or raise `agents_max` in [fleet]".into()),
        ),
        Denied::Joined => (
            "joined",
            "somebody started it elsewhere and it joined: the fleet does not start, stop or freeze its processes"
                .into(),
            hint("`qd leave NAME` removes it from the fleet"),
        ),
        Denied::NotJoined => {
            ("not_joined", "the fleet started it, so it can't leave".into(), hint("`qd stop NAME` ends it"))
        }
        Denied::JoinedAlready { .. } => {
            ("joined_already", "its process joined under another name".into(), hint("`qd leave` first"))
        }
        Denied::StillRunning => ("still_running", "it still runs".into(), hint("`qd stop NAME` first")),
        Denied::CoordinationOff
        | Denied::Lock(_)
        | Denied::Task(_)
        | Denied::Plan(_)
        | Denied::Mail(_)
        | Denied::Shared(_)
        | Denied::Sync(_) => (
            "coordination_off",
            "coordination is switched off".into(),
            Some("set `enabled = true` in [coordination] of agents.toml".into()),
        ),
        Denied::ShuttingDown => return Refusal::shutting_down(),
    };
    Refusal { code, why, hint }
}
