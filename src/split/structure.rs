//! Divides a task by its visible structure: into sections if there are enough for the parts, else into steps. Units
//! that name the same files stay together, and a unit that names none stays with the unit before it.

use super::files::with_directories;
use super::group::{Groups, even};
use super::outline::Outline;
use super::part::Undivided;
use std::collections::{BTreeMap, BTreeSet};

/// The smallest piece of a text that is not divided: a section or a step.
struct Unit {
    steps: Vec<usize>,
    files: BTreeSet<String>,
    title: String,
}

/// Returns groups that share no file, at most `count`.
pub(super) fn group(outline: &Outline, count: usize) -> Result<Groups, Undivided> {
    let by_section = sections(outline).map(clusters).unwrap_or_default();
    let by_step = || clusters(steps(outline));
    // Steps of a section belong together, except if one part would get most of the work.
    let (word, clusters) = match (by_section, by_step) {
        (sections, _) if sections.len() >= count => ("sections", sections),
        (sections, by_step) => match by_step() {
            steps if steps.len() > sections.len() => ("steps", steps),
            _ => ("sections", sections),
        },
    };
    if clusters.len() < 2 {
        return Err(in_the_way(outline));
    }
    let weights: Vec<usize> = clusters.iter().map(|cluster| cluster.steps.len()).collect();
    let mut groups = Groups { steps: Vec::new(), files: Vec::new(), titles: Vec::new(), why: String::new() };
    for run in even(&weights, count) {
        let run = &clusters[run];
        let mut steps: Vec<usize> = run.iter().flat_map(|cluster| cluster.steps.iter().copied()).collect();
        steps.sort_unstable();
        groups.steps.push(steps);
        groups.files.push(run.iter().flat_map(|cluster| cluster.files.iter().cloned()).collect());
        let titles: Vec<&str> =
            run.iter().map(|cluster| cluster.title.as_str()).filter(|title| !title.is_empty()).collect();
        groups.titles.push(titles.join("; "));
    }
    groups.why = format!("its {word} fall into {} sets that share no file", clusters.len());
    Ok(groups)
}

/// Returns the sections of the outermost level that has several; none if there is no such level.
fn sections(outline: &Outline) -> Option<Vec<Unit>> {
    let chain = |section: Option<usize>| -> Vec<usize> {
        let mut chain: Vec<usize> =
            std::iter::successors(section, |section| outline.sections[*section].within).collect();
        chain.reverse();
        chain
    };
    let chains: Vec<Vec<usize>> = outline.steps.iter().map(|step| chain(step.section)).collect();
    let levels = chains.iter().map(Vec::len).max().unwrap_or(0);
    let level = (0..levels).find(|level| chains.iter().any(|chain| chain.get(*level) != chains[0].get(*level)))?;
    let mut units: Vec<Unit> = Vec::new();
    let mut by_section: BTreeMap<usize, usize> = BTreeMap::new();
    for (step, chain) in chains.iter().enumerate() {
        let section = chain.get(level);
        let unit = *section.and_then(|section| by_section.get(section)).unwrap_or(&units.len());
        if unit == units.len() {
            let title = section.map(|section| outline.sections[*section].title.clone()).unwrap_or_default();
            units.push(Unit { steps: Vec::new(), files: BTreeSet::new(), title });
            by_section.extend(section.map(|section| (*section, unit)));
        }
        units[unit].steps.push(step);
        units[unit].files.extend(outline.steps[step].files.iter().cloned());
    }
    // A file that a section names outside its steps belongs to the whole section.
    for (index, section) in outline.sections.iter().enumerate() {
        if let Some(unit) = chain(Some(index)).get(level).and_then(|outer| by_section.get(outer)) {
            units[*unit].files.extend(section.files.iter().cloned());
        }
    }
    Some(units)
}

fn steps(outline: &Outline) -> Vec<Unit> {
    let unit = |index| Unit { steps: vec![index], files: outline.files_of(index), title: String::new() };
    (0..outline.steps.len()).map(unit).collect()
}

/// Joins units that name the same file, or a file and its directory. A unit that names no file is joined with the unit
/// before it, or with the one after it if there is none before.
fn clusters(units: Vec<Unit>) -> Vec<Unit> {
    let mut roots: Vec<usize> = (0..units.len()).collect();
    let mut owner: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        for file in &unit.files {
            let first = *owner.entry(file).or_insert(index);
            join(&mut roots, first, index);
        }
    }
    for (file, unit) in &owner {
        let wider = with_directories(file).skip(1).filter_map(|directory| owner.get(directory));
        wider.for_each(|other| join(&mut roots, *unit, *other));
    }
    let first_with_files = units.iter().position(|unit| !unit.files.is_empty()).unwrap_or(0);
    let mut before = first_with_files;
    for (index, unit) in units.iter().enumerate() {
        match unit.files.is_empty() {
            true => join(&mut roots, before, index),
            false => before = index,
        }
    }
    let mut clusters: BTreeMap<usize, Unit> = BTreeMap::new();
    for (index, unit) in units.into_iter().enumerate() {
        let root = find(&mut roots, index);
        match clusters.get_mut(&root) {
            None => drop(clusters.insert(root, unit)),
            Some(cluster) => {
                cluster.steps.extend(unit.steps);
                cluster.files.extend(unit.files);
                if !unit.title.is_empty() {
                    cluster.title = format!("{}; {}", cluster.title, unit.title).trim_start_matches("; ").to_owned();
                }
            }
        }
    }
    clusters.into_values().collect()
}

/// Returns the smallest member of a set, which represents it, so that clusters are in the text's order.
fn find(roots: &mut [usize], of: usize) -> usize {
    let mut root = of;
    while roots[root] != root {
        roots[root] = roots[roots[root]];
        root = roots[root];
    }
    root
}

fn join(roots: &mut [usize], one: usize, other: usize) {
    let (one, other) = (find(roots, one), find(roots, other));
    roots[one.max(other)] = one.min(other);
}

/// Returns why everything belongs together: no files are named at all, or all units name the same file.
fn in_the_way(outline: &Outline) -> Undivided {
    let mut namers: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for index in 0..outline.steps.len() {
        for file in outline.files_of(index) {
            namers.entry(file).or_insert((index, index)).1 = index;
        }
    }
    let wider = |file: &str| with_directories(file).skip(1).find_map(|directory| namers.get(directory)).copied();
    let shared = namers.iter().find_map(|(file, (first, last))| match (first != last, wider(file)) {
        (true, _) => Some((file, (*first, *last))),
        (false, Some((other, _))) => Some((file, (other.min(*first), other.max(*first)))),
        (false, None) => None,
    });
    match shared {
        Some((file, (one, other))) => Undivided::Overlap { file: file.clone(), steps: (one + 1, other + 1) },
        None => Undivided::NoFiles { steps: "all but one of the steps".to_owned() },
    }
}
