//! What the verbs of `qd lock` print of what a supervisor answers.

use crate::fleet::{Fleet, NOON_MS};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use quarterdeck::api::locks::*;
use quarterdeck::api::system::HELLO;
use serde_json::{Value, json};
use tokio::net::UnixListener;

/// A fleet whose supervisor knows these locks, and lets whoever asks wait once before it grants.
fn up() -> Fleet {
    let fleet = Fleet::silent();
    let hello = fleet.script.hello.lock().expect("a lock").clone();
    let routes = Router::new()
        .route(HELLO.path, get(async move || Json(hello.clone())))
        .route(LIST_LOCKS.path, get(async || Json(locks())))
        .route(ACQUIRE_LOCK.path, post(acquire));
    let listener = UnixListener::bind(&fleet.place.control_socket).expect("a socket");
    tokio::spawn(std::future::IntoFuture::into_future(axum::serve(listener, routes)));
    fleet
}

fn scope(scope: &str, mode: LockMode, unit: Option<u32>) -> LockScope {
    LockScope { scope: scope.into(), mode, unit }
}

fn blocker(who: &str, holds: bool) -> Blocker {
    Blocker { who: who.into(), scope: "src".into(), holds, since_ms: NOON_MS }
}

fn locks() -> Locks {
    let lease = Lease {
        lease: "l7".into(),
        holder: "builder".into(),
        agent: Some("builder".into()),
        run: Some("r3".into()),
        task: None,
        scopes: vec![scope("src", LockMode::Exclusive, None), scope("port", LockMode::Exclusive, Some(4_003))],
        token: 12,
        since_ms: NOON_MS,
        expires_ms: None,
        paused: false,
        purpose: Some("the parser\u{1b}[31m".into()),
    };
    let outside =
        Lease { holder: "ann@ship".into(), expires_ms: Some(NOON_MS + 60_000), purpose: None, ..lease.clone() };
    let frozen = Lease { holder: "linter".into(), paused: true, ..outside.clone() };
    let waits = Request {
        request: "q9".into(),
        holder: "task docs".into(),
        agent: None,
        scopes: vec![scope("src", LockMode::Shared, None)],
        since_ms: NOON_MS + 1_000,
        until_ms: Some(NOON_MS + 300_000),
        behind: vec![blocker("builder", true)],
        purpose: None,
    };
    let cycle = Cycle {
        at_ms: NOON_MS,
        who: "a".into(),
        scopes: vec!["y".into()],
        cycle: "a waits for y held by b, b waits for x held by a".into(),
    };
    Locks {
        leases: vec![lease, outside, frozen],
        waiting: vec![waits],
        resources: vec![
            Resource { name: "gpu".into(), capacity: 1, held: 1, first: None },
            Resource { name: "port".into(), capacity: 100, held: 3, first: Some(4_000) },
        ],
        cycles: vec![cycle],
        statistics: LockStatistics {
            granted: 7,
            waited: 2,
            longest_wait_ms: 1_500,
            total_wait_ms: 2_000,
            ..Default::default()
        },
    }
}

async fn acquire(Json(asked): Json<Value>) -> Response {
    let waiting =
        Waiting { request: "q1".into(), behind: vec![blocker("builder", true)], ahead: 2, until_ms: u64::MAX };
    let granted = Granted {
        lease: "l8".into(),
        token: 13,
        scopes: vec![scope("it's", LockMode::Shared, None), scope("port", LockMode::Exclusive, Some(4_000))],
        expires_ms: None,
        waited_ms: 5,
    };
    let last = match asked["holder"] == "late" {
        false => format!("event: granted\ndata: {}\n\n", json!(granted)),
        true => {
            let why = json!({"status": 409, "code": "timed_out", "what": "the lock was not granted", "why": "builder holds src"});
            format!("event: refused\ndata: {why}\n\n")
        }
    };
    let body =
        format!("event: waiting\ndata: {}\n\n: still here\n\nevent: newer\ndata: {{}}\n\n{last}", json!(waiting));
    ([("content-type", "text/event-stream")], body).into_response()
}

#[tokio::test]
async fn leases_and_waiters_are_tables_for_people() {
    let fleet = up();
    insta::assert_snapshot!(fleet.session(&["lock", "list", "--all"]).await);
    let listed: Locks = serde_json::from_str(&fleet.qd(&["lock", "list", "--json"]).await.stdout).expect("json");
    assert_eq!(listed, locks());
}

#[tokio::test]
async fn a_wait_is_told_on_standard_error_and_the_lease_on_standard_output() {
    let fleet = up();
    let mut sessions = fleet.session(&["lock", "acquire", "src"]).await;
    sessions += &fleet.session(&["lock", "acquire", "src", "--export"]).await;
    sessions += &fleet.session(&["lock", "acquire", "src", "--as", "late"]).await;
    sessions += &fleet.session(&["lock", "acquire", "src", "--wait", "5s", "--no-wait"]).await;
    sessions += &fleet.session(&["lock", "check", "src"]).await;
    sessions += &fleet.session(&["lock", "force", "src"]).await;
    insta::assert_snapshot!(sessions);
}
