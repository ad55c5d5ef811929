//! What handlers take out of a request. What can't be taken out is refused with a [`Problem`] like everything else,
//! never with the framework's plain text.
//!
//! [`Problem`]: crate::api::error::Problem

use super::problem::Failure;
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The `{name}` of the path.
pub(super) struct Name(pub(super) String);

/// The keys after `?`.
pub(super) struct Keys<T>(pub(super) T);

/// The body, as JSON.
pub(super) struct Body<T>(pub(super) T);

/// The keys of a request that takes none: a misspelt filter must not look as if it had found everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoKeys {}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Name, Failure> {
        let Path(name) = Path::from_request_parts(parts, state).await?;
        Ok(Name(name))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Keys<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Keys<T>, Failure> {
        let Query(keys) = Query::from_request_parts(parts, state).await?;
        Ok(Keys(keys))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Failure> {
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Body(body))
    }
}
