//! Every file has a floor: no file names, through however many others, one that names it. So each can be read after those
//! it builds on. A circle fails here, with its files and a line for each of its edges.

use super::graph::{Edges, Graph};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// Circles that stay: a file of each, and why.
const ALLOWED: &[(&str, &str)] =
    &[("src/client/control.rs", "a `Follow` asks anew through its `Client` when the stream breaks: a true recursion")];

/// The files that can be reached from one.
fn reached<'a>(from: &'a str, to: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(file) = open.pop() {
        open.extend(to.get(file).into_iter().flatten().filter(|next| reached.insert(**next)));
    }
    reached
}

/// The circles, each as the set of its files.
fn circles(edges: &Edges) -> BTreeSet<BTreeSet<&str>> {
    let mut to: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    edges.keys().for_each(|(one, other)| to.entry(one).or_default().push(other));
    let from: BTreeMap<&str, BTreeSet<&str>> = to.keys().map(|file| (*file, reached(file, &to))).collect();
    let circle = |file: &str| -> BTreeSet<&str> {
        let back = |other: &&str| from.get(other).is_some_and(|reached| reached.contains(file));
        from[file].iter().copied().filter(back).collect()
    };
    from.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

/// A circle in words: its edges, each with the line that makes it.
fn told(circle: &BTreeSet<&str>, edges: &Edges) -> String {
    let mut told = format!("a circle of {} files:\n", circle.len());
    let within = |(one, other): &(String, String)| circle.contains(one.as_str()) && circle.contains(other.as_str());
    for ((one, other), line) in edges.iter().filter(|(edge, _)| within(edge)) {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(one)).unwrap_or_default();
        let text = text.lines().nth(line - 1).unwrap_or_default().trim().to_owned();
        writeln!(told, "  {one}:{line} -> {other}: {text}").expect("a line");
    }
    told
}

#[test]
fn no_file_is_part_of_a_circle() {
    let (edges, lost) = Graph::read().edges();
    assert!(lost.is_empty(), "these paths lead nowhere, so the graph has holes:\n{}", lost.join("\n"));
    let circles = circles(&edges);
    let is_allowed = |circle: &&BTreeSet<&str>| ALLOWED.iter().any(|(file, _)| circle.contains(file));
    let (allowed, others): (Vec<_>, Vec<_>) = circles.iter().partition(is_allowed);
    let told: Vec<String> = others.iter().map(|circle| told(circle, &edges)).collect();
    assert!(told.is_empty(), "{} circles:\n{}", told.len(), told.join("\n"));
    assert_eq!(allowed.len(), ALLOWED.len(), "an allowed circle is gone: strike it from the list");
    assert!(edges.len() > 1_000, "the imports were not found: {}", edges.len());
}

/// A test of the test: each way to name something is found, and what is no import is not.
#[test]
fn a_circle_is_found_however_it_is_made() {
    let circles_of = |files: &[(&str, &str)]| {
        let mut graph = Graph::default();
        graph.add("src/lib.rs", "mod a;");
        files.iter().for_each(|(file, text)| graph.add(file, text));
        let (edges, lost) = graph.edges();
        assert_eq!(lost, [""; 0]);
        circles(&edges).len()
    };
    let two = |back: &str| {
        let index = ("src/a/mod.rs", "mod one; mod two; pub(crate) use one::One; macro_rules! three { () => {} }");
        circles_of(&[index, ("src/a/one.rs", "pub struct One; use super::two::Two;"), ("src/a/two.rs", back)])
    };
    for back in [
        "pub struct Two; use super::one::One;",
        "pub struct Two; use super::One;",
        "pub struct Two; use crate::{\n  a::{\n one::{self, One as Other} }\n};",
        "pub struct Two; use super::one; fn two() { let _ = one::One; }",
        "pub struct Two; fn two() -> Vec<crate::a::One> { vec![super::One] }",
        "pub struct Two; fn two() { println!(\"{}\", super::one::One::f()) }",
        "pub struct Two; mod inner { use super::super::one::One; }",
    ] {
        assert_eq!(two(back), 1, "{back}");
    }
    for back in [
        "pub struct Two; // super::One\n fn two() -> &'static str { \"super::one::One\" }",
        "pub struct Two; #[cfg(test)] mod tests { use super::super::One; }",
        "pub struct Two; #[cfg(test)] use super::One; fn f(one: u8) { one.pow(2); }",
        "/// [`super::One`]\npub struct Two;",
    ] {
        assert_eq!(two(back), 0, "{back}");
    }
    let parent = [("src/a/mod.rs", "mod b; use b::B; pub struct A;"), ("src/a/b.rs", "pub struct B; use super::A;")];
    assert_eq!(circles_of(&parent), 1);
    let called =
        [("src/a/mod.rs", "mod b; use b::B; macro_rules! m { () => {} }"), ("src/a/b.rs", "pub struct B; m!{}")];
    assert_eq!(circles_of(&called), 1);
}
