//! "Did you mean …?": the known word that is nearest to an unknown one.

/// The word of `known` that `word` is most likely a misspelling of; none when nothing is near.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const SIMILARITY_MIN: f64 = 0.6;
    let word = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&word, &candidate.to_lowercase().replace('_', "-")), candidate)
        })
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn finds_misspellings_and_nothing_else() {
        let known = ["command", "workspace", "env", "stop_grace"];
        assert_eq!(did_you_mean("comand", known), Some("command"));
        assert_eq!(did_you_mean("worksapce", known), Some("workspace"));
        assert_eq!(did_you_mean("stop-grace", known), Some("stop_grace"));
        assert_eq!(did_you_mean("colour", known), None);
    }
}
