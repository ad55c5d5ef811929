//! `agents.toml` for a case: what it says, with a short grace and a name before it unless it says so itself.

/// The text as it is written to the file.
pub(crate) fn complete(text: &str) -> String {
    if text.contains("[fleet]") {
        text.to_owned()
    } else {
        format!("[fleet]\nname = \"fleet\"\nstop_grace = \"2s\"\n\n{text}")
    }
}

/// An agent that runs a shell line, as a table of `agents.toml`. `more` are further keys, a line each.
pub(crate) fn shell(name: &str, line: &str, more: &str) -> String {
    assert!(!line.contains("'''"), "the line is written as a literal string");
    format!("[agents.{name}]\nshell = '''{line}'''\n{more}\n\n")
}
