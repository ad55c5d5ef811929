//! Words carried between a screen and the supervisor, also across a supervisor that goes and comes.

use crate::fleet::{Fleet, Stage};
use quarterdeck::api::agents::{Action, CHANGE_AGENT};
use quarterdeck::cli::carrier::carry;
use quarterdeck::client::ensure::{Lifetime, Verbosity};
use quarterdeck::client::{Background, Client};
use quarterdeck::tui::{Answer, Data, FromFleet, Link, ToFleet, Topic, link};
use serde_json::json;

async fn screen(fleet: &Fleet) -> Link {
    let client = Client::connect(&fleet.place).await.expect("a client");
    let background =
        Background { program: "/nowhere/qd".into(), lifetime: Lifetime::Configured, verbosity: Verbosity::Usual };
    let (link, carrier) = link();
    tokio::spawn(carry(client, background, carrier));
    link
}

/// The next word that this makes something of; others are passed over.
async fn hear<T>(link: &mut Link, of: impl Fn(FromFleet) -> Option<T>) -> T {
    loop {
        if let Some(heard) = of(link.from.recv().await.expect("the link is open")) {
            return heard;
        }
    }
}

async fn answer(link: &mut Link, asked: ToFleet, id: u64) -> Answer {
    link.to.send(asked).await.expect("the link is open");
    hear(link, |heard| match heard {
        FromFleet::Answer { request, answer } if request == id => Some(answer),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn pictures_facts_and_answers_reach_the_screen() {
    let fleet = Fleet::up().await;
    fleet.script.fact("agent.started", "builder", "r1", "started", json!({}));
    let mut link = screen(&fleet).await;
    assert_eq!(link.from.recv().await, Some(FromFleet::Connected { fleet: "demo".into() }));
    let (mut listed, mut facts) = (0, 0);
    while listed == 0 || facts == 0 {
        match link.from.recv().await.expect("the link is open") {
            FromFleet::Fleet { changed, .. } => listed = changed.len(),
            FromFleet::Fact(fact) => facts = fact.seq,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((listed, facts), (2, 1));
    link.to.send(ToFleet::Watch { agent: "builder".into() }).await.expect("open");
    let text = hear(&mut link, |heard| match heard {
        FromFleet::Whole { frame, .. } => Some(frame.text()),
        _ => None,
    })
    .await;
    assert!(text.starts_with("hello from the agent"), "{text}");
    let pause =
        |request, agent: &str| ToFleet::Call { request, call: CHANGE_AGENT.call(&[agent], &Action::Pause.into()) };
    assert_eq!(answer(&mut link, pause(1, "builder"), 1).await, Answer::Done);
    match answer(&mut link, pause(2, "linter"), 2).await {
        Answer::Problem(problem) => assert_eq!((problem.status, problem.code.as_str()), (409, "not_running")),
        other => panic!("{other:?}"),
    }
    let topic = Topic::Explanation("linter".into());
    link.to.send(ToFleet::Fetch { topic: topic.clone() }).await.expect("open");
    let data = hear(&mut link, |heard| match heard {
        FromFleet::Fetched { topic: of, data } if of == topic => Some(*data),
        _ => None,
    })
    .await;
    assert!(matches!(data, Ok(Data::Explanation(_))), "{data:?}");
}

#[tokio::test]
async fn a_supervisor_that_goes_and_comes_is_told_and_no_fact_is_missed_or_repeated() {
    let fleet = Fleet::up().await;
    let mut link = screen(&fleet).await;
    hear(&mut link, |heard| matches!(heard, FromFleet::Connected { .. }).then_some(())).await;
    fleet.script.fact("agent.started", "builder", "r1", "one", json!({}));
    hear(&mut link, |heard| matches!(heard, FromFleet::Fact(_)).then_some(())).await;
    fleet.script.set_stage(Stage::Gone);
    hear(&mut link, |heard| matches!(heard, FromFleet::Disconnected { .. }).then_some(())).await;
    let kill = ToFleet::Call { request: 7, call: CHANGE_AGENT.call(&["builder"], &Action::Kill.into()) };
    link.to.send(kill).await.expect("open");
    fleet.script.fact("agent.ready", "builder", "r1", "two", json!({}));
    fleet.script.set_stage(Stage::Busy);
    let mut facts = Vec::new();
    let mut connected = false;
    while !connected || facts.is_empty() {
        match link.from.recv().await.expect("the link is open") {
            FromFleet::Connected { .. } => connected = true,
            FromFleet::Fact(fact) => facts.push(fact.message),
            _ => {}
        }
    }
    assert_eq!(facts, ["two"]);
}

#[tokio::test]
async fn what_waiting_can_not_mend_closes_the_link() {
    let fleet = Fleet::up().await;
    let mut link = screen(&fleet).await;
    hear(&mut link, |heard| matches!(heard, FromFleet::Connected { .. }).then_some(())).await;
    *fleet.script.hello.lock().expect("a lock") = json!({"api_version": 99});
    fleet.script.set_stage(Stage::Gone);
    let mut last = String::new();
    while let Some(heard) = link.from.recv().await {
        if let FromFleet::Disconnected { reason } = heard {
            last = reason;
        }
    }
    assert!(last.contains("newer than this qd"), "{last}");
}
