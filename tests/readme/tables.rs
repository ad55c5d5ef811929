//! The README's tables, made from the program's own.

use quarterdeck::report::exit::Exit;
use quarterdeck::tui::input::Key;
use quarterdeck::tui::keymap::{Context, ENTRIES, Keymap};

/// Every key as shipped, and what it does, by where keys go.
pub(crate) fn keys() -> String {
    let keymap = Keymap::default();
    let table = |context: Context| {
        let entries = ENTRIES.iter().filter(|entry| entry.context == context);
        let rows = entries.map(|entry| {
            let keys: Vec<String> = keymap.keys(entry.does).iter().map(quoted).collect();
            format!("| {} | {} |\n", keys.join(" "), entry.help)
        });
        format!("| {} | |\n|---|---|\n{}", context.title(), rows.collect::<String>())
    };
    Context::ALL.map(table).join("\n")
}

/// What `qd` ends with.
pub(crate) fn exit_codes() -> String {
    let rows = Exit::TABLE.iter().map(|(exit, meaning)| format!("| {} | {meaning} |\n", exit.code()));
    format!("| exit code | meaning |\n|---:|---|\n{}", rows.collect::<String>())
}

fn quoted(key: &Key) -> String {
    format!("`{key}`")
}
