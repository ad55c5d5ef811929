//! Names of agents and of fleets: fit for a path, a branch and a shell.

use super::text::{BadValue, quoted, text_value};
use std::fmt;
use std::str::FromStr;

/// The longest name, bytes: short enough for a socket's path and a dashboard's column. Beyond it, the name is refused.
pub const NAME_BYTES_MAX: usize = 64;

/// A name: letters, digits, `.`, `_` and `-`; not first `.` or `-`; no `..`, no `.` or `.lock` at the end
/// (git-check-ref-format(1)), at most [`NAME_BYTES_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

text_value!(
    Name,
    name: "Name",
    expecting: "a name of letters, digits, `.`, `_` and `-`",
    examples: ["builder", "code-review"],
    pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"
);

impl Name {
    /// Returns the text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Name, BadValue> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let wrong = match text {
            "" => Some("it is empty".to_owned()),
            _ if text.len() > NAME_BYTES_MAX => Some(format!("it is longer than {NAME_BYTES_MAX} bytes")),
            _ if text.starts_with(['.', '-']) => Some("it begins with `.` or `-`".to_owned()),
            _ if text.ends_with('.') || text.to_ascii_lowercase().ends_with(".lock") => {
                Some("it ends in `.` or `.lock`, which git does not allow for a branch".to_owned())
            }
            _ if text.contains("..") => Some("it contains `..`".to_owned()),
            _ => text.chars().find(|c| !allowed(*c)).map(|c| format!("{} is not allowed", quoted(&c.to_string()))),
        };
        match wrong {
            None => Ok(Name(text.to_owned())),
            Some(why) => Err(BadValue(format!(
                "{} can't be the name of a path and a branch: {why}; use letters, digits, `.`, `_` and `-`",
                quoted(text)
            ))),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    #[test]
    fn refuses_what_git_or_a_path_would() {
        for good in ["a", "worker-1", "code.review", "_x", "A9"] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        let long = "x".repeat(NAME_BYTES_MAX + 1);
        for bad in [
            "",
            ".",
            "..",
            ".a",
            "-a",
            "a.",
            "a..b",
            "a.lock",
            "a.LOCK",
            "a/b",
            "a b",
            "ä",
            "a\n",
            "a\0",
            "@{",
            long.as_str(),
        ] {
            assert!(bad.parse::<Name>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_one_plain_path_component(text in "[A-Za-z0-9._/-]{0,12}|\\PC{0,8}") {
            if let Ok(name) = text.parse::<Name>() {
                let components: Vec<_> = Path::new(name.as_str()).components().collect();
                prop_assert!(matches!(components.as_slice(), [Component::Normal(_)]));
            }
        }
    }
}
