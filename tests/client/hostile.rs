//! The other side is gone, hangs, lies, or is of another version. Every case ends, says what is wrong, and what to do.

use crate::fleet::Fleet;
use quarterdeck::client::{Client, ClientError};
use quarterdeck::place::Place;
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener as Listener;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

/// A supervisor that says these bytes to whoever asks, and hangs up.
fn says(place: &Place, words: &'static str) {
    let listener = UnixListener::bind(&place.control_socket).expect("a socket");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(words.as_bytes()).await;
        }
    });
}

#[tokio::test]
async fn no_fleet_no_supervisor_and_a_socket_left_over() {
    let nowhere = tempfile::tempdir().expect("a directory");
    let fleet = Fleet::silent();
    let output = fleet.command(&["ps"]).current_dir(nowhere.path()).output().await.expect("qd runs");
    let ran = fleet.ran(output);
    assert_eq!((ran.code, ran.stderr.contains("hint: `qd init` writes")), (2, true), "{ran:?}");
    let mut sessions = fleet.session(&["ps"]).await;
    drop(Listener::bind(&fleet.place.control_socket).expect("a socket"));
    sessions += &fleet.session(&["ps"]).await;
    insta::assert_snapshot!(sessions);
}

#[tokio::test]
async fn a_supervisor_that_accepts_and_never_answers_is_named_within_the_deadline() {
    let fleet = Fleet::silent();
    let listener = UnixListener::bind(&fleet.place.control_socket).expect("a socket");
    let hang = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(connection) = listener.accept().await {
            held.push(connection);
        }
    });
    let began = Instant::now();
    let ran = fleet.qd(&["ps"]).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!((ran.code, ran.stderr.contains("did not answer GET /api/v1 within 2 s")), (3, true), "{ran:?}");
    hang.abort();
}

#[tokio::test]
async fn a_supervisor_that_never_accepts_is_named_within_the_deadline() {
    let fleet = Fleet::silent();
    let _listener = Listener::bind(&fleet.place.control_socket).expect("a socket");
    let began = Instant::now();
    let error = Client::connect(&fleet.place).await.expect_err("no answer");
    assert!(matches!(error, ClientError::Silent { .. }), "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

#[tokio::test]
async fn another_version_is_told_apart_whatever_else_it_says() {
    let fleet = Fleet::up().await;
    *fleet.script.hello.lock().expect("a lock") = json!({"api_version": 99, "qd_version": "9.9.9", "new": []});
    let mut sessions = fleet.session(&["ps"]).await;
    *fleet.script.hello.lock().expect("a lock") = json!({"api_version": 0});
    sessions += &fleet.session(&["up"]).await;
    insta::assert_snapshot!(sessions);
}

#[tokio::test]
async fn a_stream_of_another_version_is_told_apart() {
    let fleet = Fleet::up().await;
    *fleet.script.stream_version.lock().expect("a lock") = 99;
    let ran = fleet.qd(&["wait", "builder"]).await;
    assert_eq!((ran.code, ran.stderr.contains("newer than this qd")), (1, true), "{ran:?}");
}

#[tokio::test]
async fn nonsense_is_no_answer() {
    for words in [
        "",
        "220 smtp.example.org ESMTP\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{]}",
        "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{\"api_version\":",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    ] {
        let fleet = Fleet::silent();
        says(&fleet.place, words);
        let ran = fleet.qd(&["ps"]).await;
        assert_eq!((ran.code, ran.stderr.contains("was lost at GET /api/v1")), (1, true), "{words:?}: {ran:?}");
    }
}

#[tokio::test]
async fn a_failure_without_a_body_is_still_described() {
    let fleet = Fleet::silent();
    says(&fleet.place, "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\noops!");
    let ran = fleet.qd(&["ps"]).await;
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stderr,
        "error: GET /api/v1 failed\n  caused by: the supervisor answered 500 Internal Server Error\n"
    );
}

#[tokio::test]
async fn a_socket_in_a_directory_others_may_enter_is_not_talked_to() {
    let fleet = Fleet::up().await;
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(&fleet.place.runtime_directory, open).expect("opened");
    let ran = fleet.qd(&["ps"]).await;
    assert_eq!((ran.code, ran.stderr.contains("is not safe to use: others may enter it")), (1, true), "{ran:?}");
}
