//! Settings that are written as a word, or as a table with more to say.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use std::fmt;

/// Reads a setting that is either a word or a table. Unlike serde's untagged enums it keeps the place and the
/// message of an error inside the table.
pub(in crate::config) struct WordOrTable<Word, Table, Setting> {
    /// What an error says was expected.
    pub(in crate::config) expecting: &'static str,
    /// Makes the setting from a word.
    pub(in crate::config) word: fn(Word) -> Setting,
    /// Makes the setting from a table, or says what is wrong with it.
    pub(in crate::config) table: fn(Table) -> Result<Setting, &'static str>,
}

impl<'de, Word, Table, Setting> Visitor<'de> for WordOrTable<Word, Table, Setting>
where
    Word: Deserialize<'de>,
    Table: Deserialize<'de>,
{
    type Value = Setting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Setting, E> {
        Word::deserialize(serde::de::value::StrDeserializer::new(word)).map(self.word)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Setting, A::Error> {
        let table = Table::deserialize(MapAccessDeserializer::new(map))?;
        (self.table)(table).map_err(A::Error::custom)
    }
}
