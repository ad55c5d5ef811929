//! Tests of the synchronisation of scopes: when scopes start, and the effects of changes and of dead runs.

use crate::common::{Bench, policy};
use proptest::prelude::*;
use quarterdeck_core::command::{Answer, Command, Denied};
use quarterdeck_core::event::Event;
use quarterdeck_core::party::Party;
use quarterdeck_core::policy::FleetPolicy;
use quarterdeck_core::sync::{Priority, Standing, SyncAnswer, SyncCommand, SyncDenied, SyncPolicy, SyncTable};

fn person() -> Party {
    Party::Outside("person".into())
}

fn names(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| scope.to_string()).collect()
}

impl Bench {
    fn sync(&mut self, command: SyncCommand) -> Result<SyncAnswer, SyncDenied> {
        match self.ask(Command::Sync(command)) {
            Answer::Sync(answer) => Ok(answer),
            Answer::Denied(Denied::Sync(denied)) => Err(denied),
            other => panic!("another answer: {other:?}"),
        }
    }

    fn sync_start(&mut self, by: Party, scope: &str, needs: &[&str]) -> Result<SyncAnswer, SyncDenied> {
        let (scope, needs) = (scope.into(), Some(names(needs)));
        self.sync(SyncCommand::Start { by, scope, needs, priority: Priority::Normal })
    }

    fn sync_again(&mut self, scope: &str) -> Result<SyncAnswer, SyncDenied> {
        let start = SyncCommand::Start { by: person(), scope: scope.into(), needs: None, priority: Priority::Normal };
        self.sync(start)
    }

    fn sync_complete(&mut self, scope: &str) -> Result<SyncAnswer, SyncDenied> {
        self.sync(SyncCommand::Complete { by: person(), scope: scope.into() })
    }

    fn sync_fail(&mut self, scope: &str) -> Result<SyncAnswer, SyncDenied> {
        self.sync(SyncCommand::Fail { by: person(), scope: scope.into(), reason: "it broke".into() })
    }

    fn sync_change(&mut self, scope: &str) -> Result<SyncAnswer, SyncDenied> {
        self.sync(SyncCommand::Change { by: person(), scope: scope.into() })
    }

    fn standing(&self, scope: &str) -> &'static str {
        match self.fleet.view().sync.get(scope).expect("a known scope").standing {
            Standing::Idle => "idle",
            Standing::Queued { .. } => "queued",
            Standing::Syncing { .. } => "syncing",
            Standing::Completed { .. } => "completed",
            Standing::Failed { .. } => "failed",
        }
    }

    fn standings(&self, scopes: &[&str]) -> Vec<&'static str> {
        scopes.iter().map(|scope| self.standing(scope)).collect()
    }

    fn with_sync_policy(sync: SyncPolicy, agents: &[&str]) -> Bench {
        let mut bench = Bench::new(Vec::new());
        let mut fleet = FleetPolicy::default();
        fleet.coordination.sync = sync;
        bench.step(Event::Configured { fleet, agents: agents.iter().map(|name| policy(name)).collect() });
        bench
    }
}

#[test]
fn a_scope_starts_once_all_it_needs_is_completed() {
    let mut bench = Bench::new(Vec::new());
    assert_eq!(bench.sync_start(person(), "app", &["parser", "lexer"]), Ok(SyncAnswer::Queued));
    assert_eq!(bench.sync_start(person(), "parser", &["lexer"]), Ok(SyncAnswer::Queued));
    assert_eq!(bench.sync_start(person(), "lexer", &[]), Ok(SyncAnswer::Started));
    assert_eq!(bench.standings(&["lexer", "parser", "app"]), ["syncing", "queued", "queued"]);
    bench.sync_complete("lexer").expect("under way");
    assert_eq!(bench.standings(&["lexer", "parser", "app"]), ["completed", "syncing", "queued"]);
    bench.sync_complete("parser").expect("under way");
    assert_eq!(bench.standings(&["parser", "app"]), ["completed", "syncing"]);
    assert_eq!(bench.told(), ["sync.completed", "sync.started", "Reply"]);
}

#[test]
fn a_single_scope_needs_nobody() {
    let mut bench = Bench::new(Vec::new());
    assert_eq!(bench.sync_start(person(), "all", &[]), Ok(SyncAnswer::Started));
    assert_eq!(bench.sync_start(person(), "all", &[]), Err(SyncDenied::AlreadySyncing { by: "person".into() }));
    bench.sync_complete("all").expect("under way");
    assert_eq!(bench.sync_again("all"), Err(SyncDenied::AlreadyCompleted));
    assert_eq!(bench.sync_complete("all"), Err(SyncDenied::NotSyncing));
}

#[test]
fn a_change_makes_everything_downstream_idle_at_once_and_tells_who_was_at_it() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let run = Party::Run(bench.run("a"));
    for (scope, needs) in [("lexer", &[][..]), ("parser", &["lexer"]), ("docs", &[])] {
        bench.sync_start(person(), scope, needs).expect("ready");
        bench.sync_complete(scope).expect("under way");
    }
    bench.sync_start(run.clone(), "app", &["parser"]).expect("ready");
    bench.sync_start(person(), "site", &["app", "docs"]).expect("queued");
    bench.sync_change("lexer").expect("known");
    let expected = ["idle", "idle", "idle", "completed", "queued"];
    assert_eq!(bench.standings(&["lexer", "parser", "app", "docs", "site"]), expected);
    assert_eq!(bench.told(), ["sync.changed", "message.sent", "Arm Mail", "Reply"].map(in_the_mail));
    let late = SyncCommand::Complete { by: run, scope: "app".into() };
    assert_eq!(bench.sync(late), Err(SyncDenied::NotSyncing), "it read what is no more");
}

/// Adds to the effect that arms the mail timer the configured span of a letter.
fn in_the_mail(told: &str) -> String {
    if told == "Arm Mail" { "Arm Mail 3600000".into() } else { told.into() }
}

#[test]
fn cycles_are_refused_with_their_names() {
    let mut bench = Bench::new(Vec::new());
    bench.sync_start(person(), "a", &["b"]).expect("queued");
    bench.sync_start(person(), "b", &["c"]).expect("queued");
    let cycle = |scopes: &[&str]| Err(SyncDenied::Cycle { scopes: names(scopes) });
    assert_eq!(bench.sync_start(person(), "c", &["d", "a"]), cycle(&["c", "a", "b", "c"]));
    assert_eq!(bench.sync_start(person(), "c", &["c"]), cycle(&["c", "c"]));
    assert_eq!(bench.told(), ["Reply"], "a refusal leaves no fact");
    assert_eq!(bench.sync_start(person(), "c", &["d"]), Ok(SyncAnswer::Queued));
}

#[test]
fn a_failed_scope_is_retried_three_times_until_it_changes() {
    let mut bench = Bench::new(Vec::new());
    bench.sync_start(person(), "all", &[]).expect("ready");
    for retry in 1..=3 {
        bench.sync_fail("all").expect("under way");
        assert_eq!(bench.sync_again("all"), Ok(SyncAnswer::Started), "retry {retry}");
    }
    bench.sync_fail("all").expect("under way");
    assert_eq!(bench.sync_again("all"), Err(SyncDenied::RetriesSpent { retries: 3 }));
    bench.sync_change("all").expect("known");
    assert_eq!(bench.sync_again("all"), Ok(SyncAnswer::Started));
    bench.sync_complete("all").expect("under way");
    assert_eq!(bench.fleet.view().sync.get("all").expect("known").retries, 0);
}

#[test]
fn the_urgent_come_first_and_among_equals_the_oldest() {
    let one_at_a_time = SyncPolicy { syncing_max: 1, ..SyncPolicy::default() };
    let mut bench = Bench::with_sync_policy(one_at_a_time, &[]);
    bench.sync_start(person(), "first", &[]).expect("a place");
    for (scope, priority) in [("low", Priority::Low), ("one", Priority::High), ("two", Priority::High)] {
        let start = SyncCommand::Start { by: person(), scope: scope.into(), needs: None, priority };
        assert_eq!(bench.sync(start), Ok(SyncAnswer::Queued));
    }
    let mut order = Vec::new();
    for _ in 0..4 {
        let syncing = ["first", "low", "one", "two"].into_iter().find(|scope| bench.standing(scope) == "syncing");
        order.extend(syncing);
        bench.sync_complete(syncing.expect("one is under way")).expect("it is");
    }
    assert_eq!(order, ["first", "one", "two", "low"]);
}

#[test]
fn a_run_that_dies_fails_what_it_synchronised_and_waits_for_nothing() {
    let mut bench = Bench::new(vec![policy("a")]);
    bench.ready("a");
    let run = Party::Run(bench.run("a"));
    bench.sync_start(run.clone(), "lexer", &[]).expect("ready");
    bench.sync_start(run.clone(), "app", &["lexer"]).expect("queued");
    bench.exits("a", 1);
    assert_eq!(bench.standings(&["lexer", "app"]), ["failed", "idle"]);
    assert_eq!(bench.sync_start(run, "app", &[]), Err(SyncDenied::RunEnded));
    assert_eq!(bench.sync_again("lexer"), Ok(SyncAnswer::Started), "that is its first retry");
    assert_eq!(bench.fleet.view().sync.get("lexer").expect("known").retries, 1);
}

#[test]
fn only_whoever_synchronises_or_a_person_ends_it() {
    let mut bench = Bench::new(vec![policy("a"), policy("b")]);
    bench.ready("a");
    bench.ready("b");
    bench.sync_start(Party::Run(bench.run("a")), "lexer", &[]).expect("ready");
    let other = SyncCommand::Complete { by: Party::Run(bench.run("b")), scope: "lexer".into() };
    assert_eq!(bench.sync(other), Err(SyncDenied::NotYours { by: "a".into() }));
    bench.sync_fail("lexer").expect("a person may");
}

#[test]
fn what_is_completed_and_comes_to_need_something_else_is_synchronised_anew() {
    let mut bench = Bench::new(Vec::new());
    for (scope, needs) in [("app", &[][..]), ("site", &["app"])] {
        bench.sync_start(person(), scope, needs).expect("ready");
        bench.sync_complete(scope).expect("under way");
    }
    assert_eq!(bench.sync_start(person(), "app", &["lexer"]), Ok(SyncAnswer::Queued));
    assert_eq!(bench.standings(&["lexer", "app", "site"]), ["idle", "queued", "idle"]);
}

#[test]
fn limits_hold_and_the_oldest_idle_scope_makes_room() {
    let small = SyncPolicy { scopes_max: 3, needs_max: 2, queue_max: 1, syncing_max: 1, retries_max: 1 };
    let mut bench = Bench::with_sync_policy(small, &[]);
    let full = bench.sync_start(person(), "a", &["b", "c", "d"]);
    assert_eq!(full, Err(SyncDenied::TooManyNeeds { needs_max: 2 }));
    bench.sync_start(person(), "a", &["b", "c"]).expect("queued");
    assert_eq!(bench.sync_start(person(), "d", &[]), Err(SyncDenied::ScopesFull { scopes_max: 3 }));
    bench.sync_start(person(), "b", &[]).expect("a place");
    assert_eq!(bench.sync_start(person(), "c", &[]), Err(SyncDenied::QueueFull { queue_max: 1 }));
    bench.sync_complete("b").expect("under way");
    bench.sync_start(person(), "c", &[]).expect("a place");
    bench.sync_complete("c").expect("under way");
    bench.sync_complete("a").expect("under way");
    assert_eq!(bench.sync_start(person(), "d", &[]), Err(SyncDenied::ScopesFull { scopes_max: 3 }));
    bench.sync_change("a").expect("known");
    assert_eq!(bench.sync_start(person(), "d", &[]), Ok(SyncAnswer::Started), "a is forgotten");
    assert!(bench.fleet.view().sync.get("a").is_none());
    for bad in ["", " a", "a\n", &"x".repeat(300)] {
        assert!(matches!(bench.sync_start(person(), bad, &[]), Err(SyncDenied::BadName { .. })), "{bad:?}");
    }
}

/// A random command about a few scopes.
#[derive(Clone, Debug)]
enum Asked {
    Start { scope: usize, needs: Vec<usize>, run: bool },
    Again(usize),
    Complete(usize),
    Fail(usize),
    Change(usize),
    RunDies,
}

fn asked() -> impl Strategy<Value = Asked> {
    let scope = || 0..SCOPES.len();
    prop_oneof![
        (scope(), proptest::collection::vec(scope(), 0..3), any::<bool>())
            .prop_map(|(scope, needs, run)| Asked::Start { scope, needs, run }),
        scope().prop_map(Asked::Again),
        scope().prop_map(Asked::Complete),
        scope().prop_map(Asked::Complete),
        scope().prop_map(Asked::Fail),
        scope().prop_map(Asked::Change),
        Just(Asked::RunDies),
    ]
}

const SCOPES: [&str; 5] = ["a", "b", "c", "d", "e"];

fn carry_out(bench: &mut Bench, asked: Asked) {
    let _refused = match asked {
        Asked::Start { scope, needs, run } => {
            let by = if run { Party::Run(bench.run("agent")) } else { person() };
            let needs: Vec<&str> = needs.into_iter().map(|need| SCOPES[need]).collect();
            bench.sync_start(by, SCOPES[scope], &needs)
        }
        Asked::Again(scope) => bench.sync_again(SCOPES[scope]),
        Asked::Complete(scope) => bench.sync_complete(SCOPES[scope]),
        Asked::Fail(scope) => bench.sync_fail(SCOPES[scope]),
        Asked::Change(scope) => bench.sync_change(SCOPES[scope]),
        Asked::RunDies => {
            bench.exits("agent", 1);
            bench.command(Command::Restart { agent: bench.id("agent") }).expect("it may");
            bench.ready("agent");
            return;
        }
    };
}

/// Checks invariant 11 from the view alone, without the fleet's own code.
fn in_order(table: &SyncTable) -> bool {
    table.scopes().all(|(_, scope)| {
        let done =
            |need: &String| matches!(table.get(need).map(|known| &known.standing), Some(Standing::Completed { .. }));
        !matches!(scope.standing, Standing::Syncing { .. } | Standing::Completed { .. }) || scope.needs.iter().all(done)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// **Invariant 11:** a scope is syncing or completed only while all that it needs is completed.
    #[test]
    fn nothing_syncs_before_what_it_needs_is_completed(story in proptest::collection::vec(asked(), 1..60)) {
        let mut bench = Bench::new(vec![policy("agent")]);
        bench.ready("agent");
        for asked in story {
            carry_out(&mut bench, asked);
            prop_assert!(in_order(&bench.fleet.view().sync));
        }
        bench.supervisor_dies();
        prop_assert!(in_order(&bench.fleet.view().sync));
    }
}
