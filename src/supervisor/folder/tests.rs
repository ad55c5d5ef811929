//! Tests of the decisions, on boards that the core's own steps made.

use super::decide::{Act, Known, Told, decide};
use super::scan::{Files, scan};
use super::{Directory, spec};
use crate::split::{self, TaskFile};
use proptest::prelude::*;
use quarterdeck_core::command::Command;
use quarterdeck_core::event::Event;
use quarterdeck_core::fleet::Fleet;
use quarterdeck_core::ids::ReplyId;
use quarterdeck_core::party::Party;
use quarterdeck_core::task::TaskCommand;
use quarterdeck_core::time::Time;
use std::path::Path;

/// A folder on disk, and a fleet without agents, so that every task waits.
struct Bench {
    directory: tempfile::TempDir,
    fleet: Fleet,
    files: Files,
    told: Told,
    now: u64,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Bench {
        let directory = tempfile::tempdir().expect("a directory");
        let bench = Bench { directory, fleet: Fleet::default(), files: Files::new(), told: Told::default(), now: 0 };
        files.iter().for_each(|(name, text)| bench.write(name, text));
        bench
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.path().join(name), text).expect("a file");
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.directory.path().join(name)).expect("removed");
    }

    fn look(&mut self) -> Vec<Act> {
        let active = Directory::open(self.directory.path(), Path::new("")).expect("opened").expect("there");
        self.files = scan(&active, &self.files).expect("read").0;
        let (files, told) = (&self.files, &self.told);
        decide(&Known { files, view: self.fleet.view(), told, is_completed: &|_| false })
    }

    /// Returns the decided acts, each as a word and the file.
    fn words(&mut self) -> Vec<String> {
        let word = |act: Act| match act {
            Act::Add { file, .. } => format!("add {file}"),
            Act::Revise { file, .. } => format!("revise {file}"),
            Act::Retry { file, .. } => format!("retry {file}"),
            Act::Cancel { file, .. } => format!("cancel {file}"),
            Act::Tell { file, .. } => format!("tell {file}"),
            Act::Finish { file, .. } => format!("finish {file}"),
            Act::SayChanged { file, .. } => format!("changed {file}"),
            Act::Gather { task } => format!("gather {task}"),
            Act::Complain { file, why } => format!("{file}: {why}"),
        };
        self.look().into_iter().map(word).collect()
    }

    fn command(&mut self, command: TaskCommand) {
        self.now += 1;
        let event = Event::Command { reply: ReplyId(self.now), command: Command::Task(command) };
        self.fleet.step(event, Time(self.now));
    }

    /// Performs the decided acts on the board.
    fn act(&mut self) {
        let by = || Party::Outside("folder".into());
        for act in self.look() {
            let resolved = |wanted: &spec::Wanted| Box::new(wanted.resolve(&self.fleet.view().tasks).expect("names"));
            let command = match &act {
                Act::Add { wanted, .. } => TaskCommand::Add { spec: resolved(wanted), by: by() },
                Act::Revise { task, wanted, .. } => {
                    TaskCommand::Revise { task: *task, spec: resolved(wanted), by: by() }
                }
                Act::Cancel { task, .. } => TaskCommand::Cancel { task: *task, by: by(), reason: None },
                Act::Retry { task, .. } => TaskCommand::Retry { task: *task, by: by(), reason: None },
                _ => continue,
            };
            self.command(command);
        }
    }
}

#[test]
fn what_others_need_or_are_parts_of_comes_first() {
    let mut bench = Bench::new(&[
        ("a.md", "---\nneeds: [c]\n---\nx"),
        ("b-SUB1.md", "---\nparent: b\n---\nx"),
        ("b-SUB2.md", "---\nparent: b\nneeds: b-SUB1\n---\nx"),
        ("b.md", "---\nparts: 2\n---\nx"),
        ("c.md", "x"),
        (".hidden.md", "x"),
        ("notes.txt", "x"),
    ]);
    assert_eq!(bench.words(), ["add b.md", "add c.md", "add a.md", "add b-SUB1.md", "add b-SUB2.md"]);
    bench.act();
    assert_eq!(bench.words(), [""; 0], "then there is nothing to do");
    let tasks = &bench.fleet.view().tasks;
    let whole = tasks.get(tasks.find("b").expect("there")).expect("kept");
    assert_eq!(tasks.parts_done(whole), Some((0, 2)));
}

#[test]
fn what_is_awaited_is_complained_of_and_looked_at_again() {
    let mut bench = Bench::new(&[
        ("a.md", "---\nneeds: [z]\n---\nx"),
        ("b.md", "---\nparts: 2\n---\nx"),
        ("b-SUB1.md", "---\nparent: b\n---\nx"),
        ("c.md", "---\nid: same\n---\nx"),
        ("d.md", "---\nid: same\n---\nx"),
        ("e.md", "---\nneeds: f\n---\nx"),
        ("f.md", "---\nneeds: e\n---\nx"),
    ]);
    let words = bench.words();
    let expected = [
        "d.md: c.md has the id same too: give one of them another",
        "add d.md",
        "a.md: there is no task z (yet)",
        "b.md: 1 of its 2 parts are missing: divide it again",
        "b-SUB1.md: there is no task b (yet)",
        "e.md: there is no task f (yet)",
        "f.md: there is no task e (yet)",
    ];
    assert_eq!(words, expected);
    bench.write("z.md", "x");
    assert!(bench.words().ends_with(&[]) && bench.words().contains(&"add a.md".to_owned()), "{:?}", bench.words());
}

#[test]
fn a_file_that_changes_its_name_keeps_its_task_and_one_that_goes_takes_it_with_it() {
    let mut bench = Bench::new(&[("old.md", "---\nid: T\n---\nx"), ("gone.md", "x")]);
    bench.act();
    bench.remove("old.md");
    bench.write("new.md", "---\nid: T\n---\nx");
    bench.remove("gone.md");
    assert_eq!(bench.words(), ["revise new.md", "cancel gone.md"]);
    bench.act();
    assert_eq!(bench.words(), [""; 0]);
    assert_eq!(bench.fleet.view().tasks.len(), 2);
}

#[test]
fn a_task_that_ended_is_told_of_and_tried_again_when_its_status_is_taken_out() {
    let mut bench = Bench::new(&[("a.md", "x")]);
    bench.act();
    let task = bench.fleet.view().tasks.find("a").expect("there");
    bench.command(TaskCommand::Cancel { task, by: Party::Outside("me".into()), reason: None });
    assert_eq!(bench.words(), ["tell a.md"], "also by a supervisor that has not told anything yet");
    bench.write("a.md", &split::with_fields("x", &[("status", "cancelled: no")]));
    bench.told.ends.insert(task, 0);
    assert_eq!(bench.words(), ["tell a.md"], "which then writes nothing");
    bench.write("a.md", "another x");
    assert_eq!(bench.words(), ["revise a.md"]);
    bench.act();
    assert_eq!(bench.words(), ["retry a.md"]);
    bench.act();
    assert_eq!(bench.words(), [""; 0]);
    assert_eq!(bench.fleet.view().tasks.get(task).expect("kept").spec.prompt, "another x");
}

#[test]
fn a_file_that_says_it_is_over_is_no_task() {
    let done = split::with_fields("x", &[("status", "done (verified)")]);
    let failed = split::with_fields("x", &[("status", "failed: exit 1")]);
    let mut bench = Bench::new(&[("a.md", &done), ("b.md", &failed), ("c.md", "---\nstatus: queued\n---\nx")]);
    assert_eq!(bench.words(), ["finish a.md", "add c.md"]);
}

proptest! {
    /// Whatever is written, removed and renamed between any two examinations: each file is at most one task, each task
    /// has at most one file, and every file of the folder is on the board.
    #[test]
    fn a_file_is_never_two_tasks(changes in proptest::collection::vec((0usize..4, 0usize..4, 0u8..5), 1..30)) {
        let mut bench = Bench::new(&[]);
        for (file, other, change) in changes {
            let (name, other) = (format!("f{file}.md"), format!("f{other}.md"));
            let path = bench.directory.path().join(&name);
            match change {
                0 => bench.write(&name, "---\npriority: 1\n---\nx"),
                1 => bench.write(&name, &format!("---\nid: T{file}\npriority: 2\n---\nx")),
                2 => drop(std::fs::remove_file(path)),
                3 => drop(std::fs::rename(path, bench.directory.path().join(other))),
                _ => {}
            }
            bench.act();
            let tasks = &bench.fleet.view().tasks;
            let open = tasks.iter().filter(|(_, task)| !task.has_ended());
            let mut of_files: Vec<&str> = open.filter_map(|(_, task)| task.spec.file.as_deref()).collect();
            of_files.sort_unstable();
            let count = of_files.len();
            of_files.dedup();
            prop_assert_eq!(count, of_files.len());
            prop_assert_eq!(bench.fleet.check_invariants(), Ok(()));
        }
    }
}

#[test]
fn a_file_is_what_its_task_becomes() {
    let text = "---\nfiles: [src]\nlocks: [gpu]\nprefer: a\ntimeout: 1m\nworkspace: merge\n---\nx\n";
    let file: TaskFile = split::parse(text, "T").expect("a task");
    let wanted = spec::wanted("T.md", &file);
    let spec = wanted.resolve(&Fleet::default().view().tasks).expect("no names");
    assert_eq!(
        (spec.locks.as_slice(), spec.timeout.map(|span| span.0)),
        (&["src".to_owned(), "gpu".into()][..], Some(60_000))
    );
    assert!(wanted.is_already(&spec, &Fleet::default().view().tasks));
}
