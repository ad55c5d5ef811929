//! Every limit says what happens at it: the last sentence of its comment begins with "Beyond it". `assets/limits.md` lists
//! them all, made from those comments; `INSTA_UPDATE=always` makes it anew.

use super::source::{Source, sources};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The page.
const PAGE: &str = "assets/limits.md";

const HEAD: &str = "# Limits

What is bounded in `qd`, how much it may be, and what happens beyond it. Nothing that is passed on is cut in silence: it is
refused, or says so. The limits of `agents.toml` are in its schema and in [the guide](guide.md).

This page is made from the comments in the source; do not edit it.
";

/// One limit: where it is defined, its value as it is written there, and its comment.
struct Limit {
    file: String,
    name: String,
    value: String,
    comment: String,
}

/// Whether a constant is a limit, by its name.
fn is_limit(name: &str) -> bool {
    ["_MAX", "_MAX_MS", "_LIMIT"].iter().any(|end| name.ends_with(end))
}

fn limits_of(file: &Source) -> Vec<Limit> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file.path)).expect("a source");
    let lines: Vec<&str> = text.lines().collect();
    let limit = |(number, line): &(usize, String)| {
        let (_, definition) = line.split_once("const ")?;
        let (name, rest) = definition.split_once(':')?;
        let value = rest.split_once('=')?.1.trim().trim_end_matches(';');
        let comment = lines[..number - 1].iter().rev().map_while(|line| line.trim().strip_prefix("///"));
        let mut comment: Vec<&str> = comment.map(str::trim).collect();
        comment.reverse();
        is_limit(name).then(|| Limit {
            file: file.path.clone(),
            name: name.to_owned(),
            value: value.to_owned(),
            comment: comment.join(" "),
        })
    };
    file.code.iter().filter_map(limit).collect()
}

fn limits() -> Vec<Limit> {
    sources("src").iter().filter(|file| !file.path.contains("/tests/")).flat_map(limits_of).collect()
}

/// The page, a table for each room.
fn page() -> String {
    let mut rooms: BTreeMap<String, String> = BTreeMap::new();
    for Limit { file, name, value, comment } in limits() {
        let path = file.strip_prefix("src/").unwrap_or(&file).to_owned();
        let room = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        let cell = |text: &str| text.replace("[`", "`").replace("`]", "`").replace('|', "\\|");
        let (what, beyond) = comment.split_once("Beyond it, ").unwrap_or((&comment, ""));
        let rows = rooms.entry(room).or_default();
        writeln!(rows, "| `{path}` `{name}` | `{}` | {} | {} |", cell(&value), cell(what.trim()), cell(beyond))
            .expect("a row");
    }
    let mut page = HEAD.to_owned();
    for (room, rows) in rooms {
        write!(page, "\n## {room}\n\n| limit | value | of what | beyond it |\n|---|---|---|---|\n{rows}")
            .expect("a table");
    }
    page
}

#[test]
fn every_limit_says_what_happens_beyond_it() {
    let limits = limits();
    let says_nothing = |limit: &&Limit| !limit.comment.contains("Beyond it, ");
    let silent: Vec<String> =
        limits.iter().filter(says_nothing).map(|limit| format!("{}: {}", limit.file, limit.name)).collect();
    assert!(silent.is_empty(), "these need a sentence that begins with \"Beyond it, \": {silent:#?}");
    assert!(limits.len() > 200, "the limits were not found: {}", limits.len());
}

#[test]
fn the_page_of_limits_lists_every_one() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = page();
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(&path, &page).expect("written");
    }
    let known = std::fs::read_to_string(&path).expect("the page");
    assert!(known == page, "a limit has changed: run `INSTA_UPDATE=always cargo test --test architecture`");
}
