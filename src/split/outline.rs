//! The structure of a task's text: its sections, its steps, and the files that each of them names.
//!
//! A **section** begins at a heading. A **step** is a list item that is not within another item, or a whole section of
//! work without a list; an item that is checked off is not a step. Sections about success criteria, files or context
//! are not work.

use super::files::{self, Exists, Stands};
use super::part::Undivided;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::ops::Range;

/// The largest number of steps in one text. Beyond it, the division is refused, with the number.
const STEPS_MAX: usize = 1_000;
/// The largest number of files that one text names, counted for each step. Beyond it, the division is refused, with the
/// number.
const FILES_MAX: usize = 10_000;

/// The structure of a text.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) sections: Vec<Section>,
    pub(super) steps: Vec<Step>,
    /// The success criteria of the whole task.
    pub(super) criteria: Vec<String>,
    /// The files of the section that lists files.
    pub(super) listed: BTreeSet<String>,
    /// The context that every part needs: the text before the first step, and the sections about context.
    pub(super) context: String,
}

/// The content below one heading.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) level: HeadingLevel,
    /// The section that contains this section.
    pub(super) within: Option<usize>,
    /// Files that are named in the section outside its steps.
    pub(super) files: BTreeSet<String>,
    kind: Kind,
    has_steps: bool,
    /// The range of the text that belongs to this section itself.
    range: Range<usize>,
}

/// One step of the task.
#[derive(Debug)]
pub(super) struct Step {
    /// The section that contains the step; none if the step is before the first heading.
    pub(super) section: Option<usize>,
    /// The number of the step within its section, from 1.
    pub(super) number: usize,
    /// The step's text as Markdown, without the mark of its list item.
    pub(super) text: String,
    pub(super) files: BTreeSet<String>,
}

/// The subject of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Work,
    Criteria,
    Files,
    Context,
}

/// The beginnings of titles of sections that describe the steps of other sections, as in lists of tasks made by
/// spec-kit.
const ABOUT_ORDER: &[&str] = &["dependencies", "execution order", "format", "implementation strategy", "parallel"];

impl Kind {
    fn of(title: &str) -> Kind {
        let title = title.trim_end_matches(':').to_lowercase();
        if ABOUT_ORDER.iter().any(|words| title.starts_with(words)) {
            return Kind::Context;
        }
        match title.as_str() {
            "success criteria" | "acceptance criteria" | "acceptance" | "definition of done" => Kind::Criteria,
            "files" | "files to modify" | "files to change" | "affected files" => Kind::Files,
            "context" | "background" | "notes" | "overview" | "motivation" | "summary" | "references" => Kind::Context,
            _ => Kind::Work,
        }
    }
}

impl Outline {
    /// Returns the files that a step changes: those that it names, and those that its section names outside its steps.
    /// If a text has only one section of work, files that it names above its steps do not count, and neither do files
    /// named in a title.
    pub(super) fn files_of(&self, step: usize) -> BTreeSet<String> {
        let step = &self.steps[step];
        let several = self.steps.iter().any(|other| other.section != step.section);
        let section = step.section.map(|section| &self.sections[section]);
        let of_section = section.filter(|section| several && section.level != HeadingLevel::H1);
        step.files.iter().chain(of_section.into_iter().flat_map(|section| &section.files)).cloned().collect()
    }
}

/// Reads a text into its structure. A text that is too large to be divided is refused.
pub(super) fn read(text: &str, exists: Exists<'_>) -> Result<Outline, Undivided> {
    let mut reader = Reader::of(text, exists);
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TASKLISTS).into_offset_iter() {
        reader.take(event, range);
    }
    let outline = reader.finish();
    let files = outline.steps.iter().map(|step| step.files.len()).sum::<usize>() + outline.listed.len();
    let counts = [("steps", outline.steps.len(), STEPS_MAX), ("names of files", files, FILES_MAX)];
    match counts.into_iter().find(|(_, count, limit)| count > limit) {
        Some((what, count, limit)) => Err(Undivided::TooLarge { what, count, limit }),
        None => Ok(outline),
    }
}

/// The state of reading a text.
struct Reader<'t> {
    text: &'t str,
    exists: Exists<'t>,
    outline: Outline,
    item: Option<Item>,
    /// The depth of the current list item.
    depth: usize,
    heading: Option<(HeadingLevel, String, usize)>,
    /// The sections that contain the current position, outermost first.
    stack: Vec<usize>,
    /// Whether the current position is in a block of code, where nothing names a file.
    code: bool,
    /// Text that has not been searched for files yet.
    loose: String,
    /// Files that are named before every heading and step; the text does not say that they are changed.
    mentioned: BTreeSet<String>,
}

/// A list item that is being read.
struct Item {
    range: Range<usize>,
    checked: bool,
    files: BTreeSet<String>,
}

impl<'t> Reader<'t> {
    fn of(text: &'t str, exists: Exists<'t>) -> Reader<'t> {
        Reader {
            text,
            exists,
            outline: Outline::default(),
            item: None,
            depth: 0,
            heading: None,
            stack: Vec::new(),
            code: false,
            loose: String::new(),
            mentioned: BTreeSet::new(),
        }
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) if self.depth == 0 => {
                self.heading = Some((level, String::new(), range.start));
            }
            Event::End(TagEnd::Heading(_)) if self.heading.is_some() => self.open_section(range.end),
            Event::Start(Tag::Item) => {
                self.depth += 1;
                if self.depth == 1 {
                    self.search(Stands::InText);
                    self.item = Some(Item { range, checked: false, files: BTreeSet::new() });
                }
            }
            Event::End(TagEnd::Item) => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.close_item();
                }
            }
            Event::Start(Tag::CodeBlock(_)) => self.code = true,
            Event::End(TagEnd::CodeBlock) => self.code = false,
            Event::TaskListMarker(checked) if self.depth == 1 => {
                if let Some(item) = &mut self.item {
                    item.checked |= checked;
                }
            }
            Event::Code(words) => match &mut self.heading {
                Some((_, title, _)) => title.push_str(&words),
                None => self.take_files(&words, Stands::AsName),
            },
            Event::Text(words) => match &mut self.heading {
                Some((_, title, _)) => title.push_str(&words),
                None if self.code => {}
                None => self.loose.push_str(&words),
            },
            Event::SoftBreak | Event::HardBreak | Event::End(_) => self.loose.push(' '),
            _ => {}
        }
    }

    /// Returns the set to which files at the current position belong.
    fn named(&mut self) -> &mut BTreeSet<String> {
        match (&mut self.item, self.stack.last()) {
            (Some(item), _) => &mut item.files,
            (None, Some(section)) => &mut self.outline.sections[*section].files,
            (None, None) => &mut self.mentioned,
        }
    }

    fn take_files(&mut self, words: &str, stands: Stands) {
        let exists = self.exists;
        files::take(words, stands, exists, self.named());
    }

    /// Searches the unsearched text for files.
    fn search(&mut self, stands: Stands) {
        let text = std::mem::take(&mut self.loose);
        self.take_files(&text, stands);
    }

    fn open_section(&mut self, end: usize) {
        let Some((level, title, start)) = self.heading.take() else { return };
        self.search(Stands::InText);
        while let Some(open) = self.stack.last().copied() {
            let last = &mut self.outline.sections[open];
            last.range.end = last.range.end.min(start);
            if last.level < level {
                break;
            }
            self.stack.pop();
        }
        // A section below a heading about context is also about context.
        let within = self.stack.last().copied();
        let kind = match within.map(|outer| self.outline.sections[outer].kind) {
            Some(kind) if kind != Kind::Work => kind,
            _ => Kind::of(&title),
        };
        self.stack.push(self.outline.sections.len());
        let range = end..self.text.len();
        let title = title.trim().to_owned();
        self.outline.sections.push(Section {
            title,
            level,
            within,
            files: BTreeSet::new(),
            kind,
            has_steps: false,
            range,
        });
    }

    fn close_item(&mut self) {
        let section = self.stack.last().copied();
        let kind = section.map_or(Kind::Work, |section| self.outline.sections[section].kind);
        self.search(if kind == Kind::Files { Stands::AsName } else { Stands::InText });
        let Some(item) = self.item.take() else { return };
        let text = without_mark(&self.text[item.range]);
        match kind {
            Kind::Work if item.checked || text.is_empty() => {}
            Kind::Work => {
                if let Some(section) = section {
                    self.outline.sections[section].has_steps = true;
                }
                self.push_step(section, text, item.files);
            }
            Kind::Criteria => self.outline.criteria.push(first_line(&text).to_owned()),
            Kind::Files => self.outline.listed.extend(item.files),
            Kind::Context => {}
        }
    }

    fn push_step(&mut self, section: Option<usize>, text: String, files: BTreeSet<String>) {
        let last = self.outline.steps.last().filter(|step| step.section == section);
        let number = last.map_or(1, |step| step.number + 1);
        self.outline.steps.push(Step { section, number, text, files });
    }

    fn finish(mut self) -> Outline {
        self.search(Stands::InText);
        self.add_context();
        let outer: BTreeSet<usize> = self.outline.sections.iter().filter_map(|section| section.within).collect();
        let alone = (0..self.outline.sections.len()).filter(|index| !outer.contains(index) && self.is_step(*index));
        let of_sections: Vec<usize> = alone.collect();
        for index in of_sections {
            let section = &mut self.outline.sections[index];
            let text = format!("{}: {}", section.title, self.text[section.range.clone()].trim());
            let files = std::mem::take(&mut section.files);
            // The step is inserted where steps of this section would be: after those of the sections before it.
            let at = self.outline.steps.partition_point(|step| step.section < Some(index));
            self.outline.steps.insert(at, Step { section: Some(index), number: 1, text, files });
        }
        self.outline
    }

    /// Whether a whole section is one step: it is about work, and has text of its own but no list.
    fn is_step(&self, index: usize) -> bool {
        let section = &self.outline.sections[index];
        let is_title = section.level == HeadingLevel::H1;
        section.kind == Kind::Work
            && !section.has_steps
            && !is_title
            && !self.text[section.range.clone()].trim().is_empty()
    }

    /// Collects the context: the text before the first heading, the text below the title, and the sections about
    /// context.
    fn add_context(&mut self) {
        let sections = &self.outline.sections;
        let first = sections.first().map_or(self.text.len(), |section| {
            self.text[..section.range.start].trim_end().rfind('\n').map_or(0, |line| line + 1)
        });
        let has_steps = self.outline.steps.iter().any(|step| step.section.is_none());
        let before = (!has_steps).then(|| self.text[..first].trim());
        let of_sections = sections.iter().filter(|section| {
            section.kind == Kind::Context || (section.level == HeadingLevel::H1 && !section.has_steps)
        });
        let texts = before.into_iter().chain(of_sections.map(|section| self.text[section.range.clone()].trim()));
        self.outline.context = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    }
}

/// Returns an item's text without its bullet or number, and without its checkbox.
fn without_mark(item: &str) -> String {
    let item = item.trim();
    let rest = item.strip_prefix(['-', '*', '+']).or_else(|| {
        let digits = item.trim_start_matches(|each: char| each.is_ascii_digit());
        (digits.len() < item.len()).then(|| digits.strip_prefix(['.', ')'])).flatten()
    });
    let rest = rest.unwrap_or(item).trim_start();
    rest.strip_prefix("[ ]").unwrap_or(rest).trim().to_owned()
}

/// Returns the first line of a text.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Dates
Read RFC 3339 in `src/lib.rs`.

## Lexer
Files: src/lexer.rs
- [ ] digits
  - nested, in `src/digits.rs`
- [x] done before
1. separators

## Docs
Write docs/dates.md.

```sh
cargo test src/none.rs
```

## Success criteria
- [ ] all tests pass

## Files
- src/lexer.rs the lexer
- `README.md`

## Notes
See the RFC.
";

    #[test]
    fn a_text_is_taken_apart() {
        let outline = read(TEXT, &|_| false).expect("small enough");
        let steps: Vec<(usize, &str)> =
            outline.steps.iter().map(|step| (step.number, first_line(&step.text))).collect();
        assert_eq!(steps, [(1, "digits"), (2, "separators"), (1, "Docs: Write docs/dates.md.")]);
        assert_eq!(outline.steps[0].files, BTreeSet::from(["src/digits.rs".to_owned()]));
        assert_eq!(outline.steps[2].files, BTreeSet::from(["docs/dates.md".to_owned()]));
        assert_eq!(outline.sections[1].files, BTreeSet::from(["src/lexer.rs".to_owned()]));
        assert_eq!(outline.criteria, ["all tests pass"]);
        assert_eq!(outline.listed, BTreeSet::from(["README.md".to_owned(), "src/lexer.rs".to_owned()]));
        assert_eq!(outline.context, "Read RFC 3339 in `src/lib.rs`.\n\nSee the RFC.");
    }
}
