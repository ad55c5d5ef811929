//! Tests of the configuration as a whole: how it is read, and every way in which it can be wrong.

use super::values::Units;
use super::*;
use proptest::prelude::*;
use quarterdeck_core::policy::{Autostart, Coordination, Readiness, Recovery, RestartWhen, SafetyChecks, SafetyPolicy};
use quarterdeck_core::time::Span;
use std::collections::{BTreeMap, BTreeSet};

fn read(text: &str) -> Result<FleetConfig, ConfigErrors> {
    parse(text, Path::new("/fleet/agents.toml"))
}

fn accepted(text: &str) -> FleetConfig {
    read(text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn refused(text: &str) -> String {
    match read(text) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(errors) => errors.to_string(),
    }
}

const FULL: &str = r#"
[fleet]
name = "ship"
max_concurrent = 4
stop_grace = "3s"
restart = "never"
on_supervisor_loss = "stop"
transcript = { size = "1MiB", files = 2 }

[agents.zeta]
command = "claude"
args = ["--resume", "a b"]
env = { TOKEN = "hunter2" }
env_inherit = ["@base", "AWS_*"]
cwd = "services/api"
workspace = "worktree"
base = "main"
setup = ["npm ci"]
copy = [".env.local", "certs/*"]
capabilities = ["review"]
count = 2
stop_keys = ["ctrl-c", "ctrl-c"]
stop_signal = "int"
size = "80x24"
autostart = false
limits = { memory = "2GiB", processes = 50, open_files = 256 }

[agents.alpha]
shell = "make watch | tee log"
after = ["zeta"]
ready = { pattern = "listening" }

[agents.alpha.restart]
when = "always"
delay = "1s"
permanent_codes = [2]
"#;

#[test]
fn a_full_file_is_read_completed_and_expanded_in_its_order() {
    let config = accepted(FULL);
    let names: Vec<&str> = config.agents.iter().map(|agent| agent.name.as_str()).collect();
    assert_eq!(names, ["zeta-1", "zeta-2", "alpha"]);
    assert_eq!(config.root, Path::new("/fleet"));
    assert_eq!(config.policy().max_concurrent, 4);
    assert_eq!(config.fleet.transcript_segment_bytes, 1 << 20);

    let zeta = &config.agents[1];
    assert_eq!(zeta.group.as_deref(), Some("zeta"));
    assert_eq!(zeta.program.command_line(), ("claude".into(), vec!["--resume".into(), "a b".into()]));
    let policy = zeta.policy();
    assert_eq!(policy.autostart, Autostart::OnRequest);
    assert_eq!(policy.restart.when, RestartWhen::Never, "the fleet's default");
    assert_eq!((policy.stop.signal, policy.stop.grace), (2, Span::from_secs(3)));
    assert_eq!(policy.stop.keys_wait, Some(Span::from_secs(5)));

    let alpha = config.agent("alpha").expect("an agent").policy();
    assert_eq!(alpha.after, ["zeta-1", "zeta-2"], "a group's name stands for its members");
    assert_eq!(alpha.readiness, Readiness::Pattern);
    assert_eq!(alpha.restart.when, RestartWhen::Always);
    assert_eq!(alpha.restart.permanent_codes, [2, 125], "125 is always among them");
    assert_eq!(alpha.stop.keys_wait, None);
    assert_eq!(
        config.agents[2].program.command_line(),
        ("sh".into(), vec!["-c".into(), "make watch | tee log".into()])
    );
}

#[test]
fn an_empty_file_is_a_fleet_without_agents() {
    let config = accepted("");
    assert_eq!((config.fleet.name.as_str(), config.agents.len()), ("fleet", 0));
    assert_eq!(config.fleet.defaults.workspace, WorkspaceKind::Directory, "there is no repository at /fleet");
}

#[test]
fn secrets_do_not_show_in_debug() {
    let shown = format!("{:?}", accepted(FULL));
    assert!(shown.contains("TOKEN") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_environment_is_what_is_inherited_and_then_what_is_set() {
    let config =
        accepted("[agents.a]\ncommand = 'x'\nenv_inherit = ['LC_*', 'PATH']\nenv = { PATH = '/own', A = 'b' }");
    let present = [("LC_ALL", "C"), ("PATH", "/bin"), ("SECRET", "s")].map(|(name, value)| (name.into(), value.into()));
    let resolved = config.agents[0].environment.resolve(present);
    let expected = [("A", "b"), ("LC_ALL", "C"), ("PATH", "/own")].map(|(name, value)| (name.into(), value.into()));
    assert_eq!(resolved, BTreeMap::from(expected));
}

#[test]
fn what_a_program_is_follows_from_its_command_line_unless_the_file_says_it() {
    let kind = |keys: &str| accepted(&format!("[agents.a]\n{keys}")).agents[0].kind();
    for agent in [
        "command = 'claude'",
        "command = '/opt/bin/codex'\nargs = ['exec']",
        "command = 'npx'\nargs = ['-y', '@openai/codex@0.169.0']",
        "command = 'node'\nargs = ['/lib/node_modules/x/gemini.js']",
        "shell = 'exec claude -p \"$1\"'",
        "command = 'npx'\nargs = ['@google/gemini-cli']",
        "command = './wrapper'\nkind = 'agent'",
    ] {
        assert_eq!(kind(agent), ProgramKind::Agent, "{agent}");
    }
    for command in
        ["command = 'cargo'\nargs = ['test']", "shell = 'cat claude.md pip'", "command = 'claude'\nkind = 'command'"]
    {
        assert_eq!(kind(command), ProgramKind::Command, "{command}");
    }
}

#[test]
fn any_change_changes_the_revision() {
    let revision = |key: &str| accepted(&format!("[agents.a]\n{key}")).agents[0].revision();
    let variants = [
        "command = 'x'",
        "command = 'y'",
        "shell = 'x'",
        "command = 'x'\nargs = ['1']",
        "command = 'x'\nenv = { A = 'b' }",
        "command = 'x'\nenv_inherit = []",
        "command = 'x'\ncwd = 'd'",
        "command = 'x'\nworkspace = 'shared'",
        "command = 'x'\nworkspace = 'worktree'\nbase = 'main'",
        "command = 'x'\nsetup = ['s']",
        "command = 'x'\ncopy = ['c']",
        "command = 'x'\ncapabilities = ['c']",
        "command = 'x'\nautostart = false",
        "command = 'x'\nready = { delay = '1s' }",
        "command = 'x'\nready = { pattern = 'a' }",
        "command = 'x'\nready = { pattern = 'b' }",
        "command = 'x'\nrestart = 'always'",
        "command = 'x'\nstop_keys = ['ctrl-c']",
        "command = 'x'\nstop_signal = 'HUP'",
        "command = 'x'\nstop_grace = '1s'",
        "command = 'x'\nsize = '80x24'",
        "command = 'x'\nkind = 'agent'",
        "command = 'x'\nlimits = { processes = 3 }",
    ];
    let mut seen = BTreeMap::new();
    for variant in variants {
        assert_eq!(revision(variant), revision(variant));
        assert_eq!(seen.insert(revision(variant), variant), None, "{variant}");
    }
}

#[test]
fn coordination_is_on_and_not_enforced_unless_the_file_says_otherwise() {
    let settings = accepted("").coordination;
    assert_eq!((settings.mode, settings.enforce), (Coordination::On, Enforce::Off));
    assert_eq!((settings.max_block.to_string(), settings.lock_ttl.to_string()), ("5m".into(), "1m".into()));
    let text = "[coordination]\nenabled = false\nenforce = 'deny'\nmax_block = '10s'\nlock_ttl = '5s'\nmax_scopes = 3\n\
        [resources]\ngpu = 1\nbuild = 2\nport = '4000-4099'";
    let settings = accepted(text).coordination;
    assert_eq!((settings.mode, settings.enforce), (Coordination::Off, Enforce::Deny));
    assert_eq!(accepted(text).policy().coordination.mode, Coordination::Off);
    assert_eq!((settings.max_block.0, settings.lock_ttl.0, settings.scopes_max), (Span(10_000), Span(5_000), 3));
    let port = Units { count: 100, first: Some(4_000) };
    let resources =
        [("build", Units { count: 2, first: None }), ("gpu", Units { count: 1, first: None }), ("port", port)];
    assert_eq!(settings.resources, resources.map(|(name, units)| (name.to_owned(), units)).into());
    let policy = settings.policy().locks;
    assert_eq!((policy.max_block, policy.ttl, policy.scopes_max), (Span(10_000), Span(5_000), 3));
    assert_eq!(policy.enforce, quarterdeck_core::lock::Enforce::Deny);
    assert_eq!((policy.resources["port"].capacity, policy.resources["port"].first), (100, Some(4_000)));
}

#[test]
fn safety_is_sampled_and_recovers_unless_the_file_says_otherwise() {
    assert_eq!(accepted("").policy().safety, SafetyPolicy::default());
    let strict = accepted("[safety]\nstrict = true\nauto_recovery = false").policy().safety;
    assert_eq!(strict, SafetyPolicy { checks: SafetyChecks::EveryStep, recovery: Recovery::ByHand });
    insta::assert_snapshot!(refused("[safety]\nstrict = 1\nauto_recover = true\n"));
}

#[test]
fn every_mistake_about_coordination_has_its_place() {
    insta::assert_snapshot!(refused(
        "coordinaton = 1\n[coordination]\nenforce = \"denny\"\nmax_blok = \"1m\"\nlock_ttl = \"10ms\"\nmax_leases = 99999\nmax_scopes = 0\n\
         [resources]\ngpu = 0\nport = \"4099-4000\"\nbuild = true\n\"a/b\" = 1\nslots = { max = 3 }\n"
    ));
    insta::assert_snapshot!(refused("resources = 3\n"));
}

#[test]
fn unknown_keys_come_with_the_nearest_known_one() {
    insta::assert_snapshot!(refused(
        "flet = 1\n[fleet]\nmax_concurent = 3\n[agents.builder]\ncomand = \"make\"\nworksapce = \"worktree\"\ncolour = \"red\"\ncommand = \"x\"\nrestart = { dely = \"1s\" }\n"
    ));
}

#[test]
fn wrong_types_and_values_are_all_reported() {
    insta::assert_snapshot!(refused(
        r#"[fleet]
stop_grace = 10
workspaces = "../elsewhere"
on_supervisor_loss = "keep"
max_concurrent = 0

[agents.a]
command = ["make"]
workspace = "worktre"
restart = "sometimes"
ready = { pattern = "(", period = "1s" }
stop_signal = "SIGTREM"
size = "80"
cwd = "/etc"
copy = ["ok", "../secret"]
stop_keys = ["ctrl-"]
limits = { memory = "2G" }

[agents.b]
command = "x"
ready = { delay = "1s", command = "y" }
restart.delay = "ten"
"#
    ));
}

#[test]
fn what_keys_say_together_is_checked() {
    insta::assert_snapshot!(refused(
        r#"[fleet]
workspaces = ".git/x"
[agents.both]
command = "x"
shell = "y"
[agents.nothing]
env = { "A=B" = "c" }
env_inherit = ["@all"]
[agents.args]
shell = "y"
args = ["z"]
[agents.based]
command = "x"
workspace = "directory"
base = "main"
[agents.slow]
command = "x"
restart = { delay = "1m", delay_max = "1s" }
"#
    ));
}

#[test]
fn names_must_be_fit_and_unique_once_expanded() {
    insta::assert_snapshot!(refused(
        r#"[agents."a/b"]
command = "x"
[agents.".hidden"]
command = "x"
[agents."main.lock"]
command = "x"
[agents.worker]
command = "x"
count = 3
[agents.worker-2]
command = "x"
[agents.Builder]
command = "x"
[agents.builder]
command = "x"
"#
    ));
}

#[test]
fn order_that_dangles_or_goes_in_a_circle_is_refused() {
    insta::assert_snapshot!(refused(
        r#"[agents.a]
command = "x"
after = ["b"]
[agents.b]
command = "x"
after = ["c-1"]
[agents.c]
command = "x"
count = 2
after = ["a"]
[agents.self]
command = "x"
after = ["self"]
[agents.d]
command = "x"
after = ["e", "bb"]
"#
    ));
}

#[test]
fn a_syntax_error_and_a_key_given_twice_have_their_places() {
    insta::assert_snapshot!(refused("[agents.a]\ncommand = \"x\ncwd = 3\n"));
    insta::assert_snapshot!(refused(
        "[agents.a]\ncommand = \"x\"\n[agents.b]\ncommand = \"x\"\n[agents.a]\ncommand = \"y\"\n"
    ));
}

#[test]
fn control_characters_of_the_file_never_reach_the_terminal() {
    let drawn = refused("[agents.a]\ncommand = \"x\"\n\"\\u001b[31m\" = 'ä' # \u{7f}\u{85}\n");
    assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'), "{drawn:?}");
}

#[test]
fn more_agents_than_the_fleet_may_hold_are_refused_without_being_made() {
    assert!(refused("[agents.a]\ncommand='x'\ncount = 4294967295\n").contains("at most 1000"));
}

#[test]
fn a_file_that_is_not_there_says_what_to_do() {
    let errors = load(Path::new("/nonexistent/agents.toml")).expect_err("no such file");
    assert!(errors.to_string().contains("qd init"), "{errors}");
}

#[test]
fn a_spawned_agent_passes_the_same_checks() {
    let fleet = accepted(FULL);
    let keys = |json: &str| serde_json::from_str(json).expect("JSON");
    let agent = agent_from_json(
        "new",
        keys(r#"{"command": "x", "args": ["1"], "after": ["zeta"], "env": {"A": "b"}, "cwd": null}"#),
        &fleet,
    );
    let agent = agent.unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((agent.name.as_str(), agent.after.len(), agent.stop.grace), ("new", 2, values::Duration::from_secs(3)));

    let refused = |name: &str, json: &str| agent_from_json(name, keys(json), &fleet).expect_err(json).to_string();
    assert!(refused("new", r#"{"comand": "x"}"#).contains("did you mean `command`?"));
    assert!(refused("new", r#"{"command": "x", "count": 2}"#).contains("no `count`"));
    assert!(refused("new", r#"{"command": "x", "after": ["nobody"]}"#).contains("`nobody`"));
    assert!(refused("new", r#"{"command": 7}"#).contains("expected a string"));
    assert!(refused("new", r#"{"command": "x", "cwd": "../.."}"#).contains(".."));
    assert!(refused("../x", r#"{"command": "x"}"#).contains("can't be the name of a path"));
    assert!(refused("a\u{1b}[2J\"]\n[fleet", r#"{"command": "x"}"#).contains("can't be the name of a path"));
    assert!(refused("new", r#"{"command": [[1], {"a": 18446744073709551615}]}"#).len() > 10);
}

#[test]
fn the_schema_names_every_key_and_refuses_others() {
    let schema = schema();
    let agent = &schema["$defs"]["AgentTable"];
    assert_eq!(agent["additionalProperties"], serde_json::json!(false));
    for key in ["command", "shell", "env_inherit", "workspace", "stop_keys", "ready", "limits"] {
        assert!(agent["properties"][key].is_object(), "{key}");
    }
    assert!(schema["properties"]["fleet"].is_object());
}

/// Checks every default that the description of a key names: to write it makes the same configuration as to leave the
/// key out. Two of them are said another way: `base` is given to git, and `unresponsive_after` is the core's.
#[test]
fn every_default_is_the_one_that_its_description_names() {
    let heads = [
        ("FleetTable", "[fleet]"),
        ("TranscriptTable", "[fleet.transcript]"),
        ("JournalTable", "[fleet.journal]"),
        ("CoordinationTable", "[coordination]"),
        ("SafetyTable", "[safety]"),
        ("TasksTable", "[tasks]"),
        ("PlansTable", "[plans]"),
        ("PlanTable", "[plan]\ntasks.t.prompt = 'x'"),
        ("PlanTaskTable", "[plan.tasks.t]\nprompt = 'x'"),
        ("AgentTable", "[agents.a]\ncommand = 'x'"),
        ("AgentTable", "[agents.a]\ncommand = 'x'\ntasks = 'type'"),
        ("AgentTable", "[agents.a]\ncommand = 'x'\nstop_keys = ['enter']"),
        ("RestartTable", "[agents.a]\ncommand = 'x'\n[agents.a.restart]"),
        ("ReadyTable", "[agents.a]\ncommand = 'x'\n[agents.a.ready]\ncommand = 'y'"),
    ];
    let schema = schema();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (table, key, default) in
        heads.iter().map(|(table, _)| *table).collect::<BTreeSet<_>>().iter().flat_map(|table| {
            let keys = schema["$defs"][table]["properties"].as_object().expect("keys");
            keys.iter().filter_map(move |(key, says)| Some((*table, key, default_in(says["description"].as_str()?)?)))
        })
    {
        let with = |head: &str| Some((read(head).ok()?, read(&format!("{head}\n{key} = {default}")).ok()?));
        let tried: Vec<_> = heads.iter().filter(|(of, _)| *of == table).filter_map(|(_, head)| with(head)).collect();
        let is_same = !tried.is_empty() && tried.iter().all(|(without, with)| without == with);
        checked += 1;
        if !is_same && !["base", "unresponsive_after"].contains(&key.as_str()) {
            wrong.push(format!("{table}: {key} = {default}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(checked > 45, "the descriptions were not understood: {checked}");
    let [given, left_out] = ["unresponsive_after = '60s'", ""]
        .map(|key| accepted(&format!("[fleet]\n{key}\n[agents.a]\ncommand = 'x'")).agents[0].unresponsive_after());
    assert_eq!(given, left_out);
}

/// Returns the default that a description names as a value of TOML; none if it names none, or tells it in words.
fn default_in(description: &str) -> Option<String> {
    let said = description.split_once("Default: ")?.1.trim_end().strip_suffix('.')?.trim_matches('`').to_owned();
    format!("x = {said}").parse::<toml::Table>().is_ok().then_some(said)
}

/// Checks that the schema file, which editors read, is made from the types; `INSTA_UPDATE=always` writes it again.
#[test]
fn the_schema_in_the_tree_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/agents.schema.json");
    let text = format!("{:#}\n", schema());
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(&path, &text).expect("written");
    }
    let kept = std::fs::read_to_string(&path).expect("the schema");
    assert_eq!(kept, text, "run `INSTA_UPDATE=always cargo test the_schema_in_the_tree`");
}

/// Generates lines that look like a configuration, so that the deeper checks are reached.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "command",
        "shell",
        "args",
        "env",
        "env_inherit",
        "cwd",
        "workspace",
        "base",
        "setup",
        "copy",
        "count",
        "restart",
        "stop_signal",
        "stop_keys",
        "stop_grace",
        "after",
        "ready",
        "size",
        "limits",
        "tasks",
        "done_when",
        "task_timeout",
        "folder",
        "attempts",
        "retry_delay",
        "name",
        "workspaces",
        "nonsense",
    ]);
    let value = prop::sample::select(vec![
        "'x'",
        "3",
        "['a', 'b']",
        "{ pattern = '(' }",
        "'10s'",
        "[",
        "{}",
        "''",
        "'always'",
        "'../x'",
        "\"\\u0000\"",
        "'ä'",
        "1.5",
        "{ delay = '1s' }",
        "['ctrl-c']",
        "'a'",
        "['a']",
        "4294967296",
        "-1",
    ]);
    let header = prop::sample::select(vec![
        "[agents.a]",
        "[agents.b]",
        "[fleet]",
        "[agents]",
        "[[agents.a]]",
        "[agents.a.env]",
        "[agents.'é']",
        "[tasks]",
    ]);
    prop_oneof![3 => (key, value).prop_map(|(key, value)| format!("{key} = {value}")), 1 => header.prop_map(str::to_owned)]
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        if let Err(errors) = read(&text) {
            prop_assert!(!errors.problems.is_empty() && !errors.to_string().is_empty() && !errors.summary().is_empty());
        }
    }

    #[test]
    fn no_arrangement_of_keys_panics(lines in prop::collection::vec(line(), 0..12)) {
        if let Err(errors) = read(&lines.join("\n")) {
            prop_assert!(!errors.to_string().is_empty());
        }
    }
}

/// Checks that no script of several lines (shell, setup, prompt, environment) gets a CR that an editor put at its
/// lines' ends.
#[test]
fn a_file_saved_with_crlf_is_the_same_configuration() {
    let scripts = "shell = '''\nif true\nthen\n  echo ran\nfi\n'''\nsetup = [\"\"\"\necho a\necho b\n\"\"\"]\n\
        env = { TEXT = \"\"\"\nx\ny\"\"\" }\n";
    for text in [FULL.to_owned(), format!("[agents.a]\n{scripts}")] {
        let (read, crlf) = (accepted(&text), accepted(&text.replace('\n', "\r\n")));
        assert_eq!(format!("{crlf:?}"), format!("{read:?}"));
        assert!(!format!("{crlf:?}").contains("\\r"), "{crlf:?}");
    }
}
