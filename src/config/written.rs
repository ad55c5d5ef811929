//! Tables as they are written in a file: the values that were read from each, and the places of its keys.

use super::problem::{PROBLEMS_MAX, Problem};
use crate::nearest::hint_for_unknown;
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key as written, with its place in the file.
pub(super) type Key = (String, Range<usize>);

/// A table as written, with the places of its keys.
pub(super) struct Written<'t, T> {
    /// The name of the table: for an agent or a task its own, else that of the section.
    pub(super) name: String,
    /// The place of the name in the file; 0 for a section that the file has once.
    pub(super) name_span: Range<usize>,
    /// The values that were read from the table.
    pub(super) table: T,
    tree: DeTable<'t>,
}

impl<'t, T: DeserializeOwned + Default> Written<'t, T> {
    /// Reads the table that has this name; problems call the table by `place`.
    pub(super) fn read((name, name_span): Key, tree: DeTable<'t>, place: &str, problems: &mut Vec<Problem>) -> Self {
        let table = read_table(tree.clone(), place, problems);
        Written { name, name_span, table, tree }
    }
}

impl<T> Written<'_, T> {
    /// The place of a key's value; the place of the name when the key is not there.
    pub(super) fn span(&self, key: &str) -> Range<usize> {
        self.tree.get(key).map_or_else(|| self.name_span.clone(), Spanned::span)
    }

    /// The place of an item in a key's array.
    pub(super) fn item_span(&self, key: &str, index: usize) -> Range<usize> {
        let item = self.tree.get(key).and_then(|value| value.get_ref().as_array()).and_then(|array| array.get(index));
        item.map_or_else(|| self.span(key), Spanned::span)
    }

    /// The place of an entry in a key's table, such as `env`.
    pub(super) fn entry_span(&self, key: &str, entry: &str) -> Range<usize> {
        let table = self.tree.get(key).and_then(|value| value.get_ref().as_table());
        table.and_then(|table| table.get(entry)).map_or_else(|| self.span(key), Spanned::span)
    }

    /// The entries of a key's table, such as `routing`: the place of each name, the name, and its value.
    pub(super) fn entries(&self, key: &str) -> impl Iterator<Item = (Range<usize>, &str, &DeValue<'_>)> {
        let table = self.tree.get(key).and_then(|value| value.get_ref().as_table());
        let entries = table.into_iter().flatten();
        entries.map(|(name, value)| (name.span(), name.get_ref().as_ref(), value.get_ref()))
    }

    /// Whether a key is written, even if its value was not understood.
    pub(super) fn says(&self, key: &str) -> bool {
        self.tree.contains_key(key)
    }
}

/// Turns a syntax error of the toml crate into a problem.
pub(super) fn syntax_problem(error: &toml::de::Error) -> Problem {
    Problem { what: error.message().to_owned(), hint: None, span: Some(error.span().unwrap_or(0..0)) }
}

/// Reads a table. A key that can't be read is reported and taken out, then the rest is read again: so one mistake
/// does not hide the next.
pub(super) fn read_table<T: DeserializeOwned + Default>(
    mut tree: DeTable,
    place: &str,
    problems: &mut Vec<Problem>,
) -> T {
    while problems.len() < PROBLEMS_MAX {
        let whole = Spanned::new(0..0, tree.clone());
        let error = match T::deserialize(toml::Deserializer::from(whole)) {
            Ok(table) => return table,
            Err(error) => error,
        };
        let culprit = error.span().and_then(|span| culprit(&tree, &span));
        problems.push(value_problem(&error, place, culprit.as_deref()));
        match culprit {
            Some(key) => tree.remove(key.as_str()),
            None => break,
        };
    }
    T::default()
}

/// The key of `tree` under which an error's place is.
fn culprit(tree: &DeTable, span: &Range<usize>) -> Option<String> {
    let found = tree.iter().find(|(key, value)| covers(&key.span(), span) || reaches(value, span));
    found.map(|(key, _)| key.get_ref().clone().into_owned())
}

/// Whether a place is inside a value. The parts of a `[table.with.header]` are outside the table's own span.
fn reaches(value: &Spanned<DeValue>, span: &Range<usize>) -> bool {
    covers(&value.span(), span)
        || match value.get_ref() {
            DeValue::Table(table) => table.iter().any(|(key, value)| covers(&key.span(), span) || reaches(value, span)),
            DeValue::Array(array) => array.iter().any(|value| reaches(value, span)),
            _ => false,
        }
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Turns an error of serde into a problem in plain words. serde puts the unknown word and the known ones in backticks.
fn value_problem(error: &toml::de::Error, place: &str, key: Option<&str>) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let message = error.message().trim().replace("a nonzero u32", "a whole number from 1");
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match (message.as_str(), words.as_slice(), key) {
        (message, [unknown, known @ ..], key) if message.starts_with("unknown field") => {
            let place =
                key.filter(|key| key != unknown).map_or_else(|| place.to_owned(), |key| format!("`{key}` of {place}"));
            unknown_key(span, unknown, &place, known)
        }
        (message, [unknown, known @ ..], Some(key)) if message.starts_with("unknown variant") => {
            let problem =
                Problem::at(span, format!("`{key}` in {place} can't be `{unknown}`; expected {}", listed(known)));
            Problem { hint: hint_for_unknown(unknown, known.iter().copied()), ..problem }
        }
        (message, _, Some(key)) => Problem::at(span, format!("`{key}` in {place}: {message}")),
        (message, _, None) => Problem::at(span, format!("{place}: {message}")),
    }
}

pub(super) fn unknown_key(span: Range<usize>, unknown: &str, place: &str, known: &[&str]) -> Problem {
    let hint = hint_for_unknown(unknown, known.iter().copied());
    let hint = hint.unwrap_or_else(|| format!("known here: {}", listed(known)));
    Problem::at(span, format!("unknown key `{unknown}` in {place}")).hint(hint)
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Describes the mistake that a value is written where a table must be.
pub(super) fn not_a_table(name: &str, found: &DeValue<'_>) -> String {
    format!("`{name}` must be a table; found a value of the type {}", found.type_str())
}
