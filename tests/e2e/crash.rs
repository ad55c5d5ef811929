//! `kill -9` of each kind of process, at chosen moments and at random ones.

use crate::harness::config::shell;
use crate::harness::facts::{in_short, seq};
use crate::harness::{Console, DEADLINE, Fleet, eventually, processes};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A tree with a member in a session of its own.
const FAMILY: &str = "setsid sleep 1001 & echo family is up; exec sleep 1002";

/// Rounds of the random case, unless `QD_CRASH_ROUNDS` says otherwise.
const ROUNDS_DEFAULT: u64 = 50;

#[test]
fn a_keeper_that_is_killed_takes_its_whole_tree_along_and_the_policy_restarts_it() {
    let fleet = Fleet::up(&shell("a", FAMILY, "restart = { delay = \"10ms\" }"));
    let ready = fleet.fact("a", "agent.ready");
    let tree = eventually("the family", || Some(fleet.tree("a")).filter(|tree| tree.len() >= 2));
    let handles: Vec<_> = tree.iter().map(|process| processes::handle(process.pid)).collect();
    let began = Instant::now();
    processes::kill(fleet.keeper("a"), Signal::SIGKILL);
    for handle in &handles {
        assert!(processes::gone_within(handle.as_ref(), DEADLINE), "a member outlives its keeper: {tree:?}");
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "the tree took {took:?} to go");
    let lost = fleet.fact_after(seq(&ready), "a", "agent.lost");
    fleet.fact_after(seq(&lost), "a", "agent.reaped");
    let ended = fleet.fact_after(seq(&lost), "a", "agent.ended");
    assert_eq!(ended["data"]["outcome"], "failed", "{ended}");
    let again = fleet.fact_after(seq(&ended), "a", "agent.ready");
    assert_ne!(again["run"], ready["run"]);
}

#[test]
fn an_agent_that_never_restarts_stays_lost_and_says_why() {
    let fleet = Fleet::up(&shell("a", FAMILY, "restart = \"never\""));
    fleet.fact("a", "agent.ready");
    processes::kill(fleet.keeper("a"), Signal::SIGKILL);
    fleet.fact("a", "agent.ended");
    let agent = fleet.agent("a");
    assert_eq!(agent["state"], "failed", "{agent}");
    assert!(agent["summary"].as_str().is_some_and(|summary| summary.contains("keeper")), "{agent}");
}

#[test]
fn on_supervisor_loss_stop_ends_the_agents_by_their_policy() {
    let line = "trap 'echo bye > bye; exit 0' TERM; echo up; while :; do sleep 0.05; done";
    let fleet = Fleet::new(&format!(
        "[fleet]\non_supervisor_loss = \"stop\"\nstop_grace = \"30s\"\n\n{}",
        shell("a", line, "workspace = \"shared\"")
    ));
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ready");
    let handle = processes::handle(fleet.pid("a"));
    processes::end(fleet.supervisor());
    assert!(processes::gone_within(handle.as_ref(), DEADLINE), "the agent outlives its supervisor");
    assert!(fleet.root.join("bye").exists(), "it was not asked");
    fleet.until_gone();
}

#[test]
fn on_supervisor_loss_kill_ends_the_agents_at_once() {
    let line = "trap '' TERM HUP; setsid sh -c 'trap \"\" TERM; sleep 1000' & echo up; while :; do sleep 1000; done";
    let fleet = Fleet::new(&format!("[fleet]\non_supervisor_loss = \"kill\"\n\n{}", shell("a", line, "")));
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ready");
    processes::end(fleet.supervisor());
    fleet.until_gone();
}

#[test]
fn on_supervisor_loss_keep_is_bounded() {
    let fleet = Fleet::new(&format!("[fleet]\non_supervisor_loss = \"keep 1s\"\n\n{}", shell("a", FAMILY, "")));
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ready");
    processes::end(fleet.supervisor());
    fleet.until_gone();
    fleet.qd(["up"]).ok();
    let ended = fleet.fact("a", "agent.ended");
    assert!(ended["seq"].is_number(), "{ended}");
}

#[test]
fn a_dashboard_that_is_killed_harms_nobody() {
    let fleet = Fleet::up(&shell("a", FAMILY, ""));
    fleet.fact("a", "agent.ready");
    let (supervisor, agent) = (fleet.supervisor(), fleet.pid("a"));
    let newest = fleet.newest();
    let console = Console::open(&fleet, 80, 24, "exec \"$QD\"");
    console.until("family is up");
    processes::end(console.pid());
    assert_eq!((fleet.supervisor(), fleet.pid("a")), (supervisor, agent));
    let later: Vec<String> =
        fleet.history().iter().filter(|fact| fact["seq"].as_u64() > Some(newest)).map(in_short).collect();
    assert_eq!(later, [] as [String; 0], "nothing happened to anybody");
}

#[test]
fn a_supervisor_that_is_killed_during_a_stop_finishes_it_afterwards() {
    let line = "trap '' TERM; echo up; while :; do sleep 1000; done";
    let fleet = Fleet::up(&shell("deaf", line, "stop_grace = \"2s\""));
    fleet.fact("deaf", "agent.ready");
    fleet.qd(["stop", "deaf", "--no-wait"]).ok();
    processes::end(fleet.supervisor());
    fleet.qd(["up"]).ok();
    let ended = fleet.fact("deaf", "agent.ended");
    assert_eq!(ended["data"]["outcome"], "terminated", "an accepted stop is not forgotten: {ended}");
}

/// What a random round does.
#[derive(Clone, Copy, Debug)]
enum Killed {
    Supervisor,
    SupervisorWhileItStarts,
    Keeper,
    SupervisorAndKeeper,
    Dashboard,
}

const DEEDS: [Killed; 5] = [
    Killed::Supervisor,
    Killed::SupervisorWhileItStarts,
    Killed::Keeper,
    Killed::SupervisorAndKeeper,
    Killed::Dashboard,
];

/// A small generator of numbers (xorshift64*), so that a seed says everything.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }
}

/// Everything that was acknowledged must be there in the end: each fact that was seen, and each command that was
/// answered with yes.
#[test]
fn nothing_acknowledged_is_forgotten_whoever_is_killed_whenever() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let (rounds, seed) = (number("QD_CRASH_ROUNDS").unwrap_or(ROUNDS_DEFAULT), number("QD_SEED").unwrap_or_else(now));
    eprintln!("{rounds} rounds with QD_SEED={seed}");
    let mut dice = Dice(seed | 1);
    let agents: String = (1..=3)
        .map(|number| shell(&format!("a{number}"), FAMILY, "restart = { delay = \"10ms\", budget = 1000 }"))
        .collect();
    let fleet = Fleet::up_in_repository(&agents);
    let mut seen: BTreeSet<(u64, String)> = BTreeSet::new();
    let mut stopped: BTreeSet<String> = BTreeSet::new();
    for round in 0..rounds {
        let victim = format!("a{}", 1 + dice.roll(3));
        let deed = DEEDS[dice.roll(DEEDS.len() as u64) as usize];
        eprintln!("round {round}: {deed:?} ({victim})");
        settle(&fleet, &mut stopped);
        seen.extend(identities(&fleet));
        // Work is under way while the blow falls: one agent is told to stop, restart or nothing.
        match dice.roll(3) {
            0 if fleet.ask("PATCH", &format!("/agents/{victim}"), Some(r#"{"action":"stop"}"#)).status == 200 => {
                stopped.insert(victim.clone());
            }
            1 => _ = fleet.ask("PATCH", &format!("/agents/{victim}"), Some(r#"{"action":"restart"}"#)),
            _ => {}
        }
        seen.extend(identities(&fleet));
        std::thread::sleep(Duration::from_millis(dice.roll(30)));
        strike(&fleet, deed, &victim, &mut dice);
        let up = fleet.qd(["up"]).ok().text();
        assert!(up.contains("supervisor"), "{up}");
    }
    settle(&fleet, &mut stopped);
    let there: BTreeSet<(u64, String)> = identities(&fleet).into_iter().collect();
    let forgotten: Vec<_> = seen.difference(&there).collect();
    assert_eq!(forgotten, [] as [&(u64, String); 0], "facts were forgotten");
    let numbers: Vec<u64> = fleet.history().iter().map(seq).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "facts are numbered without a gap");
    let branches = crate::harness::repository::agent_branches(&fleet.root);
    assert_eq!(branches, ["qd/a1", "qd/a2", "qd/a3"]);
    assert_eq!(crate::harness::repository::worktrees(&fleet.root).len(), 3);
    // The last blow may not have been noticed when everybody was still called ready.
    for agent in ["a1", "a2", "a3"] {
        eventually(&format!("{agent} and its whole tree"), || {
            (fleet.agent(agent)["state"] == "ready" && fleet.tree(agent).len() == 2).then_some(())
        });
    }
}

/// Every agent ready; those that were told to stop have stopped, and are started again.
#[track_caller]
fn settle(fleet: &Fleet, stopped: &mut BTreeSet<String>) {
    for name in std::mem::take(stopped) {
        eventually(&format!("the stop of {name} that was acknowledged"), || {
            (fleet.agent(&name)["state"] == "terminated").then_some(())
        });
        fleet.qd(["start", &name]).ok();
    }
    eventually("every agent to be ready", || {
        ["a1", "a2", "a3"].iter().all(|name| fleet.agent(name)["state"] == "ready").then_some(())
    });
}

fn identities(fleet: &Fleet) -> Vec<(u64, String)> {
    fleet.history().iter().map(|fact: &Value| (seq(fact), in_short(fact))).collect()
}

fn strike(fleet: &Fleet, deed: Killed, victim: &str, dice: &mut Dice) {
    match deed {
        Killed::Supervisor => processes::end(fleet.supervisor()),
        Killed::SupervisorWhileItStarts => {
            processes::end(fleet.supervisor());
            let mut up = fleet.command(["up"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
            std::thread::sleep(Duration::from_millis(dice.roll(25)));
            let starting = |line: &str| line.contains("__supervisor");
            let young = fleet.processes().into_iter().filter(|process| starting(&process.line));
            young.for_each(|process| processes::kill(process.pid, Signal::SIGKILL));
            // Whether it came up, or says that its supervisor died, is up to chance.
            up.wait().expect("ended");
        }
        Killed::Keeper => keeper_of(fleet, victim).into_iter().for_each(|pid| processes::kill(pid, Signal::SIGKILL)),
        Killed::SupervisorAndKeeper => {
            let keeper = keeper_of(fleet, victim);
            processes::end(fleet.supervisor());
            keeper.into_iter().for_each(|pid| processes::kill(pid, Signal::SIGKILL));
        }
        Killed::Dashboard => {
            let console = Console::open(fleet, 80, 24, "exec \"$QD\"");
            console.until("a1");
            processes::end(console.pid());
        }
    }
}

/// The keeper of an agent's newest run, if there is one at this moment.
fn keeper_of(fleet: &Fleet, name: &str) -> Option<u32> {
    let text = std::fs::read_to_string(fleet.run_directory(name).join("keeper")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("pid ")?.parse().ok())
}
