//! The `qd` program: parse, run, exit code.

fn main() {}
