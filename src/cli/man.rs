//! `qd man`: prints manual pages, which are made from the texts of `--help`.

use super::Context;
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use clap::{Args, Command};
use clap_mangen::Man as Page;
use std::io::Write;
use std::path::PathBuf;

/// The command-line arguments of `qd man`.
#[derive(Args, Debug)]
#[command(after_help = INSTALL)]
pub struct Man {
    /// Write the page of qd and one for each subcommand into this directory, which is created if it does not exist
    #[arg(value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
}

/// The help on how to read and install the pages.
const INSTALL: &str = "\
To read qd(1) once:      qd man | man -l -
To install all of them:  qd man ~/.local/share/man/man1    (then: man qd, man qd-stop)";

impl Man {
    /// Prints qd(1), or writes the pages of all verbs of `command`.
    pub fn run(self, command: Command, context: &mut Context) -> Result<Exit, Failure> {
        let Some(directory) = self.directory else {
            let mut page = Vec::new();
            Page::new(command).render(&mut page)?;
            context.out.write_all(&page)?;
            return Ok(Exit::Ok);
        };
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Failed, format!("cannot write into {}", directory.display())).because(error)
        };
        std::fs::create_dir_all(&directory).map_err(failed)?;
        clap_mangen::generate_to(command, &directory).map_err(failed)?;
        context.out.line(format!("wrote qd.1 and a page for each verb into {}", directory.display()))?;
        Ok(Exit::Ok)
    }
}
