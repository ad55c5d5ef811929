//! Who starts after whom, what makes a run ready, and how many run at one time.

use crate::harness::config::shell;
use crate::harness::facts::seq;
use crate::harness::{Fleet, Heard};

/// Starts, writes a word when it may, and stays.
const STAYS: &str = "echo up; exec sleep 1000";

#[test]
fn an_agent_starts_after_those_it_names_are_ready_and_stops_before_them() {
    let pattern = "ready = { pattern = \"^listening$\" }";
    let base = "until [ -e go ]; do sleep 0.02; done; echo listening; exec sleep 1000";
    let fleet = Fleet::up(
        &(shell("base", base, &format!("workspace = \"shared\"\n{pattern}"))
            + &shell("middle", STAYS, "after = [\"base\"]")
            + &shell("top", STAYS, "after = [\"middle\"]")),
    );
    let queued = fleet.fact("top", "agent.queued");
    assert!(queued["message"].as_str().is_some_and(|message| message.contains("middle")), "{queued}");
    fleet.fact("base", "agent.started");
    assert_eq!(fleet.agent("middle")["state"], "queued");
    assert!(fleet.agent("middle")["summary"].as_str().is_some_and(|summary| summary.contains("base")));
    std::fs::write(fleet.root.join("go"), "").expect("a file");
    let base_ready = seq(&fleet.fact("base", "agent.ready"));
    let middle_ready = seq(&fleet.fact("middle", "agent.ready"));
    let top_started = seq(&fleet.fact("top", "agent.starting"));
    assert!(base_ready < middle_ready && middle_ready < top_started);
    fleet.fact("top", "agent.ready");

    let mut facts = fleet.facts(fleet.newest());
    fleet.qd(["down"]).ok();
    let mut ended = Vec::new();
    while let Ok(heard @ (Heard::Fact(_) | Heard::Other(_))) = facts.next() {
        let Heard::Fact(fact) = heard else { continue };
        if fact["type"] == "agent.ended" {
            ended.push(fact["agent"].as_str().unwrap_or_default().to_owned());
        }
    }
    assert_eq!(ended, ["top", "middle", "base"], "the reverse of the start order");
}

#[test]
fn one_that_completed_counts_as_there() {
    let fleet = Fleet::up(&(shell("first", "sleep 0.05", "") + &shell("second", STAYS, "after = [\"first\"]")));
    let ended = seq(&fleet.fact("first", "agent.ended"));
    assert!(seq(&fleet.fact("second", "agent.starting")) > ended);
    fleet.fact("second", "agent.ready");
}

#[test]
fn one_that_failed_holds_up_those_behind_it_and_explain_says_so() {
    let first = shell("first", "exit 1", "restart = \"never\"");
    let fleet = Fleet::up(&(first + &shell("second", STAYS, "after = [\"first\"]")));
    fleet.fact("first", "agent.ended");
    assert_eq!(fleet.agent("second")["state"], "queued");
    let explained = fleet.qd(["explain", "second"]).ok().text();
    assert!(explained.contains("first"), "{explained}");
}

#[test]
fn readiness_by_first_output() {
    let line = "until [ -e go ]; do sleep 0.02; done; printf x; exec sleep 1000";
    let fleet = Fleet::up(&shell("quiet", line, "workspace = \"shared\""));
    fleet.fact("quiet", "agent.started");
    assert_eq!(fleet.agent("quiet")["state"], "starting");
    std::fs::write(fleet.root.join("go"), "").expect("a file");
    fleet.fact("quiet", "agent.ready");
}

#[test]
fn readiness_by_a_pattern_that_comes_in_pieces_and_colours() {
    let line = r"printf 'not yet\nserv'; printf '\033[32mer \033[0m'; printf 'on port 80\n'; exec sleep 1000";
    let fleet = Fleet::up(&shell("server", line, "ready = { pattern = 'server on port \\d+' }"));
    fleet.fact("server", "agent.ready");
}

#[test]
fn readiness_by_a_delay() {
    let fleet = Fleet::up(&shell("slow", "exec sleep 1000", "ready = { delay = \"400ms\" }"));
    let started = fleet.fact("slow", "agent.started");
    let ready = fleet.fact("slow", "agent.ready");
    let waited = ready["at_ms"].as_u64().zip(started["at_ms"].as_u64()).map(|(later, earlier)| later - earlier);
    assert!(waited >= Some(400), "{waited:?}");
}

#[test]
fn readiness_by_a_command_that_succeeds_at_last() {
    let ready = "workspace = \"shared\"\nready = { command = \"test -e go\", period = \"50ms\" }";
    let fleet = Fleet::up(&shell("probed", STAYS, ready));
    fleet.fact("probed", "agent.started");
    fleet.until_screen("probed", "up");
    assert_eq!(fleet.agent("probed")["state"], "starting", "output is not what makes it ready");
    std::fs::write(fleet.root.join("go"), "").expect("a file");
    fleet.fact("probed", "agent.ready");
}

#[test]
fn no_more_run_at_one_time_than_may() {
    let agents: String = (1..=6).map(|number| shell(&format!("a{number}"), "echo one; sleep 0.2", "")).collect();
    let fleet = Fleet::new(&format!("[fleet]\nmax_concurrent = 2\n\n{agents}"));
    fleet.qd(["up"]).ok();
    (1..=6).for_each(|number| _ = fleet.fact(&format!("a{number}"), "agent.ended"));
    let (mut live, mut most) = (0_i32, 0_i32);
    for fact in fleet.history() {
        match fact["type"].as_str() {
            Some("agent.preparing") => live += 1,
            Some("agent.ended") => live -= 1,
            _ => {}
        }
        most = most.max(live);
    }
    assert_eq!(most, 2);
}

#[test]
fn a_group_is_so_many_agents_and_can_be_named_as_one() {
    let fleet = Fleet::up(&(shell("w", STAYS, "count = 3") + &shell("last", STAYS, "after = [\"w\"]")));
    fleet.fact("last", "agent.ready");
    let names: Vec<String> = fleet
        .qd(["ps", "--json"])
        .ok()
        .json()
        .as_array()
        .expect("an array")
        .iter()
        .map(|agent| agent["name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, ["w-1", "w-2", "w-3", "last"]);
    let ready = |name: &str| seq(&fleet.fact(name, "agent.ready"));
    assert!(["w-1", "w-2", "w-3"].iter().all(|name| ready(name) < seq(&fleet.fact("last", "agent.starting"))));
}
