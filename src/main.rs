//! The `qd` program: parse, run, exit code.
//!
//! A keeper is this same program, and must stay small. So the program checks first whether it must be a keeper, before
//! it sets up anything else.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    quarterdeck::process::outlive_file_size_limits();
    let words: Vec<OsString> = std::env::args_os().collect();
    match words.get(1).and_then(|word| word.to_str()) {
        Some("__keeper") => quarterdeck::keeper::run(),
        Some("__errand") => quarterdeck::keeper::errand::run(),
        Some("__supervisor") => quarterdeck::supervisor::main(&words[2..]),
        _ => quarterdeck::cli::main(words).into(),
    }
}
