//! The configuration file: its largest size, and how its text is read.

/// The largest configuration file, bytes. Beyond it, the file is refused.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// Returns a text with the line ends that shells, programs and agents expect (LF), whatever editor or checkout wrote it
/// (CRLF): a script of several lines with CRs is another script. TOML allows this (section "String"). Every text that
/// is read passes through here.
pub fn unix_lines(text: &str) -> std::borrow::Cow<'_, str> {
    match text.contains("\r\n") {
        true => text.replace("\r\n", "\n").into(),
        false => text.into(),
    }
}

/// The message for an error of the system, in plain words for the most common ones.
pub(super) fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
        _ => error.to_string(),
    }
}
