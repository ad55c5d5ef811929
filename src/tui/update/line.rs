//! Handles a line of text that is written. It has a limit; text beyond the limit is refused with an error, never
//! dropped silently.

use super::super::input::{Code, Key};

/// Handles a key of the line.
///
/// # Errors
/// The line is full, and the character was not taken.
pub(super) fn press(text: &mut String, key: Key, chars_max: usize) -> Result<(), String> {
    match (key.code, key.typed()) {
        (Code::Backspace, _) => drop(text.pop()),
        (_, Some(character)) => paste(text, character.encode_utf8(&mut [0; 4]), chars_max)?,
        _ => {}
    }
    Ok(())
}

/// Inserts pasted text without its control characters.
///
/// # Errors
/// There is no room for all of it, and nothing was inserted.
pub(super) fn paste(text: &mut String, pasted: &str, chars_max: usize) -> Result<(), String> {
    let pasted = pasted.chars().filter(|character| !character.is_control());
    match text.chars().count() + pasted.clone().count() <= chars_max {
        true => text.extend(pasted),
        false => return Err(format!("no room: at most {chars_max} characters")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_refused_whole() {
        let mut text = String::new();
        assert_eq!(paste(&mut text, "日本\n", 4), Ok(()));
        assert_eq!(paste(&mut text, "too long", 4), Err("no room: at most 4 characters".to_owned()));
        let press = |text: &mut String, code| press(text, Key::plain(code), 3);
        assert_eq!(press(&mut text, Code::Char('語')), Ok(()));
        assert!(press(&mut text, Code::Char('x')).is_err());
        assert_eq!(text, "日本語");
        assert_eq!((press(&mut text, Code::Backspace), press(&mut text, Code::Enter)), (Ok(()), Ok(())));
        assert_eq!(text, "日本");
    }
}
