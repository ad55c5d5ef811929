//! The `qd` program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    quarterdeck::cli::main(std::env::args_os()).into()
}
