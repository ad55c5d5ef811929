//! How work reaches an agent, and what holds for all tasks: `[tasks]`, and the keys of `[agents.NAME]` about them.

use super::problem::Problem;
use super::read::Written;
use super::tables::AgentTable;
use super::values::{Bytes, Duration, RelativePath};
use crate::nearest::did_you_mean;
use quarterdeck_core::policy::Autostart;
use quarterdeck_core::task::limits::ARTIFACTS_MAX;
use quarterdeck_core::task::routing::{Routing, is_word};
use quarterdeck_core::task::{TaskPolicy, Work};
use quarterdeck_core::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::num::NonZeroU32;
use toml::Spanned;
use toml::de::DeTable;

/// What an argument holds where the prompt is to be put in.
pub const PROMPT_PLACE: &str = "{prompt}";

const VERIFY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10 * 60);
const OUTPUTS_SIZE_DEFAULT: Bytes = Bytes(256 << 20);
const OUTPUTS_FILES_DEFAULT: usize = 1_000;

/// How work reaches an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// It asks for it: `qd task claim`, in its shell or over MCP.
    #[default]
    Pull,
    /// A run for each task, with the prompt as an argument.
    Argument,
    /// A run for each task, with the prompt as its standard input.
    Stdin,
    /// The prompt is typed into the terminal of its run once that is idle.
    Type,
}

/// By what a typed task's end is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DoneWhen {
    /// The agent says so: `qd task done`, `qd task fail`. If its turn ends without a word, a person is asked; if nobody
    /// answers for ten minutes, the task is done, and unverified unless it has a `verify`.
    #[default]
    Said,
    /// Its turn is over: the program says so, or has worked and fallen silent.
    Idle,
}

/// What an agent's configuration says of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgentTasks {
    /// How work reaches it.
    pub delivery: Delivery,
    /// By what a typed task's end is known.
    pub done_when: DoneWhen,
    /// An attempt of a task that does not say may take this long; none: as the fleet says.
    pub timeout: Option<Duration>,
}

/// `[tasks]`: what holds for all tasks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TasksTable {
    /// The drop folder, beneath this file's directory: Markdown files in its `active/` become tasks. Default: "tasks".
    pub folder: Option<RelativePath>,
    /// Attempts of a task that does not say. Default: 3.
    pub attempts: Option<NonZeroU32>,
    /// The wait before a task's second attempt; it doubles with each one. Default: "2s".
    pub retry_delay: Option<Duration>,
    /// The longest wait. Default: "10s".
    pub retry_delay_max: Option<Duration>,
    /// An attempt of a task that does not say may take this long. Default: no limit.
    pub timeout: Option<Duration>,
    /// A waiting task's priority rises by one each time it has waited this long. Default: "1m".
    pub ageing: Option<Duration>,
    /// Parts a task is divided into at most. Default: 3.
    pub max_subtasks: Option<NonZeroU32>,
    /// A task's `verify` may take this long; then it is killed and has failed. Default: "10m".
    pub verify_timeout: Option<Duration>,
    /// What a task's declared outputs may come to, all together. Default: "256MiB".
    pub outputs_size: Option<Bytes>,
    /// Files a task's declared outputs may come to, at most 1024. Default: 1000.
    pub outputs_files: Option<NonZeroU32>,
    /// Words by which a task that names no capability and no agent asks for one: `executor = ["implement", "fix"]`. The
    /// earliest of them in its first line decides.
    pub routing: BTreeMap<String, Vec<String>>,
}

/// What holds for all tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSettings {
    /// The drop folder, beneath the root.
    pub folder: RelativePath,
    /// What is decided from.
    pub policy: TaskPolicy,
    /// A task's `verify` may take this long.
    pub verify_timeout: Duration,
    /// What a task's declared outputs may come to.
    pub outputs: OutputLimits,
}

/// What outputs may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// Bytes, all together.
    pub bytes_max: u64,
    /// Files.
    pub files_max: usize,
}

impl Delivery {
    /// What the core decides from.
    pub fn work(self) -> Work {
        match self {
            Delivery::Pull => Work::Pulled,
            Delivery::Argument | Delivery::Stdin => Work::OneShot,
            Delivery::Type => Work::Typed,
        }
    }

    /// Whether a task starts a run of its own.
    pub fn is_one_shot(self) -> bool {
        self.work() == Work::OneShot
    }

    /// Whether an agent that does not say starts with its fleet: one that a task starts does not.
    pub(super) fn autostart(self, said: Option<bool>) -> Autostart {
        match said.unwrap_or(!self.is_one_shot()) {
            true => Autostart::WithFleet,
            false => Autostart::OnRequest,
        }
    }
}

/// What an agent's table says of tasks. It has been checked.
pub(super) fn of_agent(table: &AgentTable) -> AgentTasks {
    AgentTasks {
        delivery: table.tasks.unwrap_or_default(),
        done_when: table.done_when.unwrap_or_default(),
        timeout: table.task_timeout,
    }
}

/// The settings that a table stands for. It has been checked.
pub(super) fn settings(table: &TasksTable) -> TaskSettings {
    let defaults = TaskPolicy::default();
    let retry_delay = span(table.retry_delay, defaults.retry_delay);
    let policy = TaskPolicy {
        attempts: table.attempts.map_or(defaults.attempts, NonZeroU32::get),
        retry_delay,
        retry_delay_max: span(table.retry_delay_max, defaults.retry_delay_max.max(retry_delay)),
        timeout: table.timeout.map(|timeout| timeout.0),
        ageing: span(table.ageing, defaults.ageing),
        max_subtasks: table.max_subtasks.map_or(defaults.max_subtasks, NonZeroU32::get),
        routing: Routing::new(table.routing.clone()),
        ..defaults
    };
    TaskSettings {
        folder: table.folder.clone().unwrap_or_else(|| "tasks".parse().expect("a path beneath the root")),
        policy,
        verify_timeout: table.verify_timeout.unwrap_or(VERIFY_TIMEOUT_DEFAULT),
        outputs: OutputLimits {
            bytes_max: table.outputs_size.unwrap_or(OUTPUTS_SIZE_DEFAULT).0,
            files_max: table.outputs_files.map_or(OUTPUTS_FILES_DEFAULT, |count| count.get() as usize),
        },
    }
}

fn span(given: Option<Duration>, default: Span) -> Span {
    given.map_or(default, |duration| duration.0)
}

/// Checks `[tasks]`.
pub(super) fn check(table: &TasksTable, tree: &DeTable, problems: &mut Vec<Problem>) {
    let span = |key: &str| tree.get(key).map_or(0..0, Spanned::span);
    let folder = table.folder.as_ref().map(|folder| folder.as_path());
    match folder.and_then(|folder| folder.components().next()) {
        _ if folder.is_none() => {}
        None => problems.push(Problem::at(span("folder"), "`folder` can't be the fleet's own directory")),
        Some(first) if [".git", ".quarterdeck"].contains(&&*first.as_os_str().to_string_lossy()) => {
            let what = format!("`folder` can't lie in `{}`", first.as_os_str().display());
            problems.push(Problem::at(span("folder"), what));
        }
        Some(_) => {}
    }
    if table.outputs_files.is_some_and(|count| count.get() as usize > ARTIFACTS_MAX) {
        let what = format!("`outputs_files` is {ARTIFACTS_MAX} at most: so many files of a task are remembered");
        problems.push(Problem::at(span("outputs_files"), what));
    }
    if let (Some(delay), Some(longest)) = (table.retry_delay, table.retry_delay_max)
        && delay > longest
    {
        let what = format!("`retry_delay` ({delay}) is longer than `retry_delay_max` ({longest})");
        problems.push(Problem::at(span("retry_delay"), what));
    }
    if table.outputs_files.is_some_and(|count| count.get() as usize > ARTIFACTS_MAX) {
        let what = format!("`outputs_files` is at most {ARTIFACTS_MAX}");
        problems.push(Problem::at(span("outputs_files"), what).hint("let a task leave an archive"));
    }
    for (key, given) in [("timeout", table.timeout), ("ageing", table.ageing), ("verify_timeout", table.verify_timeout)]
    {
        if given.is_some_and(is_zero) {
            problems.push(Problem::at(span(key), format!("`{key}` is no time at all")));
        }
    }
}

/// Checks `[tasks.routing]`: capabilities that an agent has, and words that a line can hold.
pub(super) fn check_routing(tree: &DeTable, agents: &[Written], problems: &mut Vec<Problem>) {
    let known: BTreeSet<&str> = agents.iter().flat_map(|agent| &agent.table.capabilities).map(String::as_str).collect();
    let routes = tree.get("routing").and_then(|table| table.get_ref().as_table());
    for (capability, said) in routes.into_iter().flatten() {
        let name = capability.get_ref().as_ref();
        if !known.contains(name) {
            let what = format!("no agent can do `{}`, which [tasks.routing] asks for", name.escape_debug());
            let problem = Problem::at(capability.span(), what);
            problems.push(match did_you_mean(name, known.iter().copied()) {
                Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
                None => problem.hint("add it to the `capabilities` of an agent"),
            });
        }
        let items = said.get_ref().as_array().into_iter().flatten();
        for item in items.filter(|item| item.get_ref().as_str().is_some_and(|word| !is_word(word))) {
            let what = format!("`{}` is no single word", item.get_ref().as_str().unwrap_or_default().escape_debug());
            problems.push(Problem::at(item.span(), what).hint("a word has letters, digits, `_`, and `-` inside"));
        }
    }
}

/// Checks what an agent's table says of tasks.
pub(super) fn check_agent(agent: &Written, problems: &mut Vec<Problem>) {
    let table = &agent.table;
    let delivery = table.tasks.unwrap_or_default();
    let mut wrong = |key: &str, what: &str, hint: &str| {
        problems.push(Problem::at(agent.span(key), what).hint(hint));
    };
    if table.done_when.is_some() && delivery != Delivery::Type {
        wrong(
            "done_when",
            "`done_when` goes with `tasks = \"type\"`",
            "elsewhere the run's end, or the agent, says so",
        );
    }
    if table.task_timeout.is_some_and(is_zero) {
        wrong("task_timeout", "`task_timeout` is no time at all", "leave it out for the fleet's");
    }
    if delivery.is_one_shot() && table.autostart == Some(true) {
        let hint = "leave `autostart` out: a run begins with each task";
        wrong("autostart", "an agent that gets its tasks as an argument or on stdin starts with a task", hint);
    }
    if delivery.is_one_shot() && table.restart.is_some() {
        let hint = "`attempts` and `retry_delay` in [tasks] say how a task that failed is tried again";
        wrong("restart", "`restart` is not for an agent that is started by its tasks", hint);
    }
    let has_place = table.args.iter().flatten().any(|argument| argument.contains(PROMPT_PLACE));
    if has_place && delivery != Delivery::Argument {
        let what = "`{prompt}` in `args` is where a task's prompt goes, and none comes as an argument";
        wrong("args", what, "say `tasks = \"argument\"`");
    }
}

fn is_zero(duration: Duration) -> bool {
    duration.0.0 == 0
}

/// A command line that gets a prompt: its arguments with the prompt in each `{prompt}`, or behind them where there is
/// none. What the prompt itself holds is never looked at again.
pub(super) fn with_prompt(args: &[String], prompt: &str) -> Vec<OsString> {
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
    use crate::config::{AgentConfig, FleetConfig};
    use proptest::prelude::*;
    use quarterdeck_core::policy::RestartWhen;
    use std::path::Path;

    fn words(args: &[&str], prompt: &str) -> Vec<OsString> {
        with_prompt(&args.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), prompt)
    }

    #[test]
    fn a_prompt_goes_where_it_is_wanted_or_to_the_end() {
        assert_eq!(words(&["-p"], "a b"), ["-p", "a b"]);
        assert_eq!(words(&["--message={prompt}", "-v"], "{prompt}"), ["--message={prompt}", "-v"]);
    }

    fn read(text: &str) -> Result<FleetConfig, String> {
        crate::config::parse(text, Path::new("/fleet/agents.toml")).map_err(|errors| errors.to_string())
    }

    fn agent(keys: &str) -> AgentConfig {
        read(&format!("[agents.a]\n{keys}")).unwrap_or_else(|errors| panic!("{errors}")).agents.remove(0)
    }

    #[test]
    fn an_agent_that_a_task_starts_starts_with_nothing_else_and_is_not_started_again() {
        for (delivery, work) in
            [("pull", Work::Pulled), ("argument", Work::OneShot), ("stdin", Work::OneShot), ("type", Work::Typed)]
        {
            let policy = agent(&format!("command = 'x'\ntasks = '{delivery}'")).policy();
            assert_eq!(policy.work, work);
            let one_shot = work == Work::OneShot;
            assert_eq!(policy.autostart == Autostart::OnRequest, one_shot, "{delivery}");
            assert_eq!(policy.restart.when == RestartWhen::Never, one_shot, "{delivery}");
        }
        assert_eq!(agent("command = 'x'").policy().work, Work::Pulled);
    }

    #[test]
    fn a_prompt_never_becomes_a_part_of_a_shell_line() {
        let (program, arguments) = agent("shell = 'echo $1'\ntasks = 'argument'").command_line_with("$(rm -rf ~)");
        assert_eq!(program, "sh");
        assert_eq!(arguments, ["-c", "echo $1", "sh", "$(rm -rf ~)"]);
    }

    #[test]
    fn settings_are_read_and_completed() {
        let settings = read("[tasks]\nretry_delay = '10m'\nattempts = 5\nfolder = 'todo'\noutputs_size = '1KiB'");
        let settings = settings.expect("accepted").tasks;
        assert_eq!((settings.policy.attempts, settings.folder.to_string().as_str()), (5, "todo"));
        assert_eq!(settings.policy.retry_delay_max, settings.policy.retry_delay, "never less than the first");
        assert_eq!(settings.outputs, OutputLimits { bytes_max: 1_024, files_max: 1_000 });
        let plain = read("").expect("accepted");
        assert_eq!(plain.tasks.policy, TaskPolicy::default());
        assert_eq!(plain.policy().coordination.tasks, plain.tasks.policy, "the core decides from it");
    }

    #[test]
    fn routing_is_what_the_core_decides_from() {
        let text = "[tasks.routing]\nexecutor = ['Fix']\n[agents.a]\ncommand = 'x'\ncapabilities = ['executor']";
        let routing = read(text).expect("accepted").policy().coordination.tasks.routing;
        assert_eq!(routing.capability_of("fix it"), Some(("executor", "fix".to_owned())));
    }

    #[test]
    fn what_does_not_fit_together_is_refused_with_its_place() {
        let refused: [(&str, &str); 17] = [
            ("[tasks]\nfolder = '.'", "2:10"),
            ("[tasks]\nfolder = '.quarterdeck/x'", "can't lie in"),
            ("[tasks]\nretry_delay = '2m'\nretry_delay_max = '1m'", "is longer than `retry_delay_max`"),
            ("[tasks]\nageing = '0s'", "no time at all"),
            ("[tasks]\nretries = 3", "unknown key `retries` in [tasks]"),
            ("[tasks]\nattempts = 0", "2:12"),
            ("[tasks]\noutputs_files = 1025", "is at most 1024"),
            ("[tasks.routing]\nexecuter = ['fix']\n[agents.a]\ncommand = 'x'\ncapabilities = ['executor']", "2:1"),
            (
                "[tasks.routing]\nexecuter = ['fix']\n[agents.a]\ncommand = 'x'\ncapabilities = ['executor']",
                "`executor`?",
            ),
            ("[tasks]\nrouting = { do = ['ok', 'a b'] }\n[agents.a]\ncommand = 'x'\ncapabilities = ['do']", "2:25"),
            ("[tasks.routing]\ndo = 'fix'\n[agents.a]\ncommand = 'x'\ncapabilities = ['do']", "2:6"),
            ("tasks = 3", "expected a table"),
            ("[agents.a]\ncommand = 'x'\ntasks = 'typed'", "did you mean `type`?"),
            ("[agents.a]\ncommand = 'x'\ndone_when = 'idle'", "3:13"),
            ("[agents.a]\ncommand = 'x'\ntasks = 'stdin'\nautostart = true", "4:13"),
            ("[agents.a]\ncommand = 'x'\ntasks = 'stdin'\nrestart = 'always'", "is not for an agent"),
            ("[agents.a]\ncommand = 'x'\nargs = ['{prompt}']", "3:8"),
        ];
        for (text, says) in refused {
            let errors = read(text).expect_err(text);
            assert!(errors.contains(says), "{text}\n{errors}");
        }
    }

    proptest! {
        #[test]
        fn a_prompt_is_one_argument_whatever_it_holds(prompt in "\\PC*") {
            prop_assert_eq!(words(&["-p", "{prompt}", "-v"], &prompt), ["-p", prompt.as_str(), "-v"].map(OsString::from));
        }
    }

    #[test]
    fn no_more_files_can_be_left_than_are_remembered() {
        let read = |count: usize| {
            let text = format!("[tasks]\noutputs_files = {count}\n[agents.a]\ncommand = \"x\"");
            super::super::parse(&text, std::path::Path::new("/fleet/agents.toml"))
        };
        assert!(read(ARTIFACTS_MAX).is_ok());
        let refused = read(ARTIFACTS_MAX + 1).expect_err("more would be cut").to_string();
        assert!(refused.contains("`outputs_files` is 1024 at most"), "{refused}");
    }
}
