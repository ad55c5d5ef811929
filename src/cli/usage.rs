//! What clap does not say by itself: codes and variables below the help, and what to do about wrong words.

use crate::report::color::Colors;
use crate::report::exit::Exit;
use std::io::{self, Write as _};

/// What stands below the options.
pub(super) fn after_help() -> String {
    format!("{}\n\n{ENVIRONMENT}", Exit::help())
}

/// The variables that mean something to `qd`.
const ENVIRONMENT: &str = "\
Environment:
  QD_CONFIG       as --config; set for agents, so that their qd finds their fleet
  QD_RUNTIME_DIR  where sockets go [default: $XDG_RUNTIME_DIR, else /tmp/quarterdeck-UID]
  QD_LOG          what a supervisor that is started logs, such as debug [default: info]
  QD_PAGER        what shows long logs [default: $PAGER, else less]
  NO_COLOR        no colours, unless --color says otherwise
  CLICOLOR_FORCE  colours also in a pipe, unless NO_COLOR or --color says otherwise";

/// What clap says, with our one word for what to do next.
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
