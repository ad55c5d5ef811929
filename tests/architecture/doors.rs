//! How much of the core may touch everything: the methods on `Step`, which holds the whole fleet. A machine that gets only
//! its own table and a way to record has none. The numbers only shrink: who moves a method away lowers them.

use super::source::sources;

/// The methods on `Step`, and the files that have any.
const METHODS_AND_FILES: (usize, usize) = (118, 17);

/// How many methods the lines of a file give to `Step`.
fn methods_of_step<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    let mut inside = false;
    let mut methods = 0;
    for line in lines {
        inside = (inside || line.starts_with("impl Step<")) && line != "}";
        let signature = line.strip_prefix("    ").and_then(|line| line.split_once("fn "));
        let begins = signature.is_some_and(|(before, _)| before.is_empty() || before.starts_with("pub"));
        methods += usize::from(inside && begins);
    }
    methods
}

#[test]
fn few_methods_may_touch_the_whole_fleet() {
    let files = sources("src/core");
    let counts = files.iter().map(|file| methods_of_step(file.code.iter().map(|(_, line)| line.as_str())));
    let counts: Vec<usize> = counts.filter(|count| *count > 0).collect();
    assert_eq!(
        (counts.iter().sum(), counts.len()),
        METHODS_AND_FILES,
        "methods on `Step`, and files that have any: more are refused, and after fewer the numbers here are lowered"
    );
}

/// A test of the test.
#[test]
fn a_method_of_step_is_counted_and_no_other() {
    let text = "impl Step<'_> {\n    fn one(&self) {\n        fn inner() {}\n    }\n    pub(in crate::fleet) fn two(\n        \
                &mut self,\n    ) {\n    }\n}\nimpl Fleet {\n    fn three(&self) {}\n}";
    assert_eq!(methods_of_step(text.lines()), 2);
}
