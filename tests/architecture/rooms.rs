//! The table of rooms: `src/lib.rs` in the form of data.

/// A room, what it may name, and what of the world it never names.
pub(crate) struct Room {
    /// The directory or file below `src`.
    pub(crate) name: &'static str,
    /// Rooms of this crate that it may name.
    pub(crate) may_use: &'static [&'static str],
    /// Words that never occur in it: crates, or what touches the world.
    pub(crate) never_names: &'static [&'static str],
}

/// For rooms that put everything together.
pub(crate) const EVERYTHING: &[&str] = &["*"];

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

/// Every room.
pub(crate) const ROOMS: [Room; 26] = [
    Room { name: "core", may_use: EVERYTHING, never_names: &["std", "tokio", "println", "HashMap", "HashSet"] },
    Room { name: "term", may_use: &[], never_names: WORLD },
    Room { name: "status", may_use: &["term"], never_names: WORLD },
    Room { name: "split", may_use: &[], never_names: WORLD },
    Room { name: "nearest", may_use: &[], never_names: WORLD },
    Room { name: "regular", may_use: &[], never_names: &["tokio", "std::net", "std::env", "std::process"] },
    Room { name: "process", may_use: &["regular"], never_names: &["tokio", "std::net", "std::env"] },
    Room { name: "transcript", may_use: &["regular"], never_names: &["tokio", "std::net", "std::env", "std::process"] },
    Room { name: "place", may_use: &["regular"], never_names: &["tokio", "std::net", "std::process"] },
    Room {
        name: "wire",
        may_use: &["process", "regular"],
        never_names: &["tokio", "serde", "std::env", "std::process", "std::net"],
    },
    Room {
        name: "config",
        may_use: &["demo", "regular", "nearest"],
        never_names: &["tokio", "std::net", "std::process", "SystemTime::now"],
    },
    Room { name: "workspace", may_use: &["config", "place", "regular"], never_names: &["tokio", "std::net"] },
    Room { name: "doctor", may_use: &["config", "workspace", "place", "process"], never_names: &["tokio"] },
    Room { name: "demo", may_use: &[], never_names: WORLD },
    Room { name: "api", may_use: &["term"], never_names: WORLD },
    Room {
        name: "keeper",
        may_use: &["wire", "process", "transcript", "regular"],
        never_names: &["tokio", "serde", "serde_json", "alacritty_terminal", "tracing"],
    },
    Room {
        name: "supervisor",
        may_use: &[
            "config",
            "workspace",
            "process",
            "transcript",
            "place",
            "term",
            "status",
            "wire",
            "api",
            "split",
            "regular",
            "nearest",
        ],
        never_names: &["ratatui", "crossterm", "clap", "alacritty_terminal"],
    },
    Room {
        name: "client",
        may_use: &["api", "place", "term", "regular"],
        never_names: &["ratatui", "clap", "rusqlite", "std::net", "println"],
    },
    Room {
        name: "tui",
        may_use: &["api", "term", "client", "place", "nearest"],
        never_names: &["rusqlite", "std::net", "std::os::unix::net", "alacritty_terminal", "axum", "println"],
    },
    Room { name: "report", may_use: &["api", "client", "place"], never_names: &["ratatui", "rusqlite", "std::net"] },
    Room { name: "headless", may_use: &["api", "client", "place", "report"], never_names: &["ratatui", "rusqlite"] },
    Room { name: "mcp", may_use: &["api", "client", "place", "report"], never_names: &["ratatui", "rusqlite"] },
    Room { name: "cli", may_use: EVERYTHING, never_names: &["rusqlite", "axum", "alacritty_terminal"] },
    Room { name: "build", may_use: &[], never_names: &["tokio", "std::fs", "std::process"] },
    Room { name: "lib", may_use: EVERYTHING, never_names: &[] },
    Room { name: "main", may_use: EVERYTHING, never_names: &[] },
];
