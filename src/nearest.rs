//! "Did you mean …?": finds the known words that are nearest to an unknown one, and makes the hint for an unknown name.

/// The similarity from which two words count as alike.
const SIMILARITY_MIN: f64 = 0.6;
/// The most names that are suggested. Beyond it, less similar names are omitted.
const SUGGESTED_MAX: usize = 3;

/// Returns the word of `known` of which `word` is most likely a misspelling; none when nothing is near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest(word, known).first().copied()
}

/// Returns the hint for an unknown word: which word of `known` it most likely means; none when nothing is near.
pub fn hint_for_unknown<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    did_you_mean(word, known).map(|nearest| format!("did you mean `{nearest}`?"))
}

/// Returns the words of `known` that are near, the nearest first; of equally near ones, those that come first in
/// `known` go first. A word that begins with the unknown one is near.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let similarity = |candidate: &str| {
        let candidate = plain(candidate);
        match word.len() > 1 && candidate.starts_with(&word) {
            true => SIMILARITY_MIN.max(strsim::normalized_damerau_levenshtein(&word, &candidate)),
            false => strsim::normalized_damerau_levenshtein(&word, &candidate),
        }
    };
    let rated = known.into_iter().map(|candidate| (similarity(candidate), candidate));
    let mut near: Vec<(f64, &str)> = rated.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN).collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Returns the hint for an agent's name that is unknown. It names all agents only when they are few.
pub fn hint_for_unknown_agent(name: &str, known: &[String]) -> String {
    let near: Vec<&str> = nearest(name, known.iter().map(String::as_str)).into_iter().take(SUGGESTED_MAX).collect();
    match (near.as_slice(), known.len()) {
        (_, 0) => "the fleet has no agents; add one to agents.toml, or `qd spawn`".to_owned(),
        ([], count @ 1..=SUGGESTED_MAX) => format!("the fleet has {}; `qd ps` shows {}", known.join(", "), them(count)),
        ([], count) => format!("`qd ps` lists the {count} agents of the fleet"),
        (near, count) if count > near.len() => {
            format!("did you mean {}? `qd ps` lists all {count}", quoted(near))
        }
        (near, _) => format!("did you mean {}?", quoted(near)),
    }
}

fn them(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

/// Joins names in quotes: `a`, or `a`, `b` or `c`.
fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [many @ .., last] if !many.is_empty() => format!("{} or {last}", many.join(", ")),
        one => one.concat(),
    }
}

/// Joins names in one line: all of a few, and of many the first ones and how many more there are.
pub fn some_of(names: &[impl AsRef<str>]) -> String {
    /// The most names that are listed when no name is similar. Beyond it, the rest is counted.
    const NAMED_MAX: usize = 6;
    let first: Vec<&str> = names.iter().take(NAMED_MAX).map(AsRef::as_ref).collect();
    match names.len() {
        0..=NAMED_MAX => first.join(", "),
        count => format!("{} and {} more", first.join(", "), count - NAMED_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_misspellings_and_nothing_else() {
        let known = ["command", "workspace", "env", "stop_grace"];
        assert_eq!(did_you_mean("comand", known), Some("command"));
        assert_eq!(did_you_mean("worksapce", known), Some("workspace"));
        assert_eq!(did_you_mean("stop-grace", known), Some("stop_grace"));
        assert_eq!(did_you_mean("work", known), Some("workspace"));
        assert_eq!(did_you_mean("colour", known), None);
    }

    #[test]
    fn an_unknown_agent_is_answered_in_one_short_line_however_many_there_are() {
        let hundred: Vec<String> = (1..=100).map(|number| format!("asks-{number}")).collect();
        let hint = hint_for_unknown_agent("aks-3", &hundred);
        assert!(hint.starts_with("did you mean `asks-3`, ") && hint.ends_with("? `qd ps` lists all 100"), "{hint}");
        assert!(hint.len() < 80, "{hint}");
        assert_eq!(hint_for_unknown_agent("nobody", &hundred), "`qd ps` lists the 100 agents of the fleet");
        let two = ["builder".to_owned(), "linter".to_owned()];
        assert_eq!(hint_for_unknown_agent("nobody", &two), "the fleet has builder, linter; `qd ps` shows them");
        assert_eq!(hint_for_unknown_agent("builde", &two), "did you mean `builder`? `qd ps` lists all 2");
        assert_eq!(hint_for_unknown_agent("builde", &two[..1]), "did you mean `builder`?");
        assert!(hint_for_unknown_agent("a", &[]).contains("no agents"));
    }

    #[test]
    fn many_names_are_counted() {
        assert_eq!(some_of(&["a", "b"]), "a, b");
        let many: Vec<String> = (1..=9).map(|number| number.to_string()).collect();
        assert_eq!(some_of(&many), "1, 2, 3, 4, 5, 6 and 3 more");
    }
}
