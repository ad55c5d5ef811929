//! Following facts: cut into pieces, too slow, broken off, and found again.

use crate::fleet::{Fleet, NOON_MS, sse};
use quarterdeck::api::events::{EventPage, EventQuery, EventRecord, Lagged, Severity};
use quarterdeck::client::reconnect::reconnect;
use quarterdeck::client::{Client, Followed};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

fn record(seq: u64) -> EventRecord {
    EventRecord {
        seq,
        at_ms: NOON_MS,
        kind: "agent.ready".into(),
        severity: Severity::Info,
        agent: Some("ä".into()),
        run: None,
        message: "ready".into(),
        data: json!(null),
    }
}

/// Answers one request after the other by its path, the events stream with these words.
async fn answer(mut stream: UnixStream, hello: String, live: String, page: String) {
    let mut request = vec![0; 4096];
    let count = stream.read(&mut request).await.unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..count]).into_owned();
    let whole = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let answer = match request.split(' ').nth(1) {
        Some(path) if path.contains("follow=true") => format!("HTTP/1.1 200 OK\r\n\r\n{live}"),
        Some(path) if path.contains("/events") => {
            assert!(path.contains("order=oldest") && path.contains("agent=%C3%A4"), "{path}");
            whole(&page)
        }
        _ => whole(&hello),
    };
    for piece in answer.as_bytes().chunks(5) {
        let _ = stream.write_all(piece).await;
        tokio::task::yield_now().await;
    }
}

async fn followed(live: String, page: &EventPage) -> Vec<Followed> {
    let fleet = Fleet::silent();
    let listener = UnixListener::bind(&fleet.place.control_socket).expect("a socket");
    let hello = fleet.script.hello.lock().expect("a lock").to_string();
    let page = serde_json::to_string(page).expect("json");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, hello.clone(), live.clone(), page.clone()));
        }
    });
    let client = Client::connect(&fleet.place).await.expect("a client");
    let filters = EventQuery { agent: Some("ä".into()), ..EventQuery::default() };
    let mut facts = client.follow(&filters).await.expect("a stream");
    let mut heard = Vec::new();
    while let Some(next) = facts.next().await.expect("sense") {
        heard.push(next);
    }
    heard
}

#[tokio::test]
async fn facts_cut_anywhere_arrive_whole_once_and_in_order() {
    let live: String = [1, 2, 2, 3].map(|seq| sse(&record(seq))).concat() + "event: newer\ndata: x\n\n: bye\n\n";
    let heard = followed(live, &EventPage { events: Vec::new(), newest_seq: 3 }).await;
    assert_eq!(heard, [1, 2, 3].map(|seq| Followed::Fact(record(seq))));
}

#[tokio::test]
async fn what_a_slow_reader_missed_is_fetched_and_put_in_its_place() {
    let lagged = "event: lagged\ndata: {\"skipped_to_seq\":4}\n\n";
    let live = sse(&record(1)) + lagged + &sse(&record(5)) + "event: quiescent\ndata: {}\n\n";
    let page = EventPage { events: [2, 3, 4, 5, 6].map(record).to_vec(), newest_seq: 6 };
    let expected = [
        Followed::Fact(record(1)),
        Followed::Lagged(Lagged { skipped_to_seq: 4 }),
        Followed::Fact(record(2)),
        Followed::Fact(record(3)),
        Followed::Fact(record(4)),
        Followed::Fact(record(5)),
        Followed::Quiescent,
    ];
    assert_eq!(followed(live, &page).await, expected);
}

#[tokio::test]
async fn a_supervisor_that_comes_back_is_found_again() {
    let fleet = Fleet::silent();
    let place = fleet.place.clone();
    let searching = tokio::spawn(async move { reconnect(&place, None, |_| ()).await });
    fleet.listen();
    let client = searching.await.expect("no panic").expect("a client");
    assert_eq!(client.hello().fleet, "demo");
}

#[tokio::test]
async fn another_version_is_not_waited_for() {
    let fleet = Fleet::up().await;
    *fleet.script.hello.lock().expect("a lock") = json!({"api_version": 99});
    assert!(reconnect(&fleet.place, None, |_| ()).await.expect_err("a skew").to_string().contains("newer"));
}
