//! The configuration's file: its name, how large it may be, and how its text is taken.

/// The configuration file's name.
pub const FILE_NAME: &str = "agents.toml";

/// The largest configuration file, bytes. Beyond it, the file is refused.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// A text with the ends of lines that shells, programs and agents take (LF), whatever editor or checkout wrote it (CRLF):
/// a multi-line script with CRs is another script. TOML allows it (section "String"). Every reading of a text passes here.
pub fn unix_lines(text: &str) -> std::borrow::Cow<'_, str> {
    match text.contains("\r\n") {
        true => text.replace("\r\n", "\n").into(),
        false => text.into(),
    }
}

/// The system's message, or a plainer one.
pub(super) fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
        _ => error.to_string(),
    }
}
