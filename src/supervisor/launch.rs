//! Composes the launch parameters for a keeper from an agent's configuration: environment, command, directory, limits.

use super::context::Context;
use super::tasks::Work;
use crate::config::{AgentConfig, FleetConfig, SupervisorLoss};
use crate::place::Place;
use crate::place::{
    AGENT_VARIABLE, CONFIG_VARIABLE, PROOF_VARIABLE, RUNTIME_VARIABLE, SOCKET_VARIABLE, TOKEN_VARIABLE,
};
use crate::supervisor::token::Tokens;
use crate::term::frame::Size;
use crate::wire::launch::{Launch, Limits, OnLoss};
use crate::workspace::{self, Prepared, SetupState};
use quarterdeck_core::ids::RunId;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variables that are set for every agent unless its configuration sets them, so that programs know their terminal.
const TERMINAL: [(&str, &str); 2] = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];

/// Returns the mark by which a run's processes are found: unique across fleets and supervisors.
pub(super) fn mark(place: &Place, run: RunId) -> String {
    format!("{}-{run}", crate::place::key(&place.root))
}

/// Returns all parameters for the keeper of this run.
pub(super) fn compose(
    context: &Context,
    agent: &AgentConfig,
    prepared: &Prepared,
    run: RunId,
    size: Size,
    cgroup: Option<PathBuf>,
) -> Launch {
    let file = context.configs.file();
    let work = Work::of_run(&context.kernel, &context.place, run);
    let (program, arguments) = match &work {
        Some(work) => work.command_line(agent),
        None => agent.program.command_line(),
    };
    let (program, arguments) = match prepared.setup {
        SetupState::Due => workspace::with_setup(program, arguments, &agent.setup, &prepared.setup_marker),
        SetupState::Done => (program, arguments),
    };
    Launch {
        mark: mark(&context.place, run),
        directory: context.run_directory(run),
        socket: context.place.keeper_socket(run),
        program,
        arguments,
        environment: environment_for(&context.place, &context.tokens, agent, &prepared.root, run, work.as_ref()),
        working_directory: prepared.working_directory.clone(),
        size: (size.columns, size.rows),
        limits: Limits {
            memory_bytes: agent.limits.memory.map(|bytes| bytes.0),
            processes: agent.limits.processes.map(u64::from),
            open_files: agent.limits.open_files.map(u64::from),
        },
        cgroup,
        on_loss: on_loss(context, &file),
        stop_signal: agent.stop.signal,
        stop_grace: Duration::from_millis(agent.stop.grace.0.0),
        transcript_segment_bytes: file.fleet.transcript_segment_bytes,
        transcript_segments_max: file.fleet.transcript_segments_max,
        input: work.and_then(|work| work.input(agent)),
    }
}

fn on_loss(context: &Context, file: &FleetConfig) -> OnLoss {
    match (context.life.attended, file.fleet.on_supervisor_loss) {
        (super::context::Attended::Headless, _) | (_, SupervisorLoss::Kill) => OnLoss::Kill,
        (_, SupervisorLoss::Stop) => OnLoss::Stop,
        (_, SupervisorLoss::Keep(span)) => OnLoss::Keep(Duration::from_millis(span.0.0)),
    }
}

/// Returns the environment of the agent, with the variables for a program that works on a task.
fn environment_for(
    place: &Place,
    tokens: &Tokens,
    agent: &AgentConfig,
    workspace: &Path,
    run: RunId,
    work: Option<&Work>,
) -> Vec<(OsString, OsString)> {
    let mut environment = environment(place, tokens, agent, workspace, run);
    environment.extend(work.into_iter().flat_map(|work| work.environment(agent)));
    environment
}

/// Returns the environment of the agent: the inherited variables that are permitted, the configured ones, and those by
/// which `qd` recognises the agent.
pub(super) fn environment(
    place: &Place,
    tokens: &Tokens,
    agent: &AgentConfig,
    workspace: &Path,
    run: RunId,
) -> Vec<(OsString, OsString)> {
    let own = [
        (AGENT_VARIABLE, OsString::from(&agent.name)),
        ("QD_RUN_ID", OsString::from(run.to_string())),
        (PROOF_VARIABLE, OsString::from(tokens.of(run))),
        (TOKEN_VARIABLE, OsString::from(tokens.of(run))),
        (SOCKET_VARIABLE, place.control_socket.clone().into()),
        (CONFIG_VARIABLE, place.config_path.clone().into()),
        (RUNTIME_VARIABLE, place.runtime_base().into()),
        ("QD_WORKSPACE", workspace.into()),
    ];
    let mut environment = agent.environment.resolve(std::env::vars_os());
    let terminal = TERMINAL.iter().filter(|(name, _)| !agent.environment.set.contains_key(*name));
    environment.extend(terminal.map(|(name, value)| (name.into(), value.into())));
    environment.extend(own.into_iter().map(|(name, value)| (name.into(), value)));
    environment.insert("PATH".into(), agent.environment.search_path(std::env::vars_os()));
    environment.into_iter().collect()
}
