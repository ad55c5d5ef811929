//! Reads the placeholders in a text, which are filled in when its task is made: `{{ build.result }}`, `{{ build.outputs
//! }}`, `{{ item }}`.
//!
//! There is nothing more to the language: no logic, no loops. `\{{` is `{{` itself.

use crate::nearest::did_you_mean;
use quarterdeck_core::plan::Said;

/// A piece of a text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A part of the text that has no placeholder, and stays as it is written.
    Text(String),
    /// The result or the outputs of another task, by that task's name.
    Of { task: String, said: Said, place: Place },
    /// The placeholder for the list item that a task is made for.
    Item { place: Place },
}

/// The number of a pair of opening braces in a text, from 0. Escaped pairs are counted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(pub(super) usize);

/// A placeholder that can't be read, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadPlace {
    pub(super) place: Place,
    pub(super) what: String,
    pub(super) hint: String,
}

/// Divides a text into its parts. A placeholder that can't be read is reported and omitted.
pub(super) fn parse(text: &str, bad: &mut Vec<BadPlace>) -> Vec<Part> {
    let (mut parts, mut plain, mut rest, mut place) = (Vec::new(), String::new(), text, 0);
    while let Some((before, after)) = rest.split_once("{{") {
        let this = Place(place);
        place += 1;
        if let Some(before) = before.strip_suffix('\\') {
            plain.push_str(before);
            plain.push_str("{{");
            rest = after;
            continue;
        }
        plain.push_str(before);
        let Some((inside, after)) = after.split_once("}}") else {
            bad.push(BadPlace {
                place: this,
                what: "`{{` is not closed".to_owned(),
                hint: "close it with `}}`, or write `\\{{` for the braces themselves".to_owned(),
            });
            rest = "";
            break;
        };
        // An unclosed placeholder must not change the numbers of later ones: the pairs inside it count too.
        place += inside.matches("{{").count();
        rest = after;
        match expression(inside.trim(), this) {
            Ok(part) => {
                parts.extend((!plain.is_empty()).then(|| Part::Text(std::mem::take(&mut plain))));
                parts.push(part);
            }
            Err(problem) => bad.push(problem),
        }
    }
    plain.push_str(rest);
    parts.extend((!plain.is_empty()).then_some(Part::Text(plain)));
    parts
}

fn expression(inside: &str, place: Place) -> Result<Part, BadPlace> {
    let wrong = |what: String, hint: String| Err(BadPlace { place, what, hint });
    let usual = || "expected `item`, `NAME.result` or `NAME.outputs`; `\\{{` means the braces themselves".to_owned();
    match inside.split_once('.').map(|(task, word)| (task.trim(), word.trim())) {
        None if inside == "item" => Ok(Part::Item { place }),
        Some((task, "result")) => Ok(Part::Of { task: task.to_owned(), said: Said::Result, place }),
        Some((task, "outputs")) => Ok(Part::Of { task: task.to_owned(), said: Said::Outputs, place }),
        Some((task, word)) => {
            let hint = did_you_mean(word, ["result", "outputs"])
                .map_or_else(usual, |nearest| format!("did you mean `{{{{ {task}.{nearest} }}}}`?"));
            wrong(format!("a task has a `result` and `outputs`, but no `{}`", word.escape_debug()), hint)
        }
        None => wrong(format!("`{{{{ {} }}}}` names nothing", inside.escape_debug()), usual()),
    }
}

/// Finds a placeholder in the source of a value, in bytes of the source. An escaped brace in a basic string is not
/// found there; then the place is the value itself.
pub(super) fn locate(source: &str, value: std::ops::Range<usize>, place: Place) -> std::ops::Range<usize> {
    let found = source.get(value.clone()).and_then(|raw| raw.match_indices("{{").nth(place.0));
    let Some((at, _)) = found else { return value };
    let start = value.start + at;
    let close = source[start..value.end].find("}}").map_or(2, |close| close + 2);
    start..start + close
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (Vec<Part>, Vec<BadPlace>) {
        let mut bad = Vec::new();
        let parts = parse(text, &mut bad);
        (parts, bad)
    }

    #[test]
    fn places_and_braces_are_told_apart() {
        let (parts, bad) = read("fix \\{{x}} in {{item}}: {{ build.result }}.");
        assert_eq!(bad, []);
        assert_eq!(
            parts,
            [
                Part::Text("fix {{x}} in ".into()),
                Part::Item { place: Place(1) },
                Part::Text(": ".into()),
                Part::Of { task: "build".into(), said: Said::Result, place: Place(2) },
                Part::Text(".".into()),
            ]
        );
    }

    #[test]
    fn what_is_no_place_is_reported_with_its_place_and_the_rest_is_read() {
        let (parts, bad) = read("{{ x }} {{ a.resutl }} {{ a.outputs }} {{ open");
        assert_eq!(bad.iter().map(|bad| bad.place.0).collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(bad[1].hint, "did you mean `{{ a.result }}`?");
        assert_eq!(parts.iter().filter(|part| matches!(part, Part::Of { .. })).count(), 1);
    }

    #[test]
    fn a_place_is_found_in_the_source() {
        let source = r#"prompt = "a {{ b.result }} {{ item }}""#;
        assert_eq!(&source[locate(source, 9..source.len(), Place(1))], "{{ item }}");
        assert_eq!(locate(source, 9..source.len(), Place(7)), 9..source.len());
    }

    proptest! {
        #[test]
        fn a_text_without_braces_is_itself(text in "[^{]*") {
            let (parts, bad) = read(&text);
            prop_assert_eq!(bad, vec![]);
            let whole: Vec<Part> = (!text.is_empty()).then_some(Part::Text(text)).into_iter().collect();
            prop_assert_eq!(parts, whole);
        }

        #[test]
        fn nothing_panics_and_every_place_lies_in_the_text(text in "([a-z. ]|\\{\\{|\\}\\}|\\\\|é){0,20}") {
            let (parts, bad) = read(&text);
            let places = parts.iter().filter_map(|part| match part {
                Part::Of { place, .. } | Part::Item { place } => Some(*place),
                Part::Text(_) => None,
            });
            for place in places.chain(bad.iter().map(|bad| bad.place)) {
                prop_assert!(text[locate(&text, 0..text.len(), place)].starts_with("{{"));
            }
        }
    }
}
