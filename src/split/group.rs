//! Forms groups of steps, and makes parts of a task from the groups.

use super::files::with_directories;
use super::outline::{Outline, first_line};
use super::part::{Division, PART_FILES_MAX, Part, Undivided};
use super::{TaskFile, order};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The longest objective of a part, in characters. Beyond it, the objective ends with `…`; the part's text is complete.
const OBJECTIVE_CHARACTERS_MAX: usize = 120;

/// The steps of each part, in the text's order, and the reason for this division.
#[derive(Debug)]
pub(super) struct Groups {
    /// For each group: the numbers of its steps, from 0.
    pub(super) steps: Vec<Vec<usize>>,
    /// Files that belong to a group as a whole; empty, or one set for each group.
    pub(super) files: Vec<BTreeSet<String>>,
    /// The title of each group; empty, or one title for each group.
    pub(super) titles: Vec<String>,
    pub(super) why: String,
}

/// The order of parts: pairs of a part and one that must come before it.
type Order = BTreeSet<(usize, usize)>;

/// A group while it is made into a part.
#[derive(Debug, Default)]
struct Gathered {
    steps: Vec<usize>,
    /// The files of the group, each with the step that names it, if a step does.
    files: BTreeMap<String, Option<usize>>,
    title: Option<String>,
}

impl Groups {
    /// Makes the parts of the task from the groups.
    pub(super) fn into_division(self, task: &TaskFile, outline: &Outline) -> Result<Division, Undivided> {
        let why = self.why.clone();
        let gathered = self.gather(outline);
        let (mut gathered, needs) = in_order(gathered, outline)?;
        refuse_overlap(&gathered)?;
        let listed = task.files.iter().chain(&outline.listed);
        listed.for_each(|file| hand_out(file, &mut gathered));
        if let Some(bare) = gathered.iter().find(|part| part.files.is_empty()) {
            return Err(Undivided::NoFiles { steps: numbers(&bare.steps) });
        }
        let locks = narrowed(&gathered)?;
        let why = format!("{} steps in {} parts: {why}", outline.steps.len(), gathered.len());
        let name = |index: usize| format!("{}-SUB{}", task.id, index + 1);
        let parts = gathered.into_iter().zip(locks).enumerate().map(|(index, (part, files))| Part {
            name: name(index),
            objective: part.objective(outline),
            steps: part.steps.iter().map(|step| outline.steps[*step].text.clone()).collect(),
            success_criteria: criteria(task, outline),
            files,
            needs: needs.iter().filter(|(of, _)| *of == index).map(|(_, before)| name(*before)).collect(),
        });
        Ok(Division { parts: parts.collect(), why })
    }

    fn gather(self, outline: &Outline) -> Vec<Gathered> {
        let mut all: Vec<Gathered> = Vec::new();
        for (index, steps) in self.steps.into_iter().enumerate() {
            let whole = self.files.get(index).cloned().unwrap_or_default();
            let mut files: BTreeMap<String, Option<usize>> = whole.into_iter().map(|file| (file, None)).collect();
            for step in &steps {
                files.extend(outline.files_of(*step).into_iter().map(|file| (file, Some(*step))));
            }
            all.push(Gathered { steps, files, title: self.titles.get(index).cloned() });
        }
        all
    }
}

impl Gathered {
    fn objective(&self, outline: &Outline) -> String {
        let of_steps =
            || self.steps.iter().map(|step| first_line(&outline.steps[*step].text)).collect::<Vec<_>>().join("; ");
        let words = self.title.clone().filter(|title| !title.is_empty()).unwrap_or_else(of_steps);
        match words.char_indices().nth(OBJECTIVE_CHARACTERS_MAX) {
            Some((cut, _)) => format!("{}…", words[..cut].trim_end()),
            None => words,
        }
    }

    fn join(&mut self, other: Gathered) {
        self.steps.extend(other.steps);
        self.steps.sort_unstable();
        self.files.extend(other.files);
        self.title = self.title.take().zip(other.title).map(|(one, other)| format!("{one}; {other}"));
    }
}

/// Returns the parts and their order, as the text states it. Parts that depend on each other are joined into one.
fn in_order(mut parts: Vec<Gathered>, outline: &Outline) -> Result<(Vec<Gathered>, Order), Undivided> {
    let stated = order::stated(outline);
    loop {
        let part_of: BTreeMap<usize, usize> = parts
            .iter()
            .enumerate()
            .flat_map(|(index, part)| part.steps.iter().map(move |step| (*step, index)))
            .collect();
        let between = stated.iter().filter_map(|(step, before)| Some((*part_of.get(step)?, *part_of.get(before)?)));
        let needs: BTreeSet<(usize, usize)> = between.filter(|(part, before)| part != before).collect();
        let reached = closure(&needs, parts.len());
        let circle = reached.iter().find(|(one, other)| one < other && reached.contains(&(*other, *one)));
        if let Some((one, other)) = circle.copied() {
            let joined = parts.remove(other);
            parts[one].join(joined);
            continue;
        }
        let free = (0..parts.len()).filter(|part| needs.iter().all(|(of, _)| of != part)).count();
        return if free < 2 { Err(Undivided::OneAfterAnother) } else { Ok((parts, needs)) };
    }
}

/// Returns all dependencies between parts, direct and indirect.
fn closure(needs: &BTreeSet<(usize, usize)>, count: usize) -> BTreeSet<(usize, usize)> {
    let mut reached = needs.clone();
    for through in 0..count {
        for (one, other) in (0..count).flat_map(|one| (0..count).map(move |other| (one, other))) {
            if reached.contains(&(one, through)) && reached.contains(&(through, other)) {
                reached.insert((one, other));
            }
        }
    }
    reached
}

fn refuse_overlap(parts: &[Gathered]) -> Result<(), Undivided> {
    let named = |part: usize| parts[part].files.iter().map(move |(file, step)| (file.as_str(), (part, *step)));
    let all: BTreeMap<&str, Vec<(usize, Option<usize>)>> = (0..parts.len()).flat_map(named).fold(
        BTreeMap::new(),
        |mut all: BTreeMap<&str, Vec<(usize, Option<usize>)>>, (file, who)| {
            all.entry(file).or_default().push(who);
            all
        },
    );
    for (part, gathered) in parts.iter().enumerate() {
        for (file, step) in &gathered.files {
            let wider = with_directories(file).filter_map(|directory| all.get(directory)).flatten();
            if let Some((other, by)) = wider.into_iter().find(|(other, _)| *other != part) {
                let step = step.or(gathered.steps.first().copied()).unwrap_or_default();
                let by = by.or(parts[*other].steps.first().copied()).unwrap_or_default();
                return Err(Undivided::Overlap { file: file.clone(), steps: (step.min(by) + 1, step.max(by) + 1) });
            }
        }
    }
    Ok(())
}

/// Gives a file that no step names to the part that shares the most directories with it; if several do, to the one with
/// the fewest files. A file that overlaps a file of a part belongs to that part already, under the narrower name.
fn hand_out(file: &str, parts: &mut [Gathered]) {
    let meets = |known: &String| {
        with_directories(known).any(|wider| wider == file) || with_directories(file).any(|wider| wider == known)
    };
    if parts.iter().any(|part| part.files.keys().any(meets)) {
        return;
    }
    let shared = |part: &Gathered| part.files.keys().map(|known| common_directories(known, file)).max().unwrap_or(0);
    let nearest = parts.iter_mut().min_by_key(|part| (usize::MAX - shared(part), part.files.len()));
    if let Some(part) = nearest {
        part.files.insert(file.to_owned(), None);
    }
}

fn common_directories(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}

/// Returns the files of each part. A part with more files than it may lock names whole directories instead, the deepest
/// first, if no other part names anything in them.
fn narrowed(parts: &[Gathered]) -> Result<Vec<Vec<String>>, Undivided> {
    let of_part = |(index, part): (usize, &Gathered)| {
        let others = parts.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other);
        let taken = others.flat_map(|other| other.files.keys()).flat_map(|file| with_directories(file)).collect();
        narrowed_to(PART_FILES_MAX, part.files.keys(), &taken)
    };
    parts.iter().enumerate().map(of_part).collect()
}

/// Returns at most `limit` names that cover these files and none of the taken ones.
fn narrowed_to<'f>(
    limit: usize,
    files: impl Iterator<Item = &'f String>,
    taken: &BTreeSet<&str>,
) -> Result<Vec<String>, Undivided> {
    let mut names = widest(files);
    let directories = names.iter().flat_map(|file| with_directories(file).skip(1));
    let free: BTreeSet<String> =
        directories.filter(|directory| !taken.contains(directory)).map(str::to_owned).collect();
    let mut deepest_first: Vec<String> = free.into_iter().collect();
    deepest_first.sort_by_key(|directory| std::cmp::Reverse(directory.matches('/').count()));
    for directory in deepest_first {
        if names.len() <= limit {
            break;
        }
        names.insert(directory);
        names = widest(names.iter());
    }
    match names.len() {
        count if count > limit => Err(Undivided::TooLarge { what: "files in one part", count, limit }),
        _ => Ok(names.into_iter().collect()),
    }
}

/// Returns the names without those that are within a directory that is named too.
fn widest<'f>(files: impl Iterator<Item = &'f String>) -> BTreeSet<String> {
    let all: BTreeSet<&str> = files.map(String::as_str).collect();
    let beneath = |file: &str| with_directories(file).skip(1).any(|directory| all.contains(directory));
    all.iter().filter(|file| !beneath(file)).map(|file| (*file).to_owned()).collect()
}

fn criteria(task: &TaskFile, outline: &Outline) -> Vec<String> {
    let mut criteria = outline.criteria.clone();
    if criteria.is_empty() {
        criteria.push("every step of the objective is done".to_owned());
    }
    criteria.extend(task.verify.as_ref().map(|line| format!("`{line}` passes")));
    criteria.push("nothing but the files below is changed".to_owned());
    criteria
}

fn numbers(steps: &[usize]) -> String {
    let numbers: Vec<String> = steps.iter().map(|step| (step + 1).to_string()).collect();
    match numbers.as_slice() {
        [one] => format!("step {one}"),
        [many @ .., last] => format!("none of the steps {} and {last}", many.join(", ")),
        [] => "a part".to_owned(),
    }
}

/// Cuts a row of weights into at most `count` runs of about the same weight, in order, none of them empty.
pub(super) fn even(weights: &[usize], count: usize) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let (mut start, mut left) = (0, weights.iter().sum::<usize>());
    for runs_left in (1..=count.min(weights.len())).rev() {
        let fair = left.div_ceil(runs_left);
        let last_start = weights.len() - (runs_left - 1);
        let (mut end, mut weight) = (start + 1, weights[start]);
        while end < last_start && (runs_left == 1 || weight + weights[end] <= fair) {
            weight += weights[end];
            end += 1;
        }
        runs.push(start..end);
        (start, left) = (end, left - weight);
    }
    runs
}
