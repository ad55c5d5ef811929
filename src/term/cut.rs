//! Text from a terminal without what moves a cursor, cut to a length.

/// Returns `text` without control characters and surrounding blanks, at most `chars_max` characters; see [`cut`].
pub(super) fn plain(text: &str, chars_max: usize) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control()).collect();
    cut(kept.trim(), chars_max)
}

/// Returns the first `chars_max` characters of `text`. When some are missing, the last one is `…`, so that nobody takes
/// a part for the whole.
pub fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().nth(chars_max).is_none() {
        return text.to_owned();
    }
    let mut part: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    part.truncate(part.trim_end().len());
    part.push('…');
    part
}
