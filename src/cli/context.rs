//! The context of every subcommand: which fleet is meant, how to reach its supervisor, and where to print.

use crate::client::ensure::{Lifetime, Verbosity};
use crate::client::{Background, Client};
use crate::place::{self, Place};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::Output;
use std::path::PathBuf;

/// The context that every subcommand receives.
#[derive(Debug)]
pub struct Context {
    pub(super) config: Option<PathBuf>,
    /// How much a supervisor logs if this command starts it.
    pub verbosity: Verbosity,
    /// The output to which results are printed.
    pub out: Output,
}

impl Context {
    /// Returns the place of the fleet on disk.
    ///
    /// # Errors
    /// An error is returned if there is no `agents.toml`.
    pub fn place(&self) -> Result<Place, Failure> {
        Ok(Place::find(&here()?, self.config.as_deref())?)
    }

    /// Returns the place of the fleet, for a subcommand that may start the fleet or reads its file. If the current
    /// directory is a workspace that contains an `agents.toml` of its own, which is not used, it prints which one is
    /// used.
    ///
    /// # Errors
    /// An error is returned if there is no `agents.toml`.
    pub fn place_said(&self) -> Result<Place, Failure> {
        let here = here()?;
        let place = self.place()?;
        let standing = place::standing(&here).filter(|standing| standing.config_path == place.config_path);
        if let (Some(standing), Ok(nearest)) = (standing, place::nearest_config(&here))
            && self.config.is_none()
            && nearest != place.config_path
        {
            let (root, workspace) = (place.root.display(), standing.name());
            let own = nearest.display();
            eprintln!(
                "qd: this is the workspace {workspace} of the fleet in {root}; to use the fleet in this directory, add `--config {own}`"
            );
        }
        Ok(place)
    }

    /// Returns how a supervisor is started if none runs.
    ///
    /// # Errors
    /// An error is returned if the system cannot say which program this is.
    pub fn background(&self) -> Result<Background, Failure> {
        Ok(Background::this_program(Lifetime::Configured, self.verbosity)?)
    }

    /// Connects to the fleet's supervisor, without starting one.
    ///
    /// # Errors
    /// An error is returned if there is no fleet, no supervisor, or none that speaks our version.
    pub async fn client(&self) -> Result<Client, Failure> {
        Ok(Client::connect(&self.place()?).await?)
    }

    /// Prints an error that does not end the verb, and returns the exit code that goes with it.
    pub fn complain(&self, failure: Failure) -> Exit {
        failure.report();
        failure.exit
    }
}

/// Returns the directory in which the user runs `qd`.
pub(super) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::new(Exit::Failed, "cannot see the current directory").because(error))
}
