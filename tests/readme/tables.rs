//! The README's tables, made from the program's own.

use quarterdeck::api::condition::Condition;
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

/// The words for what an agent is up to, with the signs that stand for them.
pub(crate) fn conditions() -> String {
    // Those that mean more than what is shown with them come last, and have no sign of their own.
    let wider = [Condition::Ready, Condition::Running, Condition::Ended];
    let rows = Condition::all().map(|condition| {
        let sign = if wider.contains(&condition) { "" } else { condition.look().sign() };
        format!("| {sign} | `{}` | {} |\n", condition.word(), condition.meaning())
    });
    format!("| sign | word | the agent |\n|---|---|---|\n{}", rows.collect::<String>())
}

fn quoted(key: &Key) -> String {
    format!("`{key}`")
}
