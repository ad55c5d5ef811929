//! Failures of requests: everything that is not a success is a [`Problem`] with its status.

use super::describe;
use super::describe::words::Refusal;
use super::journal::QueryError;
use super::kernel::{KernelGone, Unanswered};
use super::run::InputRefused;
use crate::api::REQUEST_BYTES_MAX;
use crate::api::error::Problem;
use crate::nearest::hint_for_unknown_agent;
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quarterdeck_core::command::Denied;
use quarterdeck_core::delivery;
use quarterdeck_core::view::View;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

/// The failure of a request, which is answered as a problem.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Problem);

impl Failure {
    /// Creates a failure of this kind. `code` is a stable word for programs.
    pub(super) fn new(status: StatusCode, code: &str, what: impl Into<String>, why: impl Into<String>) -> Failure {
        Failure(Problem {
            status: status.as_u16(),
            code: code.to_owned(),
            what: what.into(),
            why: why.into(),
            hint: None,
        })
    }

    /// Adds a hint that says what to do about the failure.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.0.hint = Some(hint.into());
        self
    }

    /// Returns the failure that no agent has this name.
    pub(super) fn unknown_agent(name: &str, known: &[String]) -> Failure {
        let (what, why) = (format!("no agent is called `{name}`"), "the name is no agent's of this fleet");
        Failure::new(StatusCode::NOT_FOUND, "unknown_agent", what, why).hint(hint_for_unknown_agent(name, known))
    }

    /// Returns the failure for a command that the core refused.
    pub(super) fn denied(name: &str, denied: &Denied) -> Failure {
        let (code, why, hint) = refusal(name, denied);
        let status = if *denied == Denied::UnknownAgent { StatusCode::NOT_FOUND } else { StatusCode::CONFLICT };
        let failure = Failure::new(status, code, format!("refused for `{name}`"), why);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// Returns the failure for an ask that was not answered; `denied` describes a refusal by the core.
    pub(in crate::supervisor) fn unanswered(
        unanswered: Unanswered,
        denied: impl FnOnce(&Denied) -> Failure,
    ) -> Failure {
        match unanswered {
            Unanswered::Gone(gone) => gone.into(),
            Unanswered::Denied(why) => denied(&why),
            Unanswered::Impossible => Failure::impossible(),
        }
    }

    /// Returns the failure for an answer that is missing or does not fit the request. It is the same for every request.
    pub(in crate::supervisor) fn impossible() -> Failure {
        let (what, why) = ("this is a defect of the supervisor", "the core's answer does not fit the request");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "unexpected_answer", what, why)
    }

    /// Returns the failure for a command about coordination that the core refused; `what` says what could not be done.
    pub(super) fn refused(what: impl Into<String>, denied: &Denied, view: &View) -> Failure {
        let refusal = match denied {
            Denied::Lock(denied) => describe::locks::refusal(denied, view),
            Denied::Task(denied) => describe::tasks::refusal(denied, view),
            Denied::Plan(denied) => describe::plans::refusal(denied, view),
            Denied::Mail(denied) => describe::mail::refusal(denied, view),
            Denied::Shared(denied) => describe::shared::refusal(denied, view),
            Denied::Sync(denied) => describe::sync::refusal(denied, view),
            denied => {
                let (code, why, hint) = refusal("", denied);
                Refusal { code, why, hint }
            }
        };
        let status = match refusal.code.starts_with("unknown_") {
            true => StatusCode::NOT_FOUND,
            false => StatusCode::CONFLICT,
        };
        let failure = Failure::new(status, refusal.code, what, refusal.why);
        match refusal.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// Returns the failure for input that the agent was not given: nothing was typed.
    pub(super) fn input(name: &str, refused: &InputRefused) -> Failure {
        let (code, hint) = match refused {
            InputRefused::Delivery(delivery::Refusal::Asks(_)) => {
                ("asks", "`qd send NAME … --answer` answers it; `qd screen NAME` shows the whole question")
            }
            InputRefused::Delivery(delivery::Refusal::NothingDrawn { .. }) => {
                ("nothing_drawn", "`qd screen NAME` shows it, `qd logs NAME` what it wrote; try again when it stands")
            }
            InputRefused::Delivery(delivery::Refusal::Leftover) => {
                ("leftover", "`qd send NAME --key enter` submits it; in `qd attach NAME` it can be thrown away")
            }
            InputRefused::Delivery(delivery::Refusal::LineTooLong { .. }) => {
                ("line_too_long", "break the line, or put the text into a file and send its name")
            }
            InputRefused::Paused => ("paused", "`qd resume NAME` lets it go on"),
            InputRefused::Delivery(delivery::Refusal::Amid)
            | InputRefused::Full { .. }
            | InputRefused::Behind
            | InputRefused::Ended
            | InputRefused::Stranger { .. } => ("input_refused", "`qd screen NAME` shows what the program is doing"),
        };
        let what = format!("nothing was typed into `{name}`");
        Failure::new(StatusCode::CONFLICT, code, what, refused.to_string()).hint(hint.replace("NAME", name))
    }

    /// Returns the failure for a request that makes no sense.
    pub(super) fn bad_request(why: impl Into<String>) -> Failure {
        Failure::unreadable(StatusCode::BAD_REQUEST, "bad_request", why)
            .hint("GET /api/v1/openapi.json describes every request")
    }

    fn unreadable(status: StatusCode, code: &str, why: impl Into<String>) -> Failure {
        Failure::new(status, code, "the request can't be understood", why)
    }
}

/// Returns the code, the reason, and the hint of each refusal.
fn refusal(name: &str, denied: &Denied) -> (&'static str, String, Option<String>) {
    let hint = |text: &str| Some(text.replace("NAME", name));
    match denied {
        Denied::UnknownAgent => {
            ("unknown_agent", "the fleet has no such agent".into(), hint("`qd ps` lists the agents"))
        }
        Denied::NoLongerConfigured => (
            "no_longer_configured",
            "agents.toml no longer names it, so there is nothing to start it anew with".into(),
            hint("put it back into agents.toml, or let it end: `qd stop NAME`"),
        ),
        Denied::AlreadyRunning => {
            ("already_running", "it runs already".into(), hint("`qd restart NAME` starts it anew"))
        }
        Denied::NotRunning => ("not_running", "it does not run".into(), hint("`qd start NAME` starts it")),
        Denied::NotPausable => {
            ("not_pausable", "only a started run that is not stopping can be paused".into(), hint("`qd explain NAME`"))
        }
        Denied::AlreadyPaused => ("already_paused", "it is paused already".into(), hint("`qd resume NAME`")),
        Denied::NotAsking => ("not_asking", "it asks nothing that could be put off".into(), hint("`qd explain NAME`")),
        Denied::SnoozeTooLong { max } => {
            ("snooze_too_long", format!("a question can be put off for {} hours at most", max.0 / 3_600_000), None)
        }
        Denied::NotPaused => ("not_paused", "it is not paused".into(), None),
        Denied::NameTaken { name } => {
            ("name_taken", format!("the fleet has an agent called `{name}`"), Some("choose another name".into()))
        }
        Denied::FleetFull { agents_max } => (
            "fleet_full",
            format!("the fleet holds {agents_max} agents, as many as it may"),
            Some("remove one, or raise `agents_max` in [fleet]".into()),
        ),
        Denied::Joined => (
            "joined",
            "somebody started it elsewhere and it joined: its processes are not the fleet's to start, stop or freeze"
                .into(),
            hint("`qd leave NAME` ends its part in the fleet"),
        ),
        Denied::NotJoined => {
            ("not_joined", "the fleet started it, so it can't leave".into(), hint("`qd stop NAME` ends it"))
        }
        Denied::JoinedAlready { .. } => {
            ("joined_already", "its process joined under another name".into(), hint("`qd leave` first"))
        }
        Denied::StillRunning => ("still_running", "it still runs".into(), hint("`qd stop NAME` first")),
        Denied::CoordinationOff
        | Denied::Lock(_)
        | Denied::Task(_)
        | Denied::Plan(_)
        | Denied::Mail(_)
        | Denied::Shared(_)
        | Denied::Sync(_) => (
            "coordination_off",
            "coordination is switched off".into(),
            Some("set `enabled = true` in [coordination] of agents.toml".into()),
        ),
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

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Failure {
        let why = rejection.body_text();
        match rejection.status() {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Failure::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", why)
                    .hint("send the body with the header `Content-Type: application/json`")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Failure::unreadable(StatusCode::PAYLOAD_TOO_LARGE, "too_large", why)
                .hint(format!("a body has at most {} MiB", REQUEST_BYTES_MAX >> 20)),
            _ => Failure::bad_request(why),
        }
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Failure {
        Failure::bad_request(rejection.body_text())
    }
}

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Failure {
        Failure::bad_request(rejection.body_text())
    }
}

/// The failures that any request may get, for the OpenAPI description.
impl utoipa::IntoResponses for Failure {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        described([
            (StatusCode::BAD_REQUEST, "The request can't be understood, or the configuration in it is invalid."),
            (
                StatusCode::FORBIDDEN,
                "The sender of the request could not be identified, or may not do this: `code` and `why` say which.",
            ),
            (StatusCode::NOT_FOUND, "There is no such agent, or nothing at this path."),
            (
                StatusCode::CONFLICT,
                "The current state does not allow the request: `code` and `why` say what prevents it.",
            ),
            (StatusCode::INTERNAL_SERVER_ERROR, "Something on the supervisor's side failed, such as its disk."),
        ])
    }
}

/// The further failures that a request with a body may get, for the OpenAPI description.
pub(super) struct UnreadableBody;

impl utoipa::IntoResponses for UnreadableBody {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        described([
            (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not declared to be JSON."),
        ])
    }
}

fn described<const COUNT: usize>(
    refusals: [(StatusCode, &str); COUNT],
) -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = |text| ResponseBuilder::new().description(text).content("application/json", problem()).build();
    refusals.map(|(status, text)| (status.as_str().to_owned(), response(text).into())).into()
}
