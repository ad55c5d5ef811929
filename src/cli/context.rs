//! What every verb gets: which fleet is meant, how to reach its supervisor, and where to print.

use crate::client::ensure::{Lifetime, Verbosity};
use crate::client::{Background, Client};
use crate::place::{self, Place};
use crate::report::exit::Exit;
use crate::report::failure::Failure;
use crate::report::output::Output;
use std::path::PathBuf;

/// What every verb is given.
#[derive(Debug)]
pub struct Context {
    pub(super) config: Option<PathBuf>,
    /// How much a supervisor logs that is started.
    pub verbosity: Verbosity,
    /// Where results go.
    pub out: Output,
}

impl Context {
    /// Where the fleet lives.
    ///
    /// # Errors
    /// There is no `agents.toml`.
    pub fn place(&self) -> Result<Place, Failure> {
        Ok(Place::find(&here()?, self.config.as_deref())?)
    }

    /// The same for a verb that may start the fleet, or that reads its file. Whoever stands in a workspace whose own
    /// `agents.toml` is passed over is told which one is meant.
    ///
    /// # Errors
    /// There is no `agents.toml`.
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
                "qd: this is workspace {workspace} of the fleet in {root}; `--config {own}` means a fleet in here"
            );
        }
        Ok(place)
    }

    /// How a supervisor is started when there is none.
    ///
    /// # Errors
    /// The system can't say which program this is.
    pub fn background(&self) -> Result<Background, Failure> {
        Ok(Background::this_program(Lifetime::Configured, self.verbosity)?)
    }

    /// The fleet's supervisor; none is started.
    ///
    /// # Errors
    /// No fleet, no supervisor, or none that answers in our version.
    pub async fn client(&self) -> Result<Client, Failure> {
        Ok(Client::connect(&self.place()?).await?)
    }

    /// Prints an error that does not end the verb, and returns the exit code that goes with it.
    pub fn complain(&self, failure: Failure) -> Exit {
        failure.report();
        failure.exit
    }
}

/// Where the user stands.
pub(super) fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::new(Exit::Failed, "cannot see the current directory").because(error))
}
