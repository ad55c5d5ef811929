//! Shared parts of every value that is written as text: its error, and its forms in serde and in the JSON Schema.

/// A clause for people that says what is wrong with a value's text: `expected …, found …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(pub String);

/// A value's text for an error: short, without control characters, in backticks.
pub(super) fn quoted(text: &str) -> String {
    /// The most characters of a wrong value that an error shows. Beyond it, the text is cut and ends with `…`.
    const SHOWN_CHARS_MAX: usize = 60;
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Implements serde and the JSON Schema for a type with `FromStr` and `Display`: a string in both.
macro_rules! text_value {
    ($type:ty, name: $name:literal, expecting: $expecting:literal, examples: [$($example:literal),+] $(, pattern: $pattern:literal)?) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $type;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": $expecting,
                    $("pattern": $pattern,)?
                    "examples": [$($example),+],
                })
            }
        }
    };
}
pub(in crate::config) use text_value;
