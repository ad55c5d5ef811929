//! Everything that is not a success, as a [`Problem`] with its status.

use crate::api::error::Problem;
use crate::supervisor::journal::QueryError;
use crate::supervisor::kernel::KernelGone;
use crate::supervisor::run::InputRefused;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quarterdeck_core::command::Denied;

/// A handler's failure.
#[derive(Debug)]
pub(in crate::supervisor) struct Failure(pub(in crate::supervisor) Problem);

impl Failure {
    /// A failure of this kind. `code` is a stable word for programs.
    pub(in crate::supervisor) fn new(
        status: StatusCode,
        code: &str,
        what: impl Into<String>,
        why: impl Into<String>,
    ) -> Failure {
        Failure(Problem {
            status: status.as_u16(),
            code: code.to_owned(),
            what: what.into(),
            why: why.into(),
            hint: None,
        })
    }

    /// The same, with what to do about it.
    pub(in crate::supervisor) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.0.hint = Some(hint.into());
        self
    }

    /// No agent of this name.
    pub(in crate::supervisor) fn unknown_agent(name: &str, known: &[String]) -> Failure {
        let names = if known.is_empty() { "the fleet has no agents".to_owned() } else { known.join(", ") };
        Failure::new(StatusCode::NOT_FOUND, "unknown_agent", format!("no agent is called `{name}`"), names)
            .hint("`qd ps` lists the agents")
    }

    /// A command that the core refused.
    pub(in crate::supervisor) fn denied(name: &str, denied: &Denied) -> Failure {
        let (code, why, hint) = refusal(name, denied);
        let status = if *denied == Denied::UnknownAgent { StatusCode::NOT_FOUND } else { StatusCode::CONFLICT };
        let failure = Failure::new(status, code, format!("refused for `{name}`"), why);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// What was asked makes no sense.
    pub(in crate::supervisor) fn bad_request(why: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "bad_request", "the request can't be understood", why)
            .hint("GET /api/v1/openapi.json describes every request")
    }
}

/// The code, the reason, and the way out of each refusal.
fn refusal(name: &str, denied: &Denied) -> (&'static str, String, Option<String>) {
    let hint = |text: &str| Some(text.replace("NAME", name));
    match denied {
        Denied::UnknownAgent => {
            ("unknown_agent", "the fleet has no such agent".into(), hint("`qd ps` lists the agents"))
        }
        Denied::AlreadyRunning => {
            ("already_running", "it runs already".into(), hint("`qd restart NAME` starts it anew"))
        }
        Denied::NotRunning => ("not_running", "it does not run".into(), hint("`qd start NAME` starts it")),
        Denied::NotPausable => {
            ("not_pausable", "only a started run that is not stopping can be paused".into(), hint("`qd explain NAME`"))
        }
        Denied::AlreadyPaused => ("already_paused", "it is paused already".into(), hint("`qd resume NAME`")),
        Denied::NotPaused => ("not_paused", "it is not paused".into(), None),
        Denied::NameTaken { name } => {
            ("name_taken", format!("the fleet has an agent called `{name}`"), Some("choose another name".into()))
        }
        Denied::FleetFull { agents_max } => (
            "fleet_full",
            format!("the fleet holds {agents_max} agents, as many as it may"),
            Some("remove one, or raise `agents_max` in [fleet]".into()),
        ),
        Denied::StillRunning => ("still_running", "it still runs".into(), hint("`qd stop NAME` first")),
        Denied::ShuttingDown => {
            ("shutting_down", "the fleet is ending".into(), Some("`qd up` starts it again afterwards".into()))
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0)).into_response()
    }
}

impl From<KernelGone> for Failure {
    fn from(gone: KernelGone) -> Failure {
        Failure::new(StatusCode::CONFLICT, "shutting_down", "nothing can be done any more", gone.to_string())
            .hint("`qd up` starts the fleet again")
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Failure {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "journal", "the facts can't be read", error.to_string())
            .hint("`qd doctor` checks the disk")
    }
}

impl From<InputRefused> for Failure {
    fn from(refused: InputRefused) -> Failure {
        Failure::new(StatusCode::CONFLICT, "input_refused", "the input was not taken", refused.to_string())
            .hint("`qd screen NAME` shows what the program is doing")
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Failure {
        Failure::bad_request(rejection.body_text())
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Failure {
        Failure::bad_request(rejection.body_text())
    }
}
