//! Routes of the control plane. Each is declared once, beside the types that it takes and gives: the handler is served
//! under it, the OpenAPI document describes it, and the client calls it.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// A route: `Asked` is the query of a `GET` or `DELETE` and the body of every other method (`()` for none), `Answer` is
/// the answer's body.
#[derive(Debug)]
pub struct Route<Asked, Answer> {
    /// The method of the request: `GET`, `POST` …
    pub method: &'static str,
    /// The whole path, with the name of each variable part in braces.
    pub path: &'static str,
    /// How long the head of an answer may take; none means as long as usual.
    pub within: Option<Duration>,
    types: PhantomData<fn(&Asked) -> Answer>,
}

impl<Asked, Answer> Route<Asked, Answer> {
    /// Returns a route with this method and path, whose answer takes no longer than usual.
    pub const fn new(method: &'static str, path: &'static str) -> Route<Asked, Answer> {
        Route { method, path, within: None, types: PhantomData }
    }

    /// Returns the same route with an answer that may take this long.
    pub const fn within(self, seconds: u64) -> Route<Asked, Answer> {
        Route { method: self.method, path: self.path, within: Some(Duration::from_secs(seconds)), types: PhantomData }
    }
}

impl<Asked, Answer> fmt::Display for Route<Asked, Answer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Declares the routes of a module: `pub const NAME: METHOD "/path/{name}", Asked => Answer;`, with `within SECONDS` for
/// an answer that takes long. The name is the operation's id in capitals. The first constant lists them all.
macro_rules! routes {
    (
        pub const $all:ident;
        $(pub const $name:ident: $method:ident $path:literal, $asked:ty => $answer:ty $(, within $seconds:literal)?;)+
    ) => {
        $(
            #[doc = concat!(
                "The route `", stringify!($method), " ", $path, "` takes `", stringify!($asked), "` and gives `",
                stringify!($answer), "`."
            )]
            pub const $name: $crate::api::route::Route<$asked, $answer> =
                $crate::api::route::Route::new(stringify!($method), concat!("/api/v1", $path))$(.within($seconds))?;
        )+

        /// The name, the method and the path of each route of this module.
        pub const $all: &[(&str, &str, &str)] =
            &[$((stringify!($name), stringify!($method), concat!("/api/v1", $path))),+];
    };
}

pub(crate) use routes;
