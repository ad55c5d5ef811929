//! Who is started again, when, how often, and when that ends.

use crate::harness::Fleet;
use crate::harness::config::shell;
use crate::harness::facts::seq;

#[test]
fn failures_back_off_and_then_it_gives_up_with_code_and_last_line() {
    let restart = "restart = { delay = \"20ms\", jitter_percent = 0, budget = 3, window = \"10m\" }";
    let fleet = Fleet::up(&shell("crash", "echo boom; echo no such model; exit 7", restart));
    let gave_up = fleet.fact("crash", "agent.gave_up");
    let history = fleet.history();
    let spans: Vec<u64> = history
        .iter()
        .filter(|fact| fact["type"] == "agent.backed_off")
        .map(|fact| fact["data"]["span"].as_u64().expect("a span"))
        .collect();
    assert_eq!(spans, [20, 40, 80], "each wait is twice the one before");
    let runs = history.iter().filter(|fact| fact["type"] == "agent.started").count();
    assert_eq!(runs, 4, "one start and three restarts: {gave_up}");
    let agent = fleet.agent("crash");
    assert_eq!((&agent["state"], &agent["exit_code"]), (&"gave_up".into(), &7.into()), "{agent}");
    assert_eq!(agent["last_line"], "no such model", "{agent}");
    let row = fleet.qd(["ps"]).ok().text();
    assert!(row.contains("gave up") && row.contains("exit 7"), "{row}");
}

#[test]
fn exit_125_never_restarts() {
    let restart = "restart = { when = \"always\", delay = \"10ms\" }";
    let fleet = Fleet::up(&shell("permanent", "exit 125", restart));
    let gave_up = fleet.fact("permanent", "agent.gave_up");
    assert!(gave_up.to_string().contains("125"), "{gave_up}");
    assert_eq!(fleet.history_of("permanent", "agent.started").len(), 1);
}

#[test]
fn codes_that_the_file_lists_never_restart_and_others_count_as_success() {
    let permanent = shell("permanent", "exit 41", "restart = { delay = \"10ms\", permanent_codes = [41] }");
    let success = shell("success", "exit 42", "restart = { delay = \"10ms\", success_codes = [0, 42] }");
    let fleet = Fleet::up(&(permanent + &success));
    fleet.fact("permanent", "agent.gave_up");
    let ended = fleet.fact("success", "agent.ended");
    assert_eq!(ended["data"]["outcome"], "completed", "{ended}");
}

#[test]
fn always_means_after_success_too_and_never_means_never() {
    let always = shell("always", "echo round", "restart = { when = \"always\", delay = \"10ms\", budget = 1000 }");
    let never = shell("never", "exit 1", "restart = \"never\"");
    let fleet = Fleet::up(&(always + &never));
    let first = fleet.fact("always", "agent.ended");
    let second = fleet.fact_after(seq(&first), "always", "agent.ended");
    assert_ne!(first["run"], second["run"]);
    fleet.fact("never", "agent.ended");
    fleet.fact_after(seq(&second), "always", "agent.ended");
    assert!(fleet.history_of("never", "agent.backed_off").is_empty());
    fleet.qd(["stop", "always"]).ok();
}

#[test]
fn a_start_by_hand_skips_the_backoff_and_forgets_the_failures() {
    let line = r#"if [ -e healed ]; then echo well; sleep 1000; else exit 1; fi"#;
    let restart = "workspace = \"shared\"\nrestart = { delay = \"10m\", delay_max = \"1h\" }";
    let fleet = Fleet::up(&shell("ill", line, restart));
    fleet.fact("ill", "agent.backed_off");
    assert_eq!(fleet.agent("ill")["state"], "backoff");
    std::fs::write(fleet.root.join("healed"), "").expect("a file");
    fleet.qd(["start", "ill"]).ok();
    fleet.fact("ill", "agent.ready");
    let agent = fleet.agent("ill");
    assert_eq!((&agent["state"], &agent["failures"]), (&"ready".into(), &0.into()), "{agent}");
}

#[test]
fn a_stop_ends_a_backoff() {
    let fleet = Fleet::up(&shell("ill", "exit 1", "restart = { delay = \"10m\", delay_max = \"1h\" }"));
    fleet.fact("ill", "agent.backed_off");
    fleet.qd(["stop", "ill"]).ok();
    let state = fleet.agent("ill")["state"].clone();
    assert!(state != "backoff", "{state}");
}

#[test]
fn explain_says_why_an_agent_gave_up() {
    let fleet = Fleet::up(&shell("crash", "exit 9", "restart = { delay = \"10ms\", budget = 1 }"));
    fleet.fact("crash", "agent.gave_up");
    let explained = fleet.qd(["explain", "crash"]).ok().text();
    assert!(explained.contains("exit 9") && explained.contains("qd start crash"), "{explained}");
}
