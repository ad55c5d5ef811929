//! Turns the tables as written into the complete configuration: defaults filled in, groups expanded.

use super::check::{AGENTS_MAX_DEFAULT, members};
use super::spec::{
    AgentConfig, AgentDefaults, Environment, FleetConfig, FleetSettings, Limits, Program, Ready, Stop,
    stands_in_repository,
};
use super::tables::{AgentTable, FleetTable, ReadySetting, ReadyTable, Restart, RestartTable, RestartWhen, Tables};
use super::tasks::AgentTasks;
use super::values::{Duration, Name, RelativePath, SupervisorLoss, TerminalSize, WorkspaceKind};
use super::written::Written;
use super::{coordination, default_environment as environment, tasks};
use quarterdeck_core::policy::{FleetPolicy, RestartPolicy, RestartWhen as When, StopPolicy};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

/// The exit code after which a run is never restarted (s6-supervise's permanent failure).
const PERMANENT_CODE: i32 = 125;

/// The default time that a run has to end after its stop keys are typed. Agent programs need 0.1 to 2.3 s; aider is the
/// slowest.
const KEYS_WAIT_DEFAULT: Duration = Duration::from_secs(5);
const PROBE_PERIOD_DEFAULT: Duration = Duration::from_secs(2);
const LOSS_KEEP_DEFAULT: Duration = Duration::from_secs(12 * 3_600);
const SIZE_DEFAULT: TerminalSize = TerminalSize { columns: 120, rows: 40 };
const TRANSCRIPT_SEGMENT_BYTES_DEFAULT: u64 = 16 << 20;
const TRANSCRIPT_SEGMENTS_DEFAULT: u32 = 4;
const JOURNAL_KEEP_DEFAULT: Duration = Duration::from_secs(30 * 86_400);
const JOURNAL_FACTS_DEFAULT: u32 = 1_000_000;

/// Builds the whole configuration from tables that have been checked.
pub(super) fn fleet(tables: Tables, written: &[Written<AgentTable>], path: &Path) -> FleetConfig {
    let root = path.parent().unwrap_or(Path::new("")).to_owned();
    let fleet = settings(tables.fleet, &root);
    let groups: BTreeMap<&str, Vec<String>> =
        written.iter().map(|agent| (agent.name.as_str(), members(&agent.name, agent.table.count))).collect();
    let agents = written.iter().flat_map(|agent| {
        let names = members(&agent.name, agent.table.count);
        let group = agent.table.count.map(|_| agent.name.clone());
        let one = configured(&agent.table, &fleet.defaults, |target| groups.get(target).cloned());
        names.into_iter().map(move |name| AgentConfig { name, group: group.clone(), ..one.clone() })
    });
    let agents = agents.collect();
    FleetConfig {
        path: path.to_owned(),
        root,
        fleet,
        coordination: coordination::settings(&tables.coordination, tables.resources),
        tasks: tasks::settings(&tables.tasks),
        plans: tables.plans.policy(),
        safety: tables.safety.policy(),
        plan: None,
        agents,
    }
}

fn settings(table: FleetTable, root: &Path) -> FleetSettings {
    let policy = FleetPolicy::default();
    let stop = StopPolicy::default();
    let directory_name = root.file_name().map(|name| name.to_string_lossy().into_owned());
    let default_name = directory_name.filter(|name| name.parse::<Name>().is_ok()).unwrap_or_else(|| "fleet".to_owned());
    let or = |value: Option<NonZeroU32>, default: u32| value.map_or(default, NonZeroU32::get);
    FleetSettings {
        name: table.name.map_or(default_name, |name| name.to_string()),
        max_concurrent: or(table.max_concurrent, policy.max_concurrent),
        agents_max: or(table.agents_max, AGENTS_MAX_DEFAULT),
        workspaces: table.workspaces.unwrap_or_else(default_workspaces),
        on_supervisor_loss: table.on_supervisor_loss.unwrap_or(SupervisorLoss::Keep(LOSS_KEEP_DEFAULT)),
        transcript_segment_bytes: table.transcript.size.map_or(TRANSCRIPT_SEGMENT_BYTES_DEFAULT, |bytes| bytes.0),
        transcript_segments_max: or(table.transcript.files, TRANSCRIPT_SEGMENTS_DEFAULT),
        journal_keep: table.journal.keep.unwrap_or(JOURNAL_KEEP_DEFAULT),
        journal_facts_max: or(table.journal.facts, JOURNAL_FACTS_DEFAULT),
        defaults: AgentDefaults {
            workspace: if stands_in_repository(root) { WorkspaceKind::Worktree } else { WorkspaceKind::Directory },
            restart: restart(table.restart.as_ref(), &RestartPolicy::default()),
            stop_signal: table.stop_signal.map_or(stop.signal, |signal| signal.number()),
            stop_grace: table.stop_grace.unwrap_or(Duration(stop.grace)),
            size: table.size.unwrap_or(SIZE_DEFAULT),
            unresponsive_after: table.unresponsive_after,
        },
    }
}

fn default_workspaces() -> RelativePath {
    "workspaces".parse().expect("a path beneath the root")
}

/// Builds the configuration of one agent, without a name yet. `group` returns the agents that a name in `after` stands
/// for.
pub(super) fn configured(
    table: &AgentTable,
    defaults: &AgentDefaults,
    group: impl Fn(&str) -> Option<Vec<String>>,
) -> AgentConfig {
    AgentConfig {
        name: String::new(),
        group: None,
        program: program(table),
        kind: table.kind,
        environment: Environment { inherit: inherit(table.env_inherit.as_deref()), set: table.env.clone() },
        cwd: table.cwd.clone(),
        workspace: table.workspace.unwrap_or(defaults.workspace),
        base: table.base.clone(),
        setup: table.setup.clone(),
        copy: table.copy.clone(),
        capabilities: table.capabilities.clone(),
        tasks: of_agent(table),
        autostart: table.tasks.unwrap_or_default().autostart(table.autostart),
        after: table.after.iter().flat_map(|name| group(name).unwrap_or_else(|| vec![name.clone()])).collect(),
        ready: ready(table.ready.as_ref()),
        restart: match table.tasks.unwrap_or_default().is_one_shot() {
            // For a task that failed, a new attempt is made; its run is not restarted.
            true => RestartPolicy { when: When::Never, ..defaults.restart.clone() },
            false => restart(table.restart.as_ref(), &defaults.restart),
        },
        stop: Stop {
            keys: table.stop_keys.clone(),
            keys_wait: table.stop_keys_wait.unwrap_or(KEYS_WAIT_DEFAULT),
            signal: table.stop_signal.map_or(defaults.stop_signal, |signal| signal.number()),
            grace: table.stop_grace.unwrap_or(defaults.stop_grace),
        },
        size: table.size.unwrap_or(defaults.size),
        unresponsive_after: table.unresponsive_after.or(defaults.unresponsive_after),
        limits: Limits {
            memory: table.limits.memory,
            processes: table.limits.processes.map(NonZeroU32::get),
            open_files: table.limits.open_files.map(NonZeroU32::get),
        },
    }
}

fn program(table: &AgentTable) -> Program {
    match (&table.command, &table.shell) {
        (Some(program), _) => {
            Program::Command { program: program.clone(), args: table.args.clone().unwrap_or_default() }
        }
        (None, line) => Program::Shell(line.clone().unwrap_or_default()),
    }
}

fn inherit(entries: Option<&[String]>) -> Vec<String> {
    let both = || environment::SETS.map(|(name, _)| name.to_owned()).to_vec();
    let entries = entries.map_or_else(both, <[String]>::to_vec);
    entries.iter().filter_map(|entry| environment::expand(entry)).flatten().collect()
}

fn ready(setting: Option<&ReadySetting>) -> Ready {
    match setting {
        None | Some(ReadySetting::Named(_)) => Ready::FirstOutput,
        Some(ReadySetting::Table(ReadyTable { pattern: Some(pattern), .. })) => Ready::Pattern(pattern.clone()),
        Some(ReadySetting::Table(ReadyTable { command: Some(command), period, .. })) => {
            Ready::Command { command: command.clone(), period: period.unwrap_or(PROBE_PERIOD_DEFAULT) }
        }
        Some(ReadySetting::Table(ReadyTable { delay, .. })) => delay.map_or(Ready::FirstOutput, Ready::Delay),
    }
}

fn restart(setting: Option<&Restart>, defaults: &RestartPolicy) -> RestartPolicy {
    match setting {
        None => defaults.clone(),
        Some(Restart::When(when)) => RestartPolicy { when: restart_when(*when), ..defaults.clone() },
        Some(Restart::Table(table)) => restart_in_full(table, defaults),
    }
}

fn restart_in_full(table: &RestartTable, defaults: &RestartPolicy) -> RestartPolicy {
    let span = |given: Option<Duration>, default| given.map_or(default, |duration| duration.0);
    let codes = |given: &Option<Vec<u8>>, default: &[i32]| match given {
        Some(codes) => codes.iter().map(|code| i32::from(*code)).collect(),
        None => default.to_vec(),
    };
    let mut permanent_codes: Vec<i32> = codes(&table.permanent_codes, &defaults.permanent_codes);
    if !permanent_codes.contains(&PERMANENT_CODE) {
        permanent_codes.push(PERMANENT_CODE);
    }
    let delay = span(table.delay, defaults.delay);
    RestartPolicy {
        when: table.when.map_or(defaults.when, restart_when),
        delay,
        delay_max: span(table.delay_max, defaults.delay_max.max(delay)),
        jitter_percent: table.jitter_percent.unwrap_or(defaults.jitter_percent),
        budget: table.budget.unwrap_or(defaults.budget),
        window: span(table.window, defaults.window),
        reset_after: span(table.reset_after, defaults.reset_after),
        success_codes: codes(&table.success_codes, &defaults.success_codes),
        permanent_codes,
    }
}

fn restart_when(when: RestartWhen) -> When {
    match when {
        RestartWhen::Never => When::Never,
        RestartWhen::OnFailure => When::OnFailure,
        RestartWhen::Always => When::Always,
    }
}

/// The task settings of an agent, from a table that has been checked.
fn of_agent(table: &AgentTable) -> AgentTasks {
    AgentTasks {
        delivery: table.tasks.unwrap_or_default(),
        done_when: table.done_when.unwrap_or_default(),
        timeout: table.task_timeout,
    }
}
