//! Additions to clap's texts: exit codes and environment variables below the help, and hints for mistakes on the
//! command line.

use crate::report::color::Colors;
use crate::report::exit::Exit;
use std::io::{self, Write as _};

/// Returns the text below the options in the help.
pub(super) fn after_help() -> String {
    format!("{}\n\n{ENVIRONMENT}", Exit::help())
}

/// The help on the environment variables that `qd` reads.
const ENVIRONMENT: &str = "\
Environment:
  QD_CONFIG       as --config; set for agents, so that their qd finds their fleet
  QD_RUNTIME_DIR  where sockets go [default: $XDG_RUNTIME_DIR, else /tmp/quarterdeck-UID]
  QD_LOG          what a supervisor that is started logs, such as debug [default: info]
  QD_PAGER        what shows long logs [default: $PAGER, else less]
  NO_COLOR        no colours, unless --color says otherwise
  CLICOLOR_FORCE  colours also in a pipe, unless NO_COLOR or --color says otherwise";

/// Prints clap's message, with a hint in our own form on what to do next.
pub(super) fn print(error: &clap::Error) -> io::Result<()> {
    if !error.use_stderr() {
        return error.print();
    }
    let text = match Colors::on(&io::stderr()) {
        Colors::Shown => error.render().ansi().to_string(),
        Colors::Plain => error.render().to_string(),
    };
    io::stderr().write_all(text.replace("tip:", "hint:").as_bytes())
}
