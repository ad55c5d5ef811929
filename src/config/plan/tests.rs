//! Tests of plan files as a whole: how they are read, and every way in which they can be wrong.

use super::*;
use crate::config;
use proptest::prelude::*;
use quarterdeck_core::plan::{FailMode, Items, Piece, PlanNeed, PlanTask, Said};
use quarterdeck_core::task::{Placement, TaskWorkspace, When};
use quarterdeck_core::time::Span;

const AGENTS: &str = r#"
[fleet]
name = "ship"
[agents.builder]
shell = "true"
capabilities = ["rust", "write"]
[agents.tester]
shell = "true"
capabilities = ["test"]
[agents.crew]
shell = "true"
count = 2
"#;

fn fleet(more: &str) -> FleetConfig {
    config::parse(&format!("{more}\n{AGENTS}"), Path::new("/fleet/agents.toml")).unwrap_or_else(|e| panic!("{e}"))
}

fn read(text: &str) -> Result<PlanSpec, ConfigErrors> {
    parse(text, Path::new("/fleet/ci.toml"), &fleet(""))
}

fn accepted(text: &str) -> PlanSpec {
    read(text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn refused(text: &str) -> String {
    match read(text) {
        Ok(spec) => panic!("accepted: {spec:#?}"),
        Err(errors) => errors.to_string(),
    }
}

const FULL: &str = r#"
name = "release"
fail_mode = "skip-dependents"

[tasks.build]
prompt = "Build it"
agent = "builder"
verify = "cargo build -f '{{.State}}'"
outputs = ["target/*.bin"]
locks = ["src"]
timeout = "10m"
attempts = 2
priority = 5

[tasks.test]
for_each = ["unit", "e2e"]
prompt = "Run {{ item }} on {{ build.outputs }}"
locks = ["shared:tests/{{ item }}"]
capabilities = ["test"]
workspace = "merge"
needs = ["build"]

[tasks.fix]
when = ["failed(test)", "done(build)"]
prompt = "Fix: {{ test.result }}"
prefer = "tester"

[tasks.each]
for_each = "{{ build.result }}"
prompt = "Look at {{ item }}"
"#;

#[test]
fn a_whole_plan_is_read() {
    let spec = accepted(FULL);
    assert_eq!((spec.name.as_str(), spec.fail_mode), ("release", FailMode::SkipDependents));
    assert_eq!((spec.version.len(), spec.file.as_deref()), (64, Some("/fleet/ci.toml")));
    let [build, test, fix, each] = spec.tasks.as_slice() else { panic!("{spec:#?}") };
    let text = |text: &str| Piece::Text(text.into());
    let expected = PlanTask {
        name: "build".into(),
        prompt: vec![text("Build it")],
        placement: Placement::Only("builder".into()),
        verify: Some("cargo build -f '{{.State}}'".into()),
        outputs: vec![vec![text("target/*.bin")]],
        locks: vec![vec![text("src")]],
        timeout: Some(Span::from_secs(600)),
        attempts: Some(2),
        priority: 5,
        ..PlanTask::default()
    };
    assert_eq!(build, &expected);
    let outputs = Piece::Of { task: 0, said: Said::Outputs };
    assert_eq!(test.prompt, [text("Run "), Piece::Item, text(" on "), outputs]);
    assert_eq!(test.items, Items::Listed(vec!["unit".into(), "e2e".into()]));
    assert_eq!((test.workspace, &test.locks), (TaskWorkspace::Merge, &vec![vec![text("shared:tests/"), Piece::Item]]));
    let needs = [PlanNeed { task: 1, when: When::Failed }, PlanNeed { task: 0, when: When::Done }];
    assert_eq!((fix.needs.as_slice(), &fix.placement), (&needs[..], &Placement::Prefer("tester".into())));
    assert_eq!(each.items, Items::Lines { task: 0, of: Said::Result });
    assert_eq!(each.needs, [PlanNeed { task: 0, when: When::Done }], "who is told by a task needs it");
}

#[test]
fn the_example_in_the_guide_to_plans_is_one() {
    let guide = include_str!("../../../assets/plans.md");
    let example = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    assert_eq!(accepted(example).tasks.len(), 6);
}

#[test]
fn a_plan_is_called_after_its_file_and_one_in_agents_toml_after_the_fleet() {
    assert_eq!(accepted("[tasks.a]\nprompt = 'x'").name, "ci");
    let odd = parse("[tasks.a]\nprompt = 'x'", Path::new("/fleet/-my.nice plan.toml"), &fleet(""));
    assert_eq!(odd.map(|spec| spec.name), Ok("my-nice-plan".to_owned()));
    let plan = fleet("[plan.tasks.a]\nprompt = 'x'\nagent = 'builder'").plan.expect("a plan");
    assert_eq!((plan.name.as_str(), plan.tasks.len()), ("ship", 1));
    assert_eq!(fleet("").plan, None);
}

#[test]
fn the_version_is_that_of_what_it_says_and_not_of_how_it_is_written() {
    let version = |text: &str| accepted(text).version;
    let one = version("[tasks.a]\nprompt = 'x'\npriority = 1");
    assert_eq!(one, version("# a comment\n[tasks.a]\npriority = 1\nprompt = \"x\"\n"));
    assert_ne!(one, version("[tasks.a]\nprompt = 'x'\npriority = 2"));
    assert_ne!(one, version("[tasks.b]\nprompt = 'x'\npriority = 1"));
}

#[test]
fn what_names_nothing_comes_with_the_nearest_name() {
    insta::assert_snapshot!(refused(
        r#"
[tasks.build]
prompt = "{{ biuld.result }} {{ test.resutl }} {{ item }} {{ x }} {{ open"
needs = ["tset"]
agent = "bilder"
[tasks.test]
prompt = "x"
prefer = "crew"
when = "fialed(build)"
capabilities = ["rsut", "cooking"]
[tasks.both]
prompt = "x"
capabilities = ["rust", "test"]
"#
    ));
}

#[test]
fn circles_and_doubles_are_refused_with_their_path() {
    insta::assert_snapshot!(refused(
        r#"
[tasks.a]
prompt = "x"
needs = ["c"]
[tasks.b]
prompt = "x"
needs = ["a"]
[tasks.c]
prompt = "x"
needs = ["b", "d"]
[tasks.d]
prompt = "x"
[tasks.e]
prompt = "x"
needs = ["e", "d", "d"]
[tasks.f]
prompt = "{{ g.result }}"
[tasks.g]
prompt = "x"
when = "settled(f)"
[tasks.h]
prompt = "{{ h.result }}"
"#
    ));
}

#[test]
fn wrong_keys_and_values_are_all_reported() {
    insta::assert_snapshot!(refused(
        r#"
name = "a.b"
fail_mode = "stopp"
colour = "red"
[tasks.build]
promt = "x"
[tasks."a b"]
prompt = 7
timeout = "soon"
[tasks.list]
prompt = "x"
for_each = []
[tasks.odd]
prompt = "x"
for_each = "a list"
[tasks.two]
prompt = "  "
agent = "builder"
prefer = "tester"
"#
    ));
    insta::assert_snapshot!(refused("name = 'x'\n"));
    insta::assert_snapshot!(refused("tasks = 3\n"));
    insta::assert_snapshot!(refused("[tasks.a]\nprompt = 'x'\n[tasks.a]\nprompt = 'y'\n"));
}

#[test]
fn limits_are_those_of_the_configuration() {
    let fleet = fleet("[plans]\ntasks_max = 3\nedges_max = 2\ndepth_max = 2\nitems_max = 2");
    let text = r#"
[tasks.a]
prompt = "x"
for_each = ["1", "2", "3"]
[tasks.b]
prompt = "x"
needs = ["a"]
[tasks.c]
prompt = "x"
needs = ["b"]
"#;
    insta::assert_snapshot!(parse(text, Path::new("/fleet/ci.toml"), &fleet).expect_err("too much").to_string());
}

#[test]
fn a_mistake_in_agents_toml_has_its_place_there() {
    let text = format!("{AGENTS}\n[plan.tasks.a]\nprompt = \"x\"\nneeds = [\"b\"]\n");
    insta::assert_snapshot!(config::parse(&text, Path::new("/fleet/agents.toml")).expect_err("dangling").to_string());
}

/// Writes a plan as TOML in which each task needs some of the tasks before it.
fn written(needs: &[Vec<usize>]) -> String {
    let task = |(at, needs): (usize, &Vec<usize>)| {
        let needs: Vec<String> = needs.iter().map(|need| format!("\"t-{need}\"")).collect();
        format!("[tasks.t-{at}]\nprompt = \"do {at}\"\nneeds = [{}]\n", needs.join(", "))
    };
    needs.iter().enumerate().map(task).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_read_back(
        needs in proptest::collection::vec(proptest::collection::vec(any::<proptest::sample::Index>(), 0..4), 1..30)
    ) {
        let before = |at: usize, wanted: &proptest::sample::Index| (at > 0).then(|| wanted.index(at));
        let needs: Vec<Vec<usize>> = needs
            .iter()
            .enumerate()
            .map(|(at, wanted)| {
                let set: std::collections::BTreeSet<usize> = wanted.iter().filter_map(|index| before(at, index)).collect();
                set.into_iter().collect()
            })
            .collect();
        let spec = accepted(&written(&needs));
        let read: Vec<Vec<usize>> = spec.tasks.iter()
            .map(|task| task.needs.iter().map(|need| need.task as usize).collect()).collect();
        prop_assert_eq!(read, needs);
    }

    #[test]
    fn nothing_panics(
        text in "(\\[tasks\\.[ab]\\]\n|prompt = \"[{} a-b.]{0,9}\"\n|needs = \\[\"[abc]\"\\]\n|when = \"(done|x)?\\(?[ab]?\\)?\"\n|for_each = (\\[\\]|3|\"[{}a.]{0,6}\")\n|[a-z=\\[\\]\"é]{0,3}){0,12}"
    ) {
        if let Err(errors) = read(&text) {
            prop_assert!(!errors.to_string().is_empty());
        }
    }
}

/// Checks that a plan saved with CRLF is the same plan, whatever text is in it, and that its mistakes have the same
/// places.
#[test]
fn a_plan_saved_with_crlf_is_the_same_plan() {
    let text = "[tasks.a]\nprompt = \"\"\"\none\ntwo\n\"\"\"\nverify = \'\'\'\nif true\nthen\n  true\nfi\n\'\'\'\n";
    assert_eq!(accepted(&text.replace('\n', "\r\n")), accepted(text));
    let wrong = format!("{text}needs = [\"nosuch\"]\n");
    assert_eq!(refused(&wrong.replace('\n', "\r\n")), refused(&wrong));
}
