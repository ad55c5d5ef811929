//! The rooms of `src/lib.rs`, held: who may name whom, who may touch the world, and how a file begins and how long it
//! is. Read from the source as text, so that a line that crosses a border fails here, with its place.

mod circles;
mod doors;
mod graph;
mod limits;
mod plain;
mod promises;
mod rooms;
mod source;
mod states;
mod words;

use source::{Source, lines_that, sources};

/// A file is rethought beyond so many lines, its tests not counted.
const LINES_MAX: usize = 400;

#[test]
fn the_screens_model_update_and_view_are_pure() {
    const PURE: [&str; 4] = ["src/tui/model", "src/tui/update", "src/tui/view", "src/tui/widget"];
    const WORLD: [&str; 7] =
        ["tokio", "std::fs", "std::env", "std::process", "std::net", "Instant::now", "SystemTime::now"];
    let crosses = |file: &Source, line: &str| {
        PURE.iter().any(|room| file.path.starts_with(room)) && WORLD.iter().any(|word| source::names_word(line, word))
    };
    let crossings = lines_that(&sources("src"), crosses);
    assert!(crossings.is_empty(), "these are not pure:\n{}", crossings.join("\n"));
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    let files: Vec<Source> = ["src", "tests", "benches"].iter().flat_map(|directory| sources(directory)).collect();
    let silent: Vec<&String> = files.iter().filter(|file| !file.begins_with_words).map(|file| &file.path).collect();
    assert!(silent.is_empty(), "these begin without `//!`: {silent:#?}");
    assert!(files.len() > 100, "the sources were not found: {}", files.len());
}

#[test]
fn no_file_is_longer_than_one_reads_in_one_go() {
    let mut long: Vec<(usize, String)> = sources("src")
        .into_iter()
        .map(|file| (file.lines_without_tests, file.path))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .collect();
    long.sort();
    assert!(long.is_empty(), "these are longer than {LINES_MAX} lines without their tests: {long:#?}");
}

/// A folder of files has its index within it, so that what belongs together is moved, listed and found together.
#[test]
fn a_folder_of_files_begins_with_its_mod_rs() {
    let files: Vec<Source> = ["src", "src/core/tests", "tests"].iter().flat_map(|top| sources(top)).collect();
    let is_beside = |file: &&Source| {
        let folder = file.path.trim_end_matches(".rs").to_owned() + "/";
        files.iter().any(|other| other.path.starts_with(&folder))
    };
    let beside: Vec<&String> = files.iter().filter(is_beside).map(|file| &file.path).collect();
    assert!(
        beside.is_empty(),
        "these lie beside the folder that they begin; move each into it as `mod.rs`: {beside:#?}"
    );
}

#[test]
fn nothing_is_left_for_later() {
    const WORDS: [&str; 4] = ["todo!", "unimplemented!", "#[ignore", "#[allow"];
    let files: Vec<Source> = ["src", "tests"].iter().flat_map(|directory| sources(directory)).collect();
    let own = |file: &Source| file.path.starts_with("tests/architecture");
    let left = lines_that(&files, |file, line| !own(file) && WORDS.iter().any(|word| line.contains(word)));
    assert!(left.is_empty(), "these are left for later, or silenced without a reason:\n{}", left.join("\n"));
}

/// What lies at a path may be a FIFO or a device, whoever put it there: such a file is read in one room only. The
/// kernel's own files are what they are.
#[test]
fn files_are_read_by_their_path_in_one_room_only() {
    const READS: [&str; 3] = ["fs::read", "fs::read_to_string", "File::open"];
    const KERNELS: [&str; 3] = ["src/process/", "src/doctor/", "src/workspace/processes.rs"];
    let crosses = |file: &Source, line: &str| {
        let of_the_kernel = KERNELS.iter().any(|place| file.path.starts_with(place))
            || ["\"/proc/", "\"/dev/urandom\""].iter().any(|path| line.contains(path));
        file.room() != "regular" && !of_the_kernel && READS.iter().any(|word| source::names_word(line, word))
    };
    let crossings = lines_that(&sources("src"), crosses);
    assert!(crossings.is_empty(), "these read whatever lies there; use src/regular:\n{}", crossings.join("\n"));
}

/// A test of the tests: what must be found is found.
#[test]
fn words_are_seen_whole() {
    assert!(source::names_word("use tokio::net::UnixStream;", "tokio"));
    assert!(!source::names_word("use tokio_tungstenite::X;", "tokio"));
    assert!(source::names_word("    std::fs::read(path)", "std::fs"));
}
