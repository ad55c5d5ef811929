//! The `qd` program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A keeper is to stay small: nothing else may be set up before it.
    if std::env::args_os().nth(1).is_some_and(|verb| verb == "__keeper") {
        return quarterdeck::keeper::run();
    }
    ExitCode::SUCCESS
}
