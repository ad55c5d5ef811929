//! The table of rooms, as data: who may name whom, and what of the world each touches. The table in `src/lib.rs` is made
//! from it; `INSTA_UPDATE=always` makes it anew.

use super::graph::Graph;
use super::source::{self, Source, lines_that, sources};
use std::collections::BTreeSet;
use std::path::Path;

/// A room, what it may name, and what of the world it touches.
pub(crate) struct Room {
    /// The directory or file below `src`.
    pub(crate) name: &'static str,
    /// Rooms that it may name: those that it does name.
    may_use: &'static [&'static str],
    /// What it touches of clock, environment, files and processes, in words.
    touches: &'static str,
    /// Words that never occur in it: crates, or what touches the world.
    never_names: &'static [&'static str],
}

/// For rooms that put everything together.
const EVERYTHING: &[&str] = &["*"];

/// What touches clock, environment, files, processes or the network.
const WORLD: &[&str] = &[
    "tokio",
    "std::fs",
    "std::env",
    "std::process",
    "std::net",
    "std::os::unix::net",
    "SystemTime::now",
    "nix",
    "rustix",
];

/// Every room, lowest first. `lib.rs` and `main.rs` are in none.
pub(crate) const ROOMS: [Room; 28] = [
    Room {
        name: "core",
        may_use: &[],
        touches: "impossible: it is `no_std`",
        never_names: &["std", "tokio", "println", "HashMap", "HashSet"],
    },
    Room { name: "term", may_use: &[], touches: "no (hides the emulator crate)", never_names: WORLD },
    Room { name: "status", may_use: &["core", "term"], touches: "no", never_names: WORLD },
    Room { name: "split", may_use: &[], touches: "no", never_names: WORLD },
    Room { name: "amounts", may_use: &[], touches: "no", never_names: WORLD },
    Room {
        name: "random",
        may_use: &[],
        touches: "`/dev/urandom`",
        never_names: &["tokio", "std::net", "std::env", "std::process"],
    },
    Room { name: "nearest", may_use: &[], touches: "no", never_names: WORLD },
    Room {
        name: "clock",
        may_use: &[],
        touches: "the clock",
        never_names: &["tokio", "std::fs", "std::net", "std::env", "std::process"],
    },
    Room {
        name: "regular",
        may_use: &["amounts"],
        touches: "files",
        never_names: &["tokio", "std::net", "std::env", "std::process"],
    },
    Room { name: "process", may_use: &[], touches: "`/proc`", never_names: &["tokio", "std::net", "std::env"] },
    Room {
        name: "transcript",
        may_use: &["core", "regular"],
        touches: "files",
        never_names: &["tokio", "std::net", "std::env", "std::process"],
    },
    Room {
        name: "place",
        may_use: &["core", "regular"],
        touches: "files, env",
        never_names: &["tokio", "std::net", "std::process"],
    },
    Room {
        name: "wire",
        may_use: &["core", "process", "regular"],
        touches: "its records",
        never_names: &["tokio", "serde", "std::env", "std::process", "std::net"],
    },
    Room { name: "demo", may_use: &[], touches: "no", never_names: WORLD },
    Room {
        name: "config",
        may_use: &["core", "demo", "nearest", "place", "regular"],
        touches: "files",
        never_names: &["tokio", "std::net", "std::process", "SystemTime::now"],
    },
    Room {
        name: "workspace",
        may_use: &["config", "place", "regular"],
        touches: "files, git",
        never_names: &["tokio", "std::net"],
    },
    Room {
        name: "doctor",
        may_use: &["amounts", "config", "place", "workspace"],
        touches: "files, git",
        never_names: &["tokio"],
    },
    Room { name: "api", may_use: &["core", "term"], touches: "no", never_names: WORLD },
    Room { name: "fit", may_use: &[], touches: "no", never_names: WORLD },
    Room { name: "graph", may_use: &["api", "fit"], touches: "no", never_names: WORLD },
    Room {
        name: "keeper",
        may_use: &["clock", "core", "process", "regular", "transcript", "wire"],
        touches: "yes (and no tokio)",
        never_names: &["tokio", "serde", "serde_json", "alacritty_terminal", "tracing"],
    },
    Room {
        name: "supervisor",
        may_use: &[
            "amounts",
            "api",
            "clock",
            "config",
            "core",
            "nearest",
            "place",
            "process",
            "random",
            "regular",
            "split",
            "status",
            "term",
            "transcript",
            "wire",
            "workspace",
        ],
        touches: "yes",
        never_names: &["ratatui", "crossterm", "clap", "alacritty_terminal"],
    },
    Room {
        name: "client",
        may_use: &["amounts", "api", "place", "regular", "term"],
        touches: "sockets",
        never_names: &["ratatui", "clap", "rusqlite", "std::net", "println"],
    },
    Room {
        name: "tui",
        may_use: &["amounts", "api", "clock", "fit", "graph", "nearest", "term"],
        touches: "its loop only",
        never_names: &["rusqlite", "std::net", "std::os::unix::net", "alacritty_terminal", "axum", "println"],
    },
    Room {
        name: "report",
        may_use: &["amounts", "api", "client", "clock", "place"],
        touches: "stdio",
        never_names: &["ratatui", "rusqlite", "std::net"],
    },
    Room {
        name: "headless",
        may_use: &["amounts", "api", "client", "clock", "place", "report"],
        touches: "stdio",
        never_names: &["ratatui", "rusqlite"],
    },
    Room {
        name: "mcp",
        may_use: &["amounts", "api", "client", "place"],
        touches: "stdio",
        never_names: &["ratatui", "rusqlite"],
    },
    Room {
        name: "cli",
        may_use: EVERYTHING,
        touches: "stdio, env",
        never_names: &["rusqlite", "axum", "alacritty_terminal"],
    },
];

/// The files below `src` that put the rooms together.
const ROOTS: [&str; 2] = ["lib", "main"];

/// Where the table stands for people, and what stands before its rows.
const PAGE: &str = "src/lib.rs";
const HEAD: &str = "//! | room | may use | touches clock, env, files, processes |\n//! |---|---|---|\n";

fn room_of(name: &str) -> Option<&'static Room> {
    let room = ROOMS.iter().find(|room| room.name == name);
    assert!(room.is_some() || ROOTS.contains(&name), "src/{name} is no room; add it to the table");
    room
}

/// The room in which a file lies.
fn room_of_file(file: &str) -> &str {
    file.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default()
}

#[test]
fn each_room_names_those_that_it_may_use_and_no_others() {
    let (edges, _) = Graph::read().edges();
    let mut used = BTreeSet::new();
    let mut crossings = Vec::new();
    for ((one, other), line) in &edges {
        let (from, to) = (room_of_file(one), room_of_file(other));
        let Some(room) = room_of(from).filter(|room| from != to && room.may_use != EVERYTHING) else { continue };
        used.insert((from, to));
        if !room.may_use.contains(&to) {
            crossings.push(format!("{one}:{line}: names {other}"));
        }
    }
    assert!(crossings.is_empty(), "these cross a border:\n{}", crossings.join("\n"));
    let all = ROOMS.iter().flat_map(|room| room.may_use.iter().map(|other| (room.name, *other)));
    let unused: Vec<_> = all.filter(|pair| pair.1 != "*" && !used.contains(pair)).collect();
    assert!(unused.is_empty(), "these may use one that they do not: {unused:?}");
}

#[test]
fn no_room_touches_what_it_may_not_touch() {
    let crosses = |file: &Source, line: &str| {
        let never = room_of(file.room()).map_or(&[][..], |room| room.never_names);
        never.iter().any(|word| source::names_word(line, word))
    };
    let crossings = lines_that(&sources("src"), crosses);
    assert!(crossings.is_empty(), "these touch what their room may not:\n{}", crossings.join("\n"));
}

/// The rows of the table. A room that is a module of the library is a link.
fn rows() -> String {
    let row = |room: &Room| {
        let name = if room.name == "core" { "`core`".to_owned() } else { format!("[`{}`]", room.name) };
        let uses = match room.may_use {
            [] => "nothing".to_owned(),
            EVERYTHING => "all".to_owned(),
            rooms => rooms.join(", "),
        };
        format!("//! | {name} | {uses} | {} |\n", room.touches)
    };
    ROOMS.iter().map(row).collect()
}

#[test]
fn the_page_of_the_architecture_has_this_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(HEAD).expect("the head of the table");
    let after: String = rest.split_inclusive('\n').skip_while(|line| line.starts_with("//! |")).collect();
    let with_table = format!("{before}{HEAD}{}{after}", rows());
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        std::fs::write(&path, &with_table).expect("written");
    }
    let page = std::fs::read_to_string(&path).expect("the page");
    assert!(page == with_table, "a room has changed: run `INSTA_UPDATE=always cargo test --test architecture`");
}
