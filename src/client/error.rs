//! The reasons why a call to a supervisor fails, each with a hint on what to do.

use crate::api::error::Problem;
use crate::place::PlaceError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// The reasons why a call fails.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The socket does not exist: no supervisor was started, or it ended in an orderly way.
    #[error("no supervisor runs for {}", root.display())]
    NotRunning {
        /// Path of the fleet's root.
        root: PathBuf,
    },
    /// The socket exists and nobody listens: the supervisor was killed.
    #[error("the supervisor of {} is gone; only its socket file still exists", root.display())]
    Stale {
        /// Path of the fleet's root.
        root: PathBuf,
    },
    /// The socket belongs to another user.
    #[error("the supervisor at {} belongs to another user (uid {uid})", socket.display())]
    Foreign {
        /// Path of the socket.
        socket: PathBuf,
        /// User id of the socket's owner.
        uid: u32,
    },
    /// The supervisor did not answer in time.
    #[error("the supervisor did not answer {what} within {} s", waited.as_secs())]
    Silent {
        /// The request that was sent.
        what: String,
        /// How long the answer was waited for.
        waited: Duration,
    },
    /// The supervisor has another version.
    #[error("{}", .0.sentence())]
    Skew(Skew),
    /// The supervisor answered that the request cannot be carried out.
    #[error("{}", .0.what)]
    Problem(Problem),
    /// The connection broke, or the data that it carried could not be understood.
    #[error("the connection to the supervisor was lost at {what}")]
    Broken {
        /// The request that was sent.
        what: String,
        /// The cause of the break.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A supervisor was started and could not begin its work.
    #[error("the supervisor could not start")]
    CannotStart {
        /// The supervisor's own explanation.
        why: String,
    },
    /// The fleet's place on disk cannot be used.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The operating system refused something on the client's side.
    #[error("{what}")]
    System {
        /// The operation that was tried.
        what: String,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// Two versions of a protocol that do not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skew {
    /// Name of the protocol: `API`, `stream`.
    pub of: &'static str,
    /// The version that this client speaks.
    pub ours: u32,
    /// The version that the supervisor speaks.
    pub theirs: u32,
    /// The build of the supervisor, if the supervisor said it.
    pub their_build: Option<String>,
}

impl Skew {
    fn sentence(&self) -> String {
        let age = if self.theirs < self.ours { "older" } else { "newer" };
        let build = self.their_build.as_ref().map(|build| format!("qd {build}, ")).unwrap_or_default();
        format!(
            "the running supervisor is {age} than this qd: it is {build}{of} {theirs}, this is qd {}, {of} {ours}",
            env!("CARGO_PKG_VERSION"),
            of = self.of,
            theirs = self.theirs,
            ours = self.ours,
        )
    }

    fn hint(&self) -> &'static str {
        if self.theirs < self.ours {
            "`qd up --takeover` replaces the supervisor alone and its agents continue to run; `qd down && qd up` \
             restarts all"
        } else {
            "use the newer qd; or end the fleet with it (`qd down`) and start it again with this one"
        }
    }
}

impl ClientError {
    pub(crate) fn broken(what: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ClientError {
        ClientError::Broken { what: what.to_owned(), source: source.into() }
    }

    pub(crate) fn system(what: impl Into<String>, source: io::Error) -> ClientError {
        ClientError::System { what: what.into(), source }
    }

    /// Whether no supervisor runs, so that one may be started.
    pub fn is_absent(&self) -> bool {
        matches!(self, ClientError::NotRunning { .. } | ClientError::Stale { .. })
    }

    /// Returns the causes of the error, outermost first.
    pub fn causes(&self) -> Vec<String> {
        match self {
            ClientError::Problem(problem) => vec![problem.why.clone()],
            ClientError::CannotStart { why } => vec![why.clone()],
            other => {
                let first = std::error::Error::source(other);
                std::iter::successors(first, |error| error.source()).map(ToString::to_string).collect()
            }
        }
    }

    /// Returns a hint on what to do about the error.
    pub fn hint(&self) -> Option<String> {
        let words = match self {
            ClientError::NotRunning { .. } => "`qd up` starts it in the background, `qd` opens the dashboard",
            ClientError::Stale { .. } => "`qd up` starts a new one, which adopts the agents that still run",
            ClientError::Foreign { .. } => "choose a directory of your own for the sockets with QD_RUNTIME_DIR",
            ClientError::Silent { .. } => {
                "`qd up --takeover` replaces the supervisor alone and its agents continue to run; its log is in \
                 .quarterdeck"
            }
            ClientError::Skew(skew) => skew.hint(),
            ClientError::Broken { .. } => "try again; if it ended, `qd up` starts a new one, which adopts the agents",
            ClientError::Problem(problem) => return problem.hint.clone(),
            ClientError::Place(error) => return Some(error.hint()),
            ClientError::CannotStart { .. } | ClientError::System { .. } => return None,
        };
        Some(words.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skew(ours: u32, theirs: u32) -> ClientError {
        ClientError::Skew(Skew { of: "API", ours, theirs, their_build: Some("0.9.0".into()) })
    }

    #[test]
    fn a_skew_says_which_side_is_older_and_what_to_do() {
        assert!(skew(2, 1).to_string().contains("supervisor is older than this qd: it is qd 0.9.0, API 1"));
        assert!(skew(2, 1).hint().expect("a hint").contains("--takeover"));
        assert!(skew(1, 2).to_string().contains("supervisor is newer"));
        assert!(skew(1, 2).hint().expect("a hint").contains("use the newer qd"));
    }

    #[test]
    fn causes_are_told_once_and_in_order() {
        let error = ClientError::system("cannot open the log", io::Error::other("disk on fire"));
        assert_eq!(error.causes(), ["disk on fire"]);
    }
}
