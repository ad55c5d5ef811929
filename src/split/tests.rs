//! Examples of task files, and properties that hold for any text.

use super::header::parse;
use super::outline;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const STRUCTURED: Rules = Rules { rule: Rule::Structure, parts_max: 3, able_agents: 2 };
const COUNTED: Rules = Rules { rule: Rule::Keyword, ..STRUCTURED };

fn task(text: &str) -> TaskFile {
    parse(text, "TASK-7").expect("a task")
}

/// Divides a task of a repository that contains every file which the text may mean.
fn divided(task: &TaskFile, rules: Rules) -> Result<Division, Undivided> {
    divide(task, rules, &|_| true)
}

/// Returns a list of steps, each with its file.
fn steps(files: &[&str]) -> String {
    files.iter().enumerate().map(|(index, file)| format!("{}. step {} in `{file}`\n", index + 1, index + 1)).collect()
}

fn files(division: &Division) -> Vec<Vec<&str>> {
    division.parts.iter().map(|part| part.files.iter().map(String::as_str).collect()).collect()
}

#[test]
fn a_whole_header_is_read() {
    let text = "---\nid: T-1\npriority: -3\nprefer: builder\nneeds: [a, b]\ncapabilities: rust, sql\nlocks:\n  - gpu\n  - shared:docs\nverify: cargo test\nfiles: [./src//a.rs, docs/]\noutputs: out/*.txt\nworkspace: fresh\ntimeout: 30m\nattempts: 2\nestimate: 1h\nparent: T\nstatus: queued\n---\n# Do it\n";
    let task = task(text);
    assert_eq!((task.id.as_str(), task.priority, task.prefer.as_deref()), ("T-1", -3, Some("builder")));
    assert_eq!((task.needs, task.capabilities), (vec!["a".into(), "b".into()], vec!["rust".into(), "sql".into()]));
    assert_eq!(task.files, ["src/a.rs", "docs"]);
    assert_eq!(task.locks, ["gpu", "shared:docs"]);
    assert_eq!((task.timeout_ms, task.attempts, task.estimate_minutes), (Some(1_800_000), Some(2), Some(60)));
    assert_eq!((task.workspace, task.body.as_str()), (WhereItWorks::Fresh, "# Do it\n"));
}

#[test]
fn a_file_without_a_header_is_a_task_by_its_files_name() {
    let task = task("# Do it\r\nnow");
    assert_eq!((task.id.as_str(), task.title()), ("TASK-7", "Do it"));
    assert_eq!(task.body, "# Do it\r\nnow");
}

#[test]
fn what_is_wrong_with_a_header_has_its_place() {
    let cases = [
        ("---\nid: a b\n---\nx", 2, 5, "1 to 64 letters"),
        ("---\npriority: high\n---\nx", 2, 11, "invalid i32"),
        ("---\nid: a\nagents: b\n---\nx", 3, 1, "unknown field"),
        ("---\nid: a\nid: b\n---\nx", 3, 1, "duplicate"),
        ("---\nfiles: [a.rs, ../b.rs]\n---\nx", 2, 15, "without `..`"),
        ("---\nneeds: [a\n---\nx", 2, 8, "unclosed"),
        ("---\nagent: a\nprefer: b\n---\nx", 3, 9, "either"),
        ("---\nid: a\nx", 1, 1, "must close"),
        ("---\nid: a\n---\n  \n", 4, 1, "no text"),
        ("---\nattempts: 0\n---\nx", 2, 11, "at least one"),
        ("---\ntimeout: soon\n---\nx", 2, 10, "span of time"),
    ];
    for (text, line, column, what) in cases {
        let problem = parse(text, "t").expect_err(text);
        assert!(problem.what.contains(what), "{text:?}: {problem}");
        assert_eq!((problem.line, problem.column), (line, column), "{text:?}: {problem}");
    }
    assert!(parse("x", "../../etc").is_err());
}

#[test]
fn fewer_steps_than_five_are_left_whole_then_two_parts_then_three() {
    let many: Vec<String> = (0..40).map(|index| format!("src/f{index}.rs")).collect();
    let parts = |count: usize, parts_max: u32| {
        let files: Vec<&str> = many[..count].iter().map(String::as_str).collect();
        divided(&task(&steps(&files)), Rules { parts_max, ..STRUCTURED }).expect("divided").parts.len()
    };
    let counts = [(4, 0), (5, 2), (10, 2), (11, 3), (15, 3), (40, 3)];
    counts.iter().for_each(|(steps, expected)| assert_eq!(parts(*steps, 3), *expected, "{steps} steps"));
    assert_eq!((parts(16, 8), parts(40, 8), parts(40, 2), parts(40, 1)), (4, 8, 2, 0));
}

#[test]
fn a_short_task_is_left_whole() {
    let text = format!("---\nestimate: 30m\n---\n{}", steps(&["a.rs", "b.rs", "c.rs", "d.rs", "e.rs"]));
    let division = divided(&task(&text), STRUCTURED).expect("left whole");
    assert!(division.parts.is_empty() && division.why.contains("30 minutes"), "{division:?}");
}

#[test]
fn sections_become_parts_with_their_files() {
    let text = "# Dates\n## Lexer\nIn src/lexer.rs.\n- a\n- b\n## Parser\n- c in `src/parser/`\n- d\n## Docs\n- e in docs/dates.md\n## Success Criteria\n- all pass\n";
    let division = divided(&task(text), Rules { parts_max: 3, ..STRUCTURED }).expect("divided");
    assert_eq!(files(&division), [vec!["src/lexer.rs"], vec!["docs/dates.md", "src/parser"]]);
    assert_eq!(division.parts[1].objective, "Parser; Docs");
    assert_eq!(division.parts[0].success_criteria[0], "all pass");
    assert!(division.why.contains("sections fall into 3 sets"), "{}", division.why);
}

#[test]
fn steps_that_meet_stay_together_and_the_rest_is_parted() {
    let text = steps(&["src/a.rs", "src/b.rs", "src/a.rs", "lib/x/y.rs", "lib/x", "tests/t.rs"]);
    let division = divided(&task(&text), STRUCTURED).expect("divided");
    assert_eq!(files(&division), [vec!["src/a.rs", "src/b.rs"], vec!["lib/x", "tests/t.rs"]]);
}

#[test]
fn an_overlap_is_refused_and_named() {
    let text = steps(&["src/a.rs", "src/a.rs", "src/", "src/b.rs", "src/c.rs"]);
    let refused = divided(&task(&text), STRUCTURED).expect_err("one heap");
    assert!(matches!(&refused, Undivided::Overlap { file, .. } if file == "src/a.rs"), "{refused}");
    let long = format!("{}\n\n{}", steps(&["a.rs", "b.rs", "c.rs", "d.rs", "a.rs"]), "implement ".repeat(250));
    let refused = divided(&task(&long), COUNTED).expect_err("the last step meets the first");
    assert_eq!(refused, Undivided::Overlap { file: "a.rs".into(), steps: (1, 5) });
}

#[test]
fn steps_that_name_no_files_are_refused() {
    let refused = divided(&task("- a\n- b\n- c\n- d\n- e\n"), STRUCTURED).expect_err("nothing keeps them apart");
    assert!(matches!(refused, Undivided::NoFiles { .. }), "{refused}");
}

#[test]
fn a_file_that_two_sections_name_outside_their_steps_is_an_overlap() {
    let text = "## Reader\nFiles: src/common.rs\n- a\n- b\n- c\n## Writer\nFiles: src/common.rs\n- d\n- e\n- f\n";
    let refused = divided(&task(text), STRUCTURED).expect_err("both change it");
    assert_eq!(refused.to_string(), "the parts would overlap: steps 1 and 6 both change src/common.rs");
}

#[test]
fn words_with_dots_in_prose_become_nobodys_locks() {
    let line = |step: usize| {
        format!("- write the .md and .lock files of `src/f{step}.rs`, see README.md and heartbeat.yaml\n")
    };
    let text: String = (1..=6).map(line).collect();
    let division = divide(&task(&text), STRUCTURED, &|_| false).expect("each step has a file of its own");
    let named = files(&division).concat();
    assert!(named.iter().all(|file| file.starts_with("src/f")), "{named:?}");
    let design = "- Node.js reads .env\n- uses serde.rs\n- a README\n- config.toml wins\n- and .json\n";
    let refused = divide(&task(design), STRUCTURED, &|_| false).expect_err("prose names no files");
    assert!(matches!(refused, Undivided::NoFiles { .. }), "{refused}");
}

/// Returns a list as spec-kit makes it: phases, stories, labels, and sections about the order of them all.
fn long_list(files_per_step: usize) -> String {
    let mut text = String::from("# Tasks: A fleet\n\n**Input**: plan.md (required), spec.md\n\n");
    for step in 1..=164 {
        if step % 20 == 1 {
            text += &format!("\n## Phase {}: Story {}\n\n**Purpose**: value\n\n", step / 20 + 1, step / 20);
        }
        let phase = (step - 1) / 20;
        let names: Vec<String> = (0..files_per_step).map(|file| format!("src/m{phase}/f{step}_{file}.rs")).collect();
        text += &format!("- [ ] T{step:03} [P] Make it in {}\n", names.join(", "));
    }
    text + "\n## Dependencies & Execution Order\n\n- **Phase 2**: depends on all of src/m0/f1_0.rs and src/m3/f70_0.rs\n\n## Parallel Example\n\n- T001 with T002\n"
}

#[test]
fn a_list_of_164_tasks_is_divided() {
    for files_per_step in [1, 3] {
        let division = divided(&task(&long_list(files_per_step)), STRUCTURED).expect("divided");
        assert_eq!(division.parts.len(), 3, "{}", division.why);
        assert_eq!(division.parts.iter().map(|part| part.steps.len()).sum::<usize>(), 164);
        let counts: Vec<usize> = division.parts.iter().map(|part| part.files.len()).collect();
        assert!(counts.iter().all(|count| *count <= PART_FILES_MAX), "{counts:?}");
    }
}

#[test]
fn what_is_too_large_is_refused_with_its_number_and_the_limit() {
    let said = |text: &str| divided(&task(text), STRUCTURED).expect_err("too large").to_string();
    let steps: String = (0..1_001).map(|step| format!("- {step}\n")).collect();
    assert_eq!(said(&steps), "it has 1001 steps; the limit is 1000");
    let names: String = (0..11).map(|file| format!("a{file}/b ")).collect();
    let files: String = (0..910).map(|step| format!("- {step} `{names}`\n")).collect();
    assert_eq!(said(&files), "it has 10010 names of files; the limit is 10000");
    let scattered: String = (0..200).map(|step| format!("- in a{step}.rs\n")).collect();
    let refused = divided(&task(&scattered), STRUCTURED).expect_err("nothing wider than the files");
    assert_eq!(refused.to_string(), "it has 67 files in one part; the limit is 64");
    assert!(refused.hint().contains("--max"), "{}", refused.hint());
}

#[test]
fn it_takes_two_agents() {
    let text = steps(&["a.rs", "b.rs", "c.rs", "d.rs", "e.rs"]);
    let refused = divided(&task(&text), Rules { able_agents: 1, ..STRUCTURED }).expect_err("one agent");
    assert_eq!(refused, Undivided::TooFewAgents { able: 1 });
    let refused = divided(&task(&format!("---\nagent: a\n---\n{text}")), STRUCTURED).expect_err("its agent's own");
    assert_eq!(refused, Undivided::OneAgentOnly { agent: "a".into() });
}

#[test]
fn stated_order_becomes_needs_and_a_chain_is_refused() {
    let text = "1. a in a.rs\n2. b in b.rs\n3. c in c.rs\n4. d in d.rs\n5. e in e.rs\n6. f in f.rs, depends on step 1\n7. g in g.rs\n8. h in h.rs\n9. i in i.rs\n10. j in j.rs\n11. k in k.rs\n";
    let division = divided(&task(text), STRUCTURED).expect("divided");
    let needs: Vec<&[String]> = division.parts.iter().map(|part| part.needs.as_slice()).collect();
    assert_eq!(needs, [&[][..], &["TASK-7-SUB1".to_owned()][..], &[][..]]);
    let chain = "1. a in a.rs\n2. b in b.rs\n3. c in c.rs\n4. d in d.rs depends on step 1\n5. e in e.rs\n";
    assert_eq!(divided(&task(chain), STRUCTURED), Err(Undivided::OneAfterAnother));
    let circle =
        "1. a in a.rs, depends on step 5\n2. b in b.rs\n3. c in c.rs\n4. d in d.rs, depends on step 1\n5. e in e.rs\n";
    assert_eq!(divided(&task(circle), STRUCTURED), Err(Undivided::OneAfterAnother));
}

#[test]
fn the_keyword_rule_counts_as_documented() {
    let six = steps(&["a.rs", "b.rs", "c.rs", "d.rs", "e.rs", "f.rs"]);
    let why = |text: String| divided(&task(&text), COUNTED).expect("no refusal");
    let short = why(format!("implement\n{six}"));
    assert!(short.parts.is_empty() && short.why.contains("no more than 2000 characters"), "{}", short.why);
    let ordered = why(format!("{}\n\n{six}", "build then then. ".repeat(150)));
    assert!(
        ordered.parts.is_empty() && ordered.why.contains("words that demand an order are in the majority: 150 times"),
        "{}",
        ordered.why
    );
    let beside = why(format!("{}\n\n{six}", "build a component, then. ".repeat(150)));
    assert_eq!(files(&beside), [vec!["a.rs", "b.rs", "c.rs"], vec!["d.rs", "e.rs", "f.rs"]]);
    assert!(beside.why.contains("300 times implement, create, build or component, 150 times then"), "{}", beside.why);
}

#[test]
fn listed_files_go_to_the_part_that_is_nearest() {
    let text = format!(
        "---\nfiles: [src/parser/mod.rs, src/lexer, extra.toml]\n---\n{}",
        steps(&["src/lexer/a.rs", "src/lexer/b.rs", "src/lexer/c.rs", "src/parser/d.rs", "src/parser/e.rs"])
    );
    let division = divided(&task(&text), STRUCTURED).expect("divided");
    let [first, second] = division.parts.as_slice() else { panic!("{division:?}") };
    assert_eq!(first.files, ["extra.toml", "src/lexer/a.rs", "src/lexer/b.rs", "src/lexer/c.rs"]);
    assert_eq!(second.files, ["src/parser/d.rs", "src/parser/e.rs", "src/parser/mod.rs"]);
}

#[test]
fn a_parts_file_is_a_task_file_again() {
    let text = format!(
        "---\npriority: 4\nneeds: [yes, T-1]\ncapabilities: [rust]\nlocks: [gpu, src, shared:docs]\nverify: 'cargo test -- \"a: b\"'\ntimeout: 90s\n---\nRead this first.\n\n## Work\n{}",
        steps(&["src/a.rs", "src/b.rs", "src/c.rs", "src/d.rs", "src/e.rs"])
    );
    let whole = task(&text);
    let division = divided(&whole, STRUCTURED).expect("divided");
    let written = sub_task(&whole, &division.parts[1]);
    let part = parse(&written, "other").expect("a task file");
    assert_eq!(
        (part.id.as_str(), part.parent.as_deref(), part.status.as_deref()),
        ("TASK-7-SUB2", Some("TASK-7"), Some("queued"))
    );
    assert_eq!(
        (part.files, part.locks),
        (vec!["src/d.rs".to_owned(), "src/e.rs".into()], vec!["gpu".to_owned(), "shared:docs".into()])
    );
    assert_eq!((part.needs, part.verify, part.timeout_ms), (whole.needs, whole.verify, Some(90_000)));
    for words in [
        "## Objective",
        "1. step 4 in `src/d.rs`",
        "## Success Criteria\n\n- [ ] ",
        "## Files to Modify\n\n- `src/d.rs`",
        "Read this first.",
    ] {
        assert!(part.body.contains(words), "{words:?} is missing in\n{written}");
    }
}

#[test]
fn fields_are_set_in_their_lines_and_the_rest_stays() {
    let text = "---\nid: a # mine\nstatus: queued\nneeds:\n  - b\n---\n# Do it\n";
    let changed = with_fields(text, &[("status", "done (verified)"), ("assigned_to", "builder")]);
    assert_eq!(
        changed,
        "---\nid: a # mine\nstatus: \"done (verified)\"\nneeds:\n  - b\nassigned_to: builder\n---\n# Do it\n"
    );
    assert_eq!(with_fields("# Do it\n", &[("status", "done")]), "---\nstatus: done\n---\n# Do it\n");
}

#[test]
fn results_tell_of_every_part() {
    let part = PartResult {
        name: "T-SUB1".into(),
        title: "a | b".into(),
        summary: "done (verified)".into(),
        agent: Some("x".into()),
        commit: Some("0123456789abcdef".into()),
        result: Some("fine\n".into()),
    };
    let text = results("T", &[part, PartResult { name: "T-SUB2".into(), ..PartResult::default() }]);
    assert!(text.contains("| T-SUB1 | done (verified) | x | 0123456789ab |"), "{text}");
    assert!(text.contains("## T-SUB1: a | b\n\nfine\n") && text.contains("It said nothing."), "{text}");
}

/// Generates lines that have a meaning for the division, in any order, with any text between them.
fn texts() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("---".to_owned()),
        Just("## Files".to_owned()),
        Just("## Success criteria".to_owned()),
        "#{1,4} [A-Z][a-z]{0,4}",
        "id: [a-z]{0,3}",
        "(files|needs|locks|status): \\[?[a-z./, ]{0,12}\\]?",
        "( {0,4}[-*] (\\[[ x]\\] )?|[0-9]{1,2}\\. )(do|implement|create|build) `(src|lib|docs)/?[a-e]?(/[a-e]\\.rs)?`( depends on step [0-9])?( after [A-Z][a-z]{0,4})?",
        "- (src|lib)/[a-c]\\.rs( and [a-c]\\.toml)?",
        "\\PC{0,30}",
        Just("```".to_owned()),
    ];
    proptest::collection::vec(line, 0..40).prop_map(|lines| lines.join("\n"))
}

fn meets(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| inner == outer || inner.starts_with(&format!("{outer}/"));
    within(one, other) || within(other, one)
}

proptest! {
    #[test]
    fn any_text_is_divided_into_disjoint_parts_and_always_the_same(text in texts(), keyword in any::<bool>(), parts_max in 0u32..20) {
        let Ok(task) = parse(&text, "T") else { return Ok(()) };
        let rule = if keyword { Rule::Keyword } else { Rule::Structure };
        let rules = Rules { rule, parts_max, able_agents: 5 };
        let division = divided(&task, rules);
        prop_assert_eq!(&division, &divided(&task, rules));
        let Ok(division) = division else { return Ok(()) };
        prop_assert!(division.parts.len() != 1 && division.parts.len() <= parts_max.min(PARTS_MAX) as usize);
        prop_assert!(!division.why.is_empty());
        let steps: usize = division.parts.iter().map(|part| part.steps.len()).sum();
        prop_assert!(division.parts.is_empty() || steps == outline::read(&task.body, &|_| true).expect("small").steps.len());
        for (index, part) in division.parts.iter().enumerate() {
            prop_assert!(!part.files.is_empty() && !part.steps.is_empty());
            for other in &division.parts[index + 1..] {
                let met = part.files.iter().find(|file| other.files.iter().any(|theirs| meets(file, theirs)));
                prop_assert_eq!(met, None);
            }
            let names: BTreeSet<&String> = division.parts.iter().map(|part| &part.name).collect();
            prop_assert!(part.needs.iter().all(|need| names.contains(need) && *need != part.name));
            let read = parse(&sub_task(&task, part), "x").expect("a task file again");
            prop_assert_eq!((&read.id, &read.files, &read.verify), (&part.name, &part.files, &task.verify));
        }
    }

    #[test]
    fn setting_a_field_changes_nothing_else(text in texts(), status in "\\PC{0,20}") {
        let Ok(before) = parse(&text, "T") else { return Ok(()) };
        let written = with_fields(&text, &[("status", &status)]);
        let after = parse(&written, "T");
        prop_assert!(after.is_ok(), "{written:?}: {after:?}");
        prop_assert_eq!(TaskFile { status: Some(status.clone()), ..before }, after.expect("read"));
        prop_assert_eq!(with_fields(&written, &[("status", &status)]), written);
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,300}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for text in [text.clone(), String::from_utf8_lossy(&bytes).into_owned(), format!("---\n{text}\n---\nx")] {
            let _any = parse(&text, "T").map(|task| divided(&task, STRUCTURED).map(|division| division.parts.len()));
        }
    }
}
