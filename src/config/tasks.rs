//! `[tasks]`: the settings that hold for all tasks.

use super::problem::Problem;
use super::values::{Bytes, Duration, RelativePath};
use super::written::Written;
use crate::nearest::hint_for_unknown;
use quarterdeck_core::task::TaskPolicy;
use quarterdeck_core::task::limits::ARTIFACTS_MAX;
use quarterdeck_core::task::routing::{Routing, is_word};
use quarterdeck_core::time::Span;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

const VERIFY_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10 * 60);
const OUTPUTS_SIZE_DEFAULT: Bytes = Bytes(256 << 20);
const OUTPUTS_FILES_DEFAULT: usize = 1_000;

/// `[tasks]`: the settings that hold for all tasks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TasksTable {
    /// The drop folder, below this file's directory: Markdown files in its `active/` become tasks. Default: "tasks".
    pub(super) folder: Option<RelativePath>,
    /// The number of attempts of a task that gives none itself. Default: 3.
    pub(super) attempts: Option<NonZeroU32>,
    /// The wait before a task's second attempt; it doubles with each one. Default: "2s".
    pub(super) retry_delay: Option<Duration>,
    /// The longest wait between two attempts. Default: "10s".
    pub(super) retry_delay_max: Option<Duration>,
    /// The longest time for one attempt of a task that gives none itself. Default: no limit.
    pub(super) timeout: Option<Duration>,
    /// The waiting time after which a task's priority rises by one, again and again. Default: "1m".
    pub(super) ageing: Option<Duration>,
    /// The most parts that a task is divided into. Default: 3.
    pub(super) max_subtasks: Option<NonZeroU32>,
    /// The longest time for a task's `verify`; then it is killed and has failed. Default: "10m".
    pub(super) verify_timeout: Option<Duration>,
    /// The largest size of a task's declared outputs, all together. Default: "256MiB".
    pub(super) outputs_size: Option<Bytes>,
    /// The most files among a task's declared outputs, at most 1024. Default: 1000.
    pub(super) outputs_files: Option<NonZeroU32>,
    /// The words by which a task that names no capability and no agent asks for a capability: `executor = ["implement",
    /// "fix"]`. The earliest of these words in the task's first line decides.
    pub(super) routing: BTreeMap<String, Vec<String>>,
}

/// The settings that hold for all tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSettings {
    /// Path of the drop folder, below the root.
    pub folder: RelativePath,
    /// The policy from which the core decides about tasks.
    pub policy: TaskPolicy,
    /// The longest time for a task's `verify`; then it is killed and has failed.
    pub verify_timeout: Duration,
    /// The limits on a task's declared outputs.
    pub outputs: OutputLimits,
}

/// The limits on a task's declared outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// The most bytes of all output files of a task together.
    pub bytes_max: u64,
    /// The most output files of a task.
    pub files_max: usize,
}

/// Checks the table as a whole and reports its problems. `capabilities` are those that an agent has.
pub(super) fn check(written: &Written<TasksTable>, capabilities: &BTreeSet<&str>, problems: &mut Vec<Problem>) {
    let table = &written.table;
    let folder = table.folder.as_ref().and_then(|folder| folder.problem_as_directory("folder"));
    problems.extend(folder.map(|what| Problem::at(written.span("folder"), what)));
    if table.outputs_files.is_some_and(|count| count.get() as usize > ARTIFACTS_MAX) {
        let what = format!("`outputs_files` is at most {ARTIFACTS_MAX}: the fleet records no more files of one task");
        let problem = Problem::at(written.span("outputs_files"), what);
        problems.push(problem.hint("let the task write one archive instead of many files"));
    }
    if let (Some(delay), Some(longest)) = (table.retry_delay, table.retry_delay_max)
        && delay > longest
    {
        let what = format!("`retry_delay` ({delay}) is longer than `retry_delay_max` ({longest})");
        problems.push(Problem::at(written.span("retry_delay"), what));
    }
    for (key, given) in [("timeout", table.timeout), ("ageing", table.ageing), ("verify_timeout", table.verify_timeout)]
    {
        if given.is_some_and(Duration::is_zero) {
            problems.push(Problem::at(written.span(key), format!("`{key}` is zero; expected a longer time")));
        }
    }
    routing(written, capabilities, problems);
}

/// Checks `[tasks.routing]`: each capability must be one that an agent has, and each word one that a line can hold.
fn routing(written: &Written<TasksTable>, known: &BTreeSet<&str>, problems: &mut Vec<Problem>) {
    for (place, capability, words) in written.entries("routing") {
        if !known.contains(capability) {
            let what = format!("no agent can do `{}`, which [tasks.routing] asks for", capability.escape_debug());
            let hint = hint_for_unknown(capability, known.iter().copied())
                .unwrap_or_else(|| "add it to the `capabilities` of an agent".to_owned());
            problems.push(Problem::at(place, what).hint(hint));
        }
        for word in words.as_array().into_iter().flatten() {
            if let Some(unfit) = word.get_ref().as_str().filter(|word| !is_word(word)) {
                let what = format!("`{}` is not a single word", unfit.escape_debug());
                problems.push(Problem::at(word.span(), what).hint("a word has letters, digits, `_`, and `-` inside"));
            }
        }
    }
}

impl TasksTable {
    /// The settings that result from the table, with defaults filled in. The table must have been checked.
    pub(super) fn settings(&self) -> TaskSettings {
        let defaults = TaskPolicy::default();
        let retry_delay = span(self.retry_delay, defaults.retry_delay);
        let policy = TaskPolicy {
            attempts: self.attempts.map_or(defaults.attempts, NonZeroU32::get),
            retry_delay,
            retry_delay_max: span(self.retry_delay_max, defaults.retry_delay_max.max(retry_delay)),
            timeout: self.timeout.map(|timeout| timeout.0),
            ageing: span(self.ageing, defaults.ageing),
            max_subtasks: self.max_subtasks.map_or(defaults.max_subtasks, NonZeroU32::get),
            routing: Routing::new(self.routing.clone()),
            ..defaults
        };
        TaskSettings {
            folder: self.folder.clone().unwrap_or_else(|| "tasks".parse().expect("a path inside the root")),
            policy,
            verify_timeout: self.verify_timeout.unwrap_or(VERIFY_TIMEOUT_DEFAULT),
            outputs: OutputLimits {
                bytes_max: self.outputs_size.unwrap_or(OUTPUTS_SIZE_DEFAULT).0,
                files_max: self.outputs_files.map_or(OUTPUTS_FILES_DEFAULT, |count| count.get() as usize),
            },
        }
    }
}

fn span(given: Option<Duration>, default: Span) -> Span {
    given.map_or(default, |duration| duration.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FleetConfig;
    use std::path::Path;

    fn read(text: &str) -> Result<FleetConfig, String> {
        crate::config::parse(text, Path::new("/fleet/agents.toml")).map_err(|errors| errors.to_string())
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
            ("[tasks]\nfolder = '.quarterdeck/x'", "can't be inside"),
            ("[tasks]\nretry_delay = '2m'\nretry_delay_max = '1m'", "is longer than `retry_delay_max`"),
            ("[tasks]\nageing = '0s'", "is zero"),
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
            ("tasks = 3", "must be a table"),
            ("[agents.a]\ncommand = 'x'\ntasks = 'typed'", "did you mean `type`?"),
            ("[agents.a]\ncommand = 'x'\ndone_when = 'idle'", "3:13"),
            ("[agents.a]\ncommand = 'x'\ntasks = 'stdin'\nautostart = true", "4:13"),
            ("[agents.a]\ncommand = 'x'\ntasks = 'stdin'\nrestart = 'always'", "has no meaning for an agent"),
            ("[agents.a]\ncommand = 'x'\nargs = ['{prompt}']", "3:8"),
        ];
        for (text, says) in refused {
            let errors = read(text).expect_err(text);
            assert!(errors.contains(says), "{text}\n{errors}");
        }
    }

    #[test]
    fn no_more_files_can_be_left_than_are_remembered() {
        let read = |count: usize| {
            let text = format!("[tasks]\noutputs_files = {count}\n[agents.a]\ncommand = \"x\"");
            crate::config::parse(&text, std::path::Path::new("/fleet/agents.toml"))
        };
        assert!(read(ARTIFACTS_MAX).is_ok());
        let refused = read(ARTIFACTS_MAX + 1).expect_err("more would be cut").to_string();
        assert!(refused.contains("`outputs_files` is at most 1024"), "{refused}");
    }
}
