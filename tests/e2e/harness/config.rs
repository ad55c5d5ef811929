//! Makes the `agents.toml` of a case: the given text, preceded by a name and a short grace unless it has a table
//! `[fleet]` itself.

/// Returns the text as it is written to the file.
pub(crate) fn complete(text: &str) -> String {
    if text.contains("[fleet]") {
        text.to_owned()
    } else {
        format!("[fleet]\nname = \"fleet\"\nstop_grace = \"2s\"\n\n{text}")
    }
}

/// Returns an agent that runs a shell line, as a table of `agents.toml`. `more` holds further keys, a line each.
pub(crate) fn shell(name: &str, line: &str, more: &str) -> String {
    assert!(!line.contains("'''"), "the line is written as a literal string");
    format!("[agents.{name}]\nshell = '''{line}'''\n{more}\n\n")
}
