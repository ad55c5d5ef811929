//! Writes a task's status into the header of its file; the rest of the file is unchanged.

use super::header::part;
use super::render::word;

/// Returns the text with these keys of its header set: on their own line if the key exists, else on new lines at the
/// header's end. A text without a header gets one.
pub fn with_fields(text: &str, fields: &[(&str, &str)]) -> String {
    let line = |(key, value): &(&str, &str)| format!("{key}: {}\n", word(value));
    let whole = |fields: &[(&str, &str)]| fields.iter().map(line).collect::<String>();
    let parted = part(text);
    let Some(parted) =
        parted.filter(|parted| !parted.body.is_empty() && text.len() > parted.body.len() && is_headed(text))
    else {
        return format!("---\n{}---\n{text}", whole(fields));
    };
    let mut header = String::new();
    let mut left: Vec<(&str, &str)> = fields.to_vec();
    let mut replaced = false;
    for old in parted.header.split_inclusive('\n') {
        let key = old.split_once(':').map_or("", |(key, _)| key);
        let goes_on = old.starts_with([' ', '\t', '-']) || old.trim().is_empty();
        if goes_on {
            // Further lines of a replaced value are removed with it.
            if !replaced || old.trim().is_empty() {
                header.push_str(old);
            }
            continue;
        }
        let field = left.iter().position(|(field, _)| *field == key.trim_matches(['"', '\'']));
        replaced = field.is_some();
        match field {
            Some(field) => header.push_str(&line(&left.remove(field))),
            None => header.push_str(old),
        }
    }
    if !header.is_empty() && !header.ends_with('\n') {
        header.push('\n');
    }
    header.push_str(&whole(&left));
    format!("---\n{header}---\n{}", parted.body)
}

fn is_headed(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().next().is_some_and(|line| line.trim_end() == "---")
}
