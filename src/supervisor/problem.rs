//! Failures of requests: everything that is not a success is a [`Problem`] with its status.

use super::journal::QueryError;
use super::kernel::{KernelGone, Unanswered};
use super::run::InputRefused;
use super::words::agent;
use super::words::common::Refusal;
use super::words::refusal::refusal;
use crate::amounts;
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
        let (what, why) = (format!("no agent is called `{name}`"), Refusal::unknown_agent().why);
        Failure::new(StatusCode::NOT_FOUND, "unknown_agent", what, why).hint(hint_for_unknown_agent(name, known))
    }

    /// Returns the failure for a command about an agent that the core refused.
    pub(super) fn denied(name: &str, denied: &Denied) -> Failure {
        Failure::of(format!("refused for `{name}`"), agent::refusal::refusal(denied, name))
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
        Failure::of(what, refusal(denied, "", view))
    }

    /// Returns the failure for a refusal.
    pub(in crate::supervisor) fn of(what: impl Into<String>, refusal: Refusal) -> Failure {
        let failure = Failure::new(refusal.status(), refusal.code, what, refusal.why);
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
            InputRefused::Delivery(delivery::Refusal::NothingDrawn { .. }) => (
                "nothing_drawn",
                "`qd screen NAME` shows its screen, `qd logs NAME` its output; try again when it has drawn its screen",
            ),
            InputRefused::Delivery(delivery::Refusal::Leftover) => {
                ("leftover", "`qd send NAME --key enter` submits it; in `qd attach NAME` it can be deleted")
            }
            InputRefused::Delivery(delivery::Refusal::LineTooLong { .. }) => {
                ("line_too_long", "break the line, or put the text into a file and send its name")
            }
            InputRefused::Paused => ("paused", "`qd resume NAME` resumes it"),
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
                .hint(format!("a body has at most {}", amounts::bytes(REQUEST_BYTES_MAX as u64))),
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
