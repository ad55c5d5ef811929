//! Tests of how `[tasks]` is read, completed and refused.

use super::{OutputLimits, with_prompt};
use crate::config::{AgentConfig, FleetConfig};
use proptest::prelude::*;
use quarterdeck_core::policy::{Autostart, RestartWhen};
use quarterdeck_core::task::limits::ARTIFACTS_MAX;
use quarterdeck_core::task::{TaskPolicy, Work};
use std::ffi::OsString;
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
        ("[tasks]\nageing = '0s'", "is zero"),
        ("[tasks]\nretries = 3", "unknown key `retries` in [tasks]"),
        ("[tasks]\nattempts = 0", "2:12"),
        ("[tasks]\noutputs_files = 1025", "is at most 1024"),
        ("[tasks.routing]\nexecuter = ['fix']\n[agents.a]\ncommand = 'x'\ncapabilities = ['executor']", "2:1"),
        ("[tasks.routing]\nexecuter = ['fix']\n[agents.a]\ncommand = 'x'\ncapabilities = ['executor']", "`executor`?"),
        ("[tasks]\nrouting = { do = ['ok', 'a b'] }\n[agents.a]\ncommand = 'x'\ncapabilities = ['do']", "2:25"),
        ("[tasks.routing]\ndo = 'fix'\n[agents.a]\ncommand = 'x'\ncapabilities = ['do']", "2:6"),
        ("tasks = 3", "expected a table"),
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
        crate::config::parse(&text, std::path::Path::new("/fleet/agents.toml"))
    };
    assert!(read(ARTIFACTS_MAX).is_ok());
    let refused = read(ARTIFACTS_MAX + 1).expect_err("more would be cut").to_string();
    assert!(refused.contains("`outputs_files` is at most 1024"), "{refused}");
}
