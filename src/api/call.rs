//! A call of the control plane as a plain value: it is made from a route, may be carried and compared, and is sent by a
//! client.

use super::route::Route;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;

/// A call of the control plane that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method of the request: `GET`, `POST` …
    pub method: &'static str,
    /// The whole path with its names, escaped, and with its query.
    pub path: String,
    /// The body's JSON, none for a request without a body; or why the value can't be written as JSON.
    pub body: Result<Option<Vec<u8>>, String>,
    /// How long the head of the answer may take; none means as long as usual.
    pub within: Option<Duration>,
}

impl<Asked: Serialize, Answer> Route<Asked, Answer> {
    /// Returns the call of this route; `names` fill the variable parts of its path, in their order.
    pub fn call(&self, names: &[&str], asked: &Asked) -> Call {
        let (method, path, within) = (self.method, filled(self.path, names), self.within);
        match method {
            "GET" | "DELETE" => Call { method, path, body: Ok(None), within }.query(asked),
            _ => Call { method, path, body: body(asked), within },
        }
    }
}

/// Makes something of the text of an answer.
type Made<T> = Box<dyn Fn(&str) -> serde_json::Result<T> + Send + Sync>;

/// A call whose answer is read: the call, and what is made of its answer.
pub struct Read<T> {
    /// The call that is sent.
    pub call: Call,
    made: Made<T>,
}

impl<Asked: Serialize, Answer: DeserializeOwned> Route<Asked, Answer> {
    /// Returns the call of this route, as [`Route::call`] does, and what is made of its answer.
    pub fn read<T>(&self, names: &[&str], asked: &Asked, made: fn(Answer) -> T) -> Read<T>
    where
        Answer: 'static,
        T: 'static,
    {
        Read { call: self.call(names, asked), made: Box::new(move |text| serde_json::from_str(text).map(made)) }
    }
}

impl<T> Read<T> {
    /// Returns what is made of the text of an answer.
    ///
    /// # Errors
    /// The text is not the JSON that the route promises.
    pub fn made(&self, text: &str) -> serde_json::Result<T> {
        (self.made)(text)
    }
}

impl Call {
    /// Adds the fields of a value as the query.
    pub fn query(mut self, fields: &impl Serialize) -> Call {
        self.path += &query(fields);
        self
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Returns a path with these names, escaped, in place of its parts in braces.
fn filled(path: &str, names: &[&str]) -> String {
    let mut names = names.iter();
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        true => names.next().map(|name| escaped(name)).unwrap_or_default(),
        false => part.to_owned(),
    });
    parts.collect::<Vec<String>>().join("/")
}

/// Returns a value as the body of a request; none for `()`.
fn body(asked: &impl Serialize) -> Result<Option<Vec<u8>>, String> {
    let written = serde_json::to_vec(asked).map_err(|error| error.to_string())?;
    Ok(Some(written).filter(|written| written != b"null"))
}

/// Escapes a text as one segment of a path or one value of a query (RFC 3986, section 2.3: unreserved characters).
fn escaped(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            other => escaped.push_str(&format!("%{other:02X}")),
        }
        escaped
    })
}

/// Returns a value's fields as a query, without those that are null: `?limit=5&type=agent.ended`.
fn query(fields: &impl Serialize) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(fields) else { return String::new() };
    let pairs: Vec<String> = fields
        .iter()
        .filter_map(|(name, value)| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(format!("{name}={}", escaped(text))),
            other => Some(format!("{name}={}", escaped(&other.to_string()))),
        })
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::events::{EventQuery, Order, Severity};

    #[test]
    fn a_name_can_not_leave_its_segment() {
        assert_eq!(escaped("a/../b?x=1&y#z ü"), "a%2F..%2Fb%3Fx%3D1%26y%23z%20%C3%BC");
        assert_eq!(filled("/state/{owner}/{key}", &["a/b", "k"]), "/state/a%2Fb/k");
    }

    #[test]
    fn a_query_holds_what_was_given_and_nothing_else() {
        assert_eq!(query(&EventQuery::default()), "");
        let full = EventQuery {
            since_seq: Some(7),
            kind: Some("agent.ended".into()),
            severity: Some(Severity::Warning),
            order: Some(Order::Oldest),
            follow: Some(true),
            ..EventQuery::default()
        };
        let query = query(&full);
        assert!(query.starts_with('?'));
        let mut pairs: Vec<&str> = query[1..].split('&').collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["follow=true", "order=oldest", "severity=warning", "since_seq=7", "type=agent.ended"]);
    }
}
