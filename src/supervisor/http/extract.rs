//! Extractors that handlers take out of a request. A part that can't be extracted is refused with a [`Problem`] like
//! everything else, never with the framework's plain text.
//!
//! [`Problem`]: crate::api::error::Problem

use crate::supervisor::problem::Failure;
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// The `{name}` part of the path.
pub(super) struct Name(pub(super) String);

/// The query keys after `?` in the address.
pub(super) struct Keys<T>(pub(super) T);

/// The body of the request, read as JSON.
pub(super) struct Body<T>(pub(super) T);

/// The query of a request that takes no keys. A misspelt filter is refused, so that it does not look as if it had
/// matched everything.
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
        let Json(Object(body)) = Json::from_request(request, state).await?;
        Ok(Body(body))
    }
}

/// A JSON object. Without this type, serde would also read an array into a struct, field by field, and `[]` into a
/// struct whose fields all have defaults.
struct Object<T>(T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<T>, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}
