//! The README as text: its blocks, what is quoted in its lines, and the parts that are made from the program.

/// A fenced block.
pub(crate) struct Block<'a> {
    /// The heading it stands under.
    pub(crate) section: &'a str,
    /// What follows the opening fence: `sh`, `toml`, `text`.
    pub(crate) language: &'a str,
    /// The lines between the fences.
    pub(crate) lines: Vec<&'a str>,
}

/// All fenced blocks, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut section = "";
    let mut open: Option<Block<'_>> = None;
    for line in page.lines() {
        match (open.take(), line.strip_prefix("```")) {
            (None, Some(language)) => open = Some(Block { section, language, lines: Vec::new() }),
            (None, None) => section = line.strip_prefix("## ").unwrap_or(section),
            (Some(block), Some(_)) => blocks.push(block),
            (Some(mut block), None) => {
                block.lines.push(line);
                open = Some(block);
            }
        }
    }
    assert!(open.is_none(), "the last block is not closed");
    blocks
}

/// What stands between backticks within a line.
pub(crate) fn quoted(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Where its links and pictures lead, web addresses left out.
pub(crate) fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target).filter(|target| !target.contains("://"))
}

/// The page with another text between `<!-- NAME:` … `-->` and `<!-- /NAME -->`.
pub(crate) fn with_part(page: &str, name: &str, text: &str) -> String {
    let opening = page.find(&format!("<!-- {name}:")).unwrap_or_else(|| panic!("the README has no part `{name}`"));
    let begin = opening + page[opening..].find("-->\n").expect("the end of the opening comment") + "-->\n".len();
    let end = begin + page[begin..].find(&format!("<!-- /{name} -->")).expect("the closing comment");
    format!("{}\n{text}\n{}", &page[..begin], &page[end..])
}
