//! Tests of messages: which agents get them, how they are delivered, and why they are refused.

use crate::common::{Bench, policy};
use proptest::prelude::*;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::effect::Effect;
use quarterdeck_core::event::{Event, TimerId};
use quarterdeck_core::ids::MessageId;
use quarterdeck_core::mail::topic::{BadTopic, Pattern, TOPIC_BYTES_MAX, Topic};
use quarterdeck_core::mail::{
    Delivery, Draft, HISTORY_LETTERS_MAX, MailAnswer, MailCommand, MailDenied, MailEffect, MailEvent, MailPolicy,
    MailTimer, Via,
};
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::time::Span;
use std::collections::BTreeMap;

fn person() -> Party {
    Party::Outside("person".into())
}

fn topic(text: &str) -> Topic {
    Topic::parse(text).expect("a topic")
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).expect("a pattern")
}

fn draft(body: &str) -> Draft {
    Draft { to: Vec::new(), topic: None, body: body.into(), correlation: None, via: Via::Inbox, ttl: None }
}

fn numbers(messages: &[u64]) -> Vec<MessageId> {
    messages.iter().copied().map(MessageId).collect()
}

impl Bench {
    /// Makes a fleet of these ready agents.
    fn talking(agents: &[&str]) -> Bench {
        let mut bench = Bench::new(agents.iter().map(|name| policy(name)).collect());
        agents.iter().for_each(|name| bench.ready(name));
        bench
    }

    fn with_mail_policy(mail: MailPolicy, agents: &[&str]) -> Bench {
        let mut bench = Bench::new(Vec::new());
        let mut fleet = FleetPolicy::default();
        fleet.coordination.mail = mail;
        bench.step(Event::Configured { fleet, agents: agents.iter().map(|name| policy(name)).collect() });
        bench
    }

    fn sender(&self, name: &str) -> Party {
        Party::Run(self.run(name))
    }

    fn mail(&mut self, command: MailCommand) -> Result<MailAnswer, MailDenied> {
        match self.ask(Command::Mail(command)) {
            Answer::Mail(answer) => Ok(answer),
            Answer::Denied(Denied::Mail(denied)) => Err(denied),
            other => panic!("another answer: {other:?}"),
        }
    }

    /// Sends a letter, and returns the names of its recipients.
    fn post(&mut self, by: Party, draft: Draft) -> Result<Vec<String>, MailDenied> {
        let answer = self.mail(MailCommand::Send { by, draft: Box::new(draft) })?;
        let MailAnswer::Sent { messages } = answer else { panic!("not sent: {answer:?}") };
        Ok(messages.iter().map(|(_, agent)| self.fleet.view().agents[agent].name.clone()).collect())
    }

    fn tell_agent(&mut self, by: Party, to: &str, body: &str) -> Result<Vec<String>, MailDenied> {
        let to = vec![self.id(to)];
        self.post(by, Draft { to, ..draft(body) })
    }

    fn publish_news(&mut self, by: Party, about: &str) -> Vec<String> {
        self.post(by, Draft { topic: Some(topic(about)), ..draft("news") }).expect("room")
    }

    fn read_inbox(&mut self, name: &str) -> Result<MailAnswer, MailDenied> {
        let (by, agent) = (self.sender(name), self.id(name));
        self.mail(MailCommand::Read { by, agent })
    }

    /// Returns the texts that an agent reads in its inbox.
    fn reads_inbox(&mut self, name: &str) -> Vec<String> {
        self.read_inbox(name).expect("its own");
        self.inbox_of(name)
    }

    fn inbox_of(&self, name: &str) -> Vec<String> {
        self.fleet.view().mail.inbox(self.id(name)).map(|message| message.letter.body.clone()).collect()
    }

    fn acknowledge_message(&mut self, by: Party, message: u64) -> Result<MailAnswer, MailDenied> {
        self.mail(MailCommand::Acknowledge { by, message: MessageId(message) })
    }

    fn delivery_of(&self, message: u64) -> Delivery {
        self.fleet.view().mail.get(MessageId(message)).expect("it is kept").copy.delivery
    }
}

const EXPIRY: TimerId = TimerId::Mail(MailTimer::Expiry);

#[test]
fn a_message_is_shown_until_it_is_acknowledged() {
    let mut bench = Bench::talking(&["a", "b"]);
    assert_eq!(bench.tell_agent(bench.sender("a"), "b", "the parser is done"), Ok(vec!["b".into()]));
    assert_eq!(bench.delivery_of(1), Delivery::Pending);
    assert_eq!(bench.reads_inbox("b"), ["the parser is done"]);
    assert_eq!(bench.delivery_of(1), Delivery::Delivered);
    bench.supervisor_dies();
    assert_eq!(bench.reads_inbox("b"), ["the parser is done"], "at least once");
    assert_eq!(bench.acknowledge_message(bench.sender("b"), 1), Ok(MailAnswer::Noted));
    assert_eq!((bench.delivery_of(1), bench.inbox_of("b").len()), (Delivery::Acknowledged, 0));
    assert_eq!(bench.told(), ["message.acknowledged", "Disarm Mail", "Reply"]);
    assert_eq!(bench.acknowledge_message(bench.sender("b"), 1), Ok(MailAnswer::Noted), "twice is as once");
    assert_eq!(bench.told(), ["Reply"]);
    assert_eq!(bench.acknowledge_message(person(), 2), Err(MailDenied::UnknownMessage { message: MessageId(2) }));
}

#[test]
fn a_topic_reaches_those_it_names_everyone_or_those_who_want_it() {
    let mut bench = Bench::talking(&["a", "b", "code.review"]);
    assert_eq!(bench.publish_news(person(), "agent.b.task"), ["b"]);
    assert_eq!(bench.publish_news(person(), "agent.code.review.task"), ["code.review"]);
    assert_eq!(bench.publish_news(person(), "broadcast.status.new"), ["a", "b", "code.review"]);
    assert_eq!(
        bench.publish_news(bench.sender("a"), "broadcast.status"),
        ["b", "code.review"],
        "not back to the sender"
    );
    assert_eq!(bench.publish_news(bench.sender("a"), "workflow.p3.events"), Vec::<String>::new());
    let (by, agent) = (bench.sender("b"), bench.id("b"));
    let topics = vec![pattern("workflow.*.events"), pattern("agent.**")];
    bench.mail(MailCommand::Subscribe { by, agent, topics }).expect("its own");
    bench.exits("b", 1);
    bench.supervisor_dies();
    assert_eq!(bench.publish_news(person(), "workflow.p3.events"), ["b"], "it outlives runs and supervisors");
    assert_eq!(bench.publish_news(person(), "agent.a.status"), ["a", "b"]);
    let topics = vec![pattern("agent.**")];
    bench.mail(MailCommand::Unsubscribe { by: person(), agent, topics }).expect("a person may");
    assert_eq!(bench.publish_news(person(), "agent.a.status"), ["a"]);
}

#[test]
fn an_inbox_is_its_agents_own() {
    let mut bench = Bench::talking(&["a", "b"]);
    bench.tell_agent(person(), "b", "for b").expect("room");
    let (by, agent) = (bench.sender("a"), bench.id("b"));
    assert_eq!(bench.mail(MailCommand::Read { by: by.clone(), agent }), Err(MailDenied::NotYours));
    assert_eq!(bench.mail(MailCommand::Read { by: person(), agent }), Err(MailDenied::NotYours));
    assert_eq!(bench.acknowledge_message(by.clone(), 1), Err(MailDenied::NotYours));
    let topics = vec![pattern("a.*")];
    assert_eq!(bench.mail(MailCommand::Subscribe { by, agent, topics }), Err(MailDenied::NotYours));
    assert_eq!(bench.delivery_of(1), Delivery::Pending);
    let late = bench.sender("b");
    bench.exits("b", 1);
    assert_eq!(bench.acknowledge_message(late.clone(), 1), Err(MailDenied::RunEnded));
    assert_eq!(bench.tell_agent(late, "a", "too late"), Err(MailDenied::RunEnded));
}

#[test]
fn what_nobody_takes_in_time_expires_and_what_was_delivered_stays_so() {
    let mut bench = Bench::talking(&["a", "b"]);
    let to = vec![bench.id("a"), bench.id("b")];
    let ttl = Some(Span::from_secs(10));
    bench.post(person(), Draft { to, ttl, ..draft("soon") }).expect("room");
    bench.tell_agent(person(), "a", "later").expect("room");
    bench.reads_inbox("a");
    bench.supervisor_dies();
    bench.fire(EXPIRY);
    assert_eq!(
        [1, 2, 3].map(|message| bench.delivery_of(message)),
        [Delivery::Delivered, Delivery::Expired, Delivery::Delivered]
    );
    assert_eq!(bench.told(), ["message.expired", "Arm Mail 3590000"]);
    assert_eq!((bench.inbox_of("a"), bench.inbox_of("b")), (vec!["later".to_owned()], Vec::new()));
    let over = MailDenied::Over { delivery: Delivery::Expired };
    assert_eq!(bench.acknowledge_message(bench.sender("b"), 2), Err(over));
    bench.fire(EXPIRY);
    assert!(!bench.is_armed(EXPIRY), "nothing is waited for");
}

#[test]
fn a_full_inbox_is_refused_with_whose_it_is_and_nothing_is_sent() {
    let small = MailPolicy { inbox_max: 2, ..MailPolicy::default() };
    let mut bench = Bench::with_mail_policy(small, &["a", "b"]);
    bench.tell_agent(person(), "b", "1").expect("room");
    bench.tell_agent(person(), "b", "2").expect("room");
    let full = Err(MailDenied::InboxFull { agent: bench.id("b"), inbox_max: 2 });
    let everyone = Draft { topic: Some(topic("broadcast.all")), ..draft("3") };
    assert_eq!(bench.post(person(), everyone), full);
    assert!(bench.inbox_of("a").is_empty(), "to all or to none");
    bench.acknowledge_message(person(), 1).expect("a person may");
    assert_eq!(bench.publish_news(person(), "broadcast.all"), ["a", "b"]);
}

#[test]
fn letters_are_bounded() {
    let small = MailPolicy { body_bytes_max: 10, open_bytes_max: 15, topics_max: 1, ..MailPolicy::default() };
    let mut bench = Bench::with_mail_policy(small, &["a"]);
    assert_eq!(bench.tell_agent(person(), "a", "12345678901"), Err(MailDenied::BodyTooLong { body_bytes_max: 10 }));
    assert_eq!(bench.tell_agent(person(), "a", ""), Err(MailDenied::Empty));
    assert_eq!(bench.post(person(), draft("to whom?")), Err(MailDenied::NoRecipient));
    bench.tell_agent(person(), "a", "1234567890").expect("room");
    assert_eq!(bench.tell_agent(person(), "a", "123456"), Err(MailDenied::PostFull { open_bytes_max: 15 }));
    for id in ["", "a\nb", &"x".repeat(200)] {
        let draft = Draft { to: vec![bench.id("a")], correlation: Some(id.into()), ..draft("x") };
        assert_eq!(bench.post(person(), draft), Err(MailDenied::BadCorrelation), "{id:?}");
    }
    let (agent, topics) = (bench.id("a"), vec![pattern("a"), pattern("b")]);
    let subscribe = MailCommand::Subscribe { by: person(), agent, topics };
    assert_eq!(bench.mail(subscribe), Err(MailDenied::TopicsFull { topics_max: 1 }));
}

#[test]
fn what_is_typed_is_delivered_when_the_typist_says_so() {
    let mut bench = Bench::talking(&["a"]);
    let agent = bench.id("a");
    let deliver = Effect::Mail(MailEffect::Deliver { agent });
    bench.post(person(), Draft { to: vec![agent], via: Via::Terminal, ..draft("now") }).expect("room");
    assert!(bench.effects.contains(&deliver));
    bench.supervisor_dies();
    assert!(bench.effects.contains(&deliver), "the next supervisor goes on");
    assert_eq!(bench.delivery_of(1), Delivery::Pending);
    bench.step(Event::Mail(MailEvent::Typed { message: MessageId(1) }));
    assert_eq!(bench.delivery_of(1), Delivery::Delivered);
    assert_eq!(bench.fleet.view().mail.to_type(agent).count(), 0);
    bench.step(Event::Mail(MailEvent::Typed { message: MessageId(1) }));
    assert_eq!(bench.told(), Vec::<String>::new(), "twice is as once");
    bench.step(Event::Mail(MailEvent::Typed { message: MessageId(99) }));
    assert_eq!(bench.told(), Vec::<String>::new());
}

#[test]
fn what_was_read_is_not_typed_and_what_was_typed_at_the_last_moment_counts() {
    let mut bench = Bench::talking(&["a"]);
    let agent = bench.id("a");
    let typed = || Draft { to: vec![agent], via: Via::Terminal, ttl: Some(Span::from_secs(1)), ..draft("x") };
    bench.post(person(), typed()).expect("room");
    bench.reads_inbox("a");
    assert_eq!(bench.fleet.view().mail.to_type(agent).count(), 0);
    bench.post(person(), typed()).expect("room");
    bench.fire(EXPIRY);
    assert_eq!(bench.delivery_of(2), Delivery::Expired);
    assert_eq!(bench.fleet.view().mail.to_type(agent).count(), 0);
    bench.step(Event::Mail(MailEvent::Typed { message: MessageId(2) }));
    assert_eq!(bench.delivery_of(2), Delivery::Delivered, "it stands in the terminal");
}

#[test]
fn messages_of_an_agent_that_is_forgotten_have_failed() {
    let mut bench = Bench::talking(&["a", "b"]);
    bench.tell_agent(person(), "b", "too late").expect("room");
    bench.exits("b", 0);
    bench.configure(100, vec![policy("a")]);
    assert_eq!(bench.delivery_of(1), Delivery::Failed);
    assert!(!bench.is_armed(EXPIRY));
}

#[test]
fn words_of_the_fleet_are_never_refused_and_the_oldest_goes() {
    let small = MailPolicy { words_max: 2, inbox_max: 0, ..MailPolicy::default() };
    let mut bench = Bench::with_mail_policy(small, &["a"]);
    bench.ready("a");
    let by = bench.sender("a");
    use quarterdeck_core::sync::{Priority, SyncCommand};
    for scope in ["base", "x", "y", "z"] {
        let needs = (scope != "base").then(|| vec!["base".to_owned()]);
        let start = SyncCommand::Start { by: by.clone(), scope: scope.into(), needs, priority: Priority::Normal };
        bench.ask(Command::Sync(start));
    }
    bench.ask(Command::Sync(SyncCommand::Complete { by, scope: "base".into() }));
    let inbox = bench.inbox_of("a");
    assert_eq!(inbox.len(), 2, "{inbox:?}");
    assert!(inbox[0].contains("`y`") && inbox[1].contains("`z`"), "{inbox:?}");
    assert_eq!(bench.delivery_of(1), Delivery::Failed);
}

#[test]
fn what_is_done_with_is_kept_for_a_while() {
    let mut bench = Bench::talking(&["a"]);
    let count = HISTORY_LETTERS_MAX as u64 + 5;
    for number in 1..=count {
        bench.tell_agent(person(), "a", "x").expect("room");
        bench.acknowledge_message(person(), number).expect("a person may");
    }
    let post = &bench.fleet.view().mail;
    assert_eq!(post.newest_first().count(), HISTORY_LETTERS_MAX);
    assert_eq!(post.newest_first().next().map(|message| message.id), Some(MessageId(count)));
    assert!(post.get(MessageId(5)).is_none() && post.get(MessageId(6)).is_some());
    assert_eq!(post.open_bytes(), 0);
}

#[test]
fn patterns_match_word_by_word() {
    for (wanted, topic, matches) in [
        ("agent.*.task", "agent.builder.task", true),
        ("agent.*.task", "agent.builder.status", false),
        ("agent.*", "agent.builder.task", false),
        ("agent.**", "agent.builder.task", true),
        ("agent.**", "agent", false),
        ("**", "direct", true),
        ("*", "direct", true),
        ("*", "a.b", false),
        ("broadcast.*", "broadcasts.x", false),
        ("a.b", "a.b.c", false),
    ] {
        assert_eq!(pattern(wanted).matches(topic), matches, "{wanted} {topic}");
    }
}

#[test]
fn what_is_no_topic_says_why() {
    let long = "x".repeat(TOPIC_BYTES_MAX + 1);
    for (text, why) in [
        ("", BadTopic::Length),
        (long.as_str(), BadTopic::Length),
        ("a..b", BadTopic::EmptyWord),
        (".", BadTopic::EmptyWord),
        ("a b", BadTopic::BadWord),
        ("a.*", BadTopic::BadWord),
        ("a.\u{e9}", BadTopic::BadWord),
    ] {
        assert_eq!(Topic::parse(text), Err(why), "{text:?}");
    }
    assert_eq!(Pattern::parse("a.**.b"), Err(BadTopic::RestInside));
    assert_eq!(Pattern::parse("a.x*"), Err(BadTopic::BadWord));
}

/// Matches a topic in the obvious way, word by word, to compare with the real matching.
fn matches_slowly(wanted: &[&str], topic: &[&str]) -> bool {
    match (wanted, topic) {
        ([], []) => true,
        (["**"], [_, ..]) => true,
        (["*", wanted @ ..], [_, topic @ ..]) => matches_slowly(wanted, topic),
        ([word, wanted @ ..], [other, topic @ ..]) => word == other && matches_slowly(wanted, topic),
        _ => false,
    }
}

/// One event in a random story about messages.
#[derive(Clone, Debug)]
enum Happens {
    Send { from: usize, to: Vec<usize>, ttl: u64, typed: bool },
    Reads(usize),
    Acknowledges(u64),
    Typed(u64),
    Passes(u64),
    Dies,
}

const AGENTS: [&str; 3] = ["a", "b", "c"];

fn happens() -> impl Strategy<Value = Happens> {
    let agent = || 0..AGENTS.len();
    prop_oneof![
        (agent(), proptest::collection::vec(agent(), 1..3), 1..100_u64, any::<bool>())
            .prop_map(|(from, to, ttl, typed)| Happens::Send { from, to, ttl, typed }),
        agent().prop_map(Happens::Reads),
        (1..30_u64).prop_map(Happens::Acknowledges),
        (1..30_u64).prop_map(Happens::Typed),
        (1..60_u64).prop_map(Happens::Passes),
        Just(Happens::Dies),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Tests that every message is in its inbox until it is acknowledged or expires, whatever dies; that inboxes keep
    /// the order in which messages were sent; and that the state of a message never goes back.
    #[test]
    fn nothing_is_lost_before_it_is_acknowledged(story in proptest::collection::vec(happens(), 1..60)) {
        let mut bench = Bench::talking(&AGENTS);
        let mut wanted: BTreeMap<u64, (usize, u64)> = BTreeMap::new();
        let mut told: BTreeMap<MessageId, Delivery> = BTreeMap::new();
        let mut messages = 0;
        for happens in story {
            match happens {
                Happens::Send { from, mut to, ttl, typed } => {
                    to.dedup();
                    if to.len() == 2 && to[0] == to[1] { to.pop(); }
                    let via = if typed { Via::Terminal } else { Via::Inbox };
                    let ids = to.iter().map(|agent| bench.id(AGENTS[*agent])).collect();
                    let by = bench.sender(AGENTS[from]);
                    let letter = Draft { to: ids, via, ttl: Some(Span(ttl)), ..draft("x") };
                    bench.post(by, letter).expect("room");
                    for agent in to {
                        messages += 1;
                        wanted.insert(messages, (agent, bench.now.0 + ttl));
                    }
                }
                Happens::Reads(agent) => drop(bench.read_inbox(AGENTS[agent])),
                Happens::Acknowledges(message) => {
                    if bench.acknowledge_message(person(), message).is_ok() {
                        wanted.remove(&message);
                    }
                }
                Happens::Typed(message) => {
                    bench.step(Event::Mail(MailEvent::Typed { message: MessageId(message) }));
                }
                Happens::Passes(span) => {
                    bench.later(Span(span));
                    while bench.fleet.armed().any(|armed| armed.timer == EXPIRY && armed.due <= bench.now) {
                        bench.fire(EXPIRY);
                    }
                    wanted.retain(|_, (_, expires)| *expires > bench.now.0);
                }
                Happens::Dies => bench.supervisor_dies(),
            }
            for (at, name) in AGENTS.iter().enumerate() {
                let inbox: Vec<MessageId> = bench.fleet.view().mail.inbox(bench.id(name)).map(|message| message.id).collect();
                let due: Vec<u64> = wanted.iter().filter(|(_, (agent, _))| *agent == at).map(|(id, _)| *id).collect();
                prop_assert_eq!(inbox, numbers(&due));
            }
            for message in bench.fleet.view().mail.newest_first() {
                let before = told.insert(message.id, message.copy.delivery);
                let late_typing = before == Some(Delivery::Expired) && message.copy.delivery == Delivery::Delivered;
                prop_assert!(before.is_none_or(|before| before <= message.copy.delivery) || late_typing);
            }
        }
    }

    #[test]
    fn a_pattern_matches_as_its_words_do(wanted in "(\\*|a|b)(\\.(\\*|a|b)){0,3}(\\.\\*\\*)?", topic in "[ab](\\.[ab]){0,5}") {
        let words = |text: &'static str| text.split('.').collect::<Vec<&str>>();
        let slowly = matches_slowly(&words(wanted.clone().leak()), &words(topic.clone().leak()));
        prop_assert_eq!(pattern(&wanted).matches(&topic), slowly);
    }

    #[test]
    fn whatever_is_accepted_is_read_back_as_itself(text in "(\\PC|[a-z*.]){0,20}") {
        if let Ok(topic) = Topic::parse(&text) {
            prop_assert_eq!(topic.as_str(), &text);
            prop_assert!(pattern(&text).matches(&text), "a topic is a pattern of itself");
            let json = serde_json::to_string(&topic).expect("json");
            prop_assert_eq!(serde_json::from_str::<Topic>(&json).expect("a topic"), topic);
        }
        if let Ok(pattern) = Pattern::parse(&text) {
            let json = serde_json::to_string(&pattern).expect("json");
            prop_assert_eq!(serde_json::from_str::<Pattern>(&json).expect("a pattern"), pattern);
        }
    }
}
