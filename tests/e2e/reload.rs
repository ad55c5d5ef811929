//! `agents.toml` saved while the fleet runs.

use crate::harness::config::shell;
use crate::harness::{DEADLINE, Fleet, eventually, within};
use std::fs;
use std::path::Path;

const STAYS: &str = "echo up; exec sleep 1000";

fn names(fleet: &Fleet) -> Vec<String> {
    let listed = fleet.ask("GET", "/agents", None).expect(200);
    let agents = listed.as_array().cloned().unwrap_or_default();
    agents.iter().map(|agent| agent["name"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_new_agent_appears_and_starts() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    let first = fleet.fact("a", "agent.ready");
    fleet.configure(&(shell("a", STAYS, "") + &shell("b", STAYS, "")));
    fleet.fact("b", "agent.ready");
    assert_eq!(fleet.agent("a")["run"], first["run"], "what did not change goes on");
    assert_eq!(fleet.agent("a")["config"], "current");
}

#[test]
fn a_changed_agent_goes_on_is_marked_and_changes_with_a_restart() {
    let fleet = Fleet::up(&shell("a", "echo old; exec sleep 1000", ""));
    fleet.fact("a", "agent.ready");
    let pid = fleet.pid("a");
    fleet.configure(&shell("a", "echo new; exec sleep 1000", ""));
    fleet.fact("a", "agent.changed");
    let agent = fleet.agent("a");
    assert_eq!((&agent["config"], &agent["pid"]), (&"changed".into(), &pid.into()), "{agent}");
    fleet.qd(["restart", "a"]).ok();
    fleet.until_screen("a", "new");
    assert_eq!(fleet.agent("a")["config"], "current");
}

#[test]
fn a_change_that_is_taken_back_leaves_no_mark() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    fleet.configure(&shell("a", "echo other", ""));
    fleet.fact("a", "agent.changed");
    fleet.configure(&shell("a", STAYS, ""));
    eventually("the mark to go", || (fleet.agent("a")["config"] == "current").then_some(()));
}

#[test]
fn a_removed_agent_goes_on_is_marked_and_is_forgotten_when_it_stops() {
    let fleet =
        Fleet::up(&(shell("a", STAYS, "") + &shell("b", STAYS, "") + &shell("off", STAYS, "autostart = false")));
    fleet.fact("b", "agent.ready");
    fleet.configure(&shell("a", STAYS, ""));
    fleet.fact("b", "agent.orphaned");
    let agent = fleet.agent("b");
    assert_eq!((&agent["config"], &agent["state"]), (&"removed".into(), &"ready".into()), "{agent}");
    assert_eq!(names(&fleet), ["a", "b"], "one that did not run is forgotten at once");
    fleet.qd(["stop", "b"]).ok();
    eventually("b to be forgotten", || (names(&fleet) == ["a"]).then_some(()));
}

#[test]
fn an_invalid_file_changes_nothing_and_is_told() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let newest = fleet.newest();
    fleet.configure("[agents.a]\nshell = \"echo new\"\nworkspaec = \"shared\"\ncolour = \"red\"\n");
    let told = fleet.facts(newest).first("the rejection", |fact| fact["type"] == "system.config_rejected");
    assert!(
        told["message"].as_str().is_some_and(|text| text.contains("agents.toml") && text.contains("workspaec")),
        "{told}"
    );
    let agent = fleet.agent("a");
    assert_eq!((&agent["config"], &agent["state"]), (&"current".into(), &"ready".into()), "{agent}");
    let banners = fleet.hello()["banners"].to_string();
    assert!(banners.contains("agents.toml:"), "{banners}");
    assert!(banners.contains("did you mean `workspace`?") && banners.contains("(and 1 more)"), "{banners}");
    fleet.configure(&(shell("a", STAYS, "") + &shell("b", STAYS, "")));
    fleet.fact("b", "agent.ready");
    assert_eq!(fleet.hello()["banners"].to_string(), "[]", "the banner is taken down");
}

#[test]
fn a_file_that_goes_away_changes_nothing() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let newest = fleet.newest();
    fs::remove_file(fleet.root.join("agents.toml")).expect("gone");
    fleet.facts(newest).first("the rejection", |fact| fact["type"] == "system.config_rejected");
    assert_eq!(fleet.agent("a")["state"], "ready");
    fleet.configure(&(shell("a", STAYS, "") + &shell("b", STAYS, "")));
    fleet.fact("b", "agent.ready");
}

#[test]
fn what_is_no_regular_file_is_refused_at_once_and_the_fleet_goes_on() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let path = fleet.root.join("agents.toml");
    let fifo = |path: &Path| rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).expect("a FIFO");
    let device = |path: &Path| std::os::unix::fs::symlink("/dev/zero", path).expect("a link");
    for (what, put) in [("FIFO", &fifo as &dyn Fn(&Path)), ("device", &device)] {
        let newest = fleet.newest();
        let aside = fleet.root.join("aside");
        put(&aside);
        fs::rename(&aside, &path).expect("in its place");
        let told = fleet.facts(newest).first("the rejection", |fact| fact["type"] == "system.config_rejected");
        let message = told["message"].as_str().unwrap_or_default();
        assert!(message.contains("not a regular file") && message.contains(what), "{told}");
        assert_eq!((&fleet.agent("a")["state"], &fleet.agent("a")["config"]), (&"ready".into(), &"current".into()));
    }
    fleet.configure(&(shell("a", STAYS, "") + &shell("b", STAYS, "")));
    fleet.fact("b", "agent.ready");
}

#[test]
fn every_way_of_saving_is_noticed() {
    let fleet = Fleet::up("");
    let path = fleet.root.join("agents.toml");
    let head = "[fleet]\nstop_grace = \"2s\"\n\n";
    // In place, by a rename, and by removing and writing again, as editors do.
    fs::write(&path, format!("{head}{}", shell("in-place", STAYS, ""))).expect("a file");
    fleet.fact("in-place", "agent.ready");
    fleet.configure(&(shell("in-place", STAYS, "") + &shell("renamed", STAYS, "")));
    fleet.fact("renamed", "agent.ready");
    fs::rename(&path, fleet.root.join("agents.toml~")).expect("renamed");
    fs::write(&path, format!("{head}{}{}", shell("in-place", STAYS, ""), shell("anew", STAYS, ""))).expect("a file");
    fleet.fact("anew", "agent.ready");
}

/// Dotfiles: the file lies elsewhere, behind links of which each may be swapped.
#[test]
fn a_save_behind_symlinks_is_noticed_and_so_is_a_swapped_link() {
    use std::os::unix::fs::symlink;
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    fleet.fact("a", "agent.ready");
    let path = fleet.root.join("agents.toml");
    let text = fs::read_to_string(&path).expect("there");
    for generation in ["one", "two"] {
        fs::create_dir(fleet.base().join(generation)).expect("a directory");
        fs::write(fleet.base().join(generation).join("agents.toml"), &text).expect("a file");
    }
    let swap = |target: &Path, link: &Path| {
        let aside = fleet.base().join("aside");
        symlink(target, &aside).expect("a link");
        fs::rename(&aside, link).expect("in its place");
    };
    let home = fleet.base().join("dotfiles");
    swap(&fleet.base().join("one"), &home);
    let newest = fleet.newest();
    swap(&home.join("agents.toml"), &path);
    let save = |generation: &str, name: &str| {
        let text = text.clone() + &shell(name, STAYS, "autostart = false");
        fs::write(fleet.base().join(generation).join("agents.toml"), text).expect("saved");
    };
    save("one", "first");
    fleet.fact_after(newest, "first", "agent.added");
    save("two", "second");
    swap(&fleet.base().join("two"), &home);
    fleet.fact_after(newest, "second", "agent.added");
    save("two", "third");
    fleet.fact_after(newest, "third", "agent.added");
}

#[test]
fn a_save_while_a_supervisor_starts_is_not_missed() {
    let fleet = Fleet::up(&shell("a", STAYS, ""));
    for round in 0..5 {
        crate::harness::processes::end(fleet.supervisor());
        fleet.qd(["up"]).ok();
        let name = format!("later{round}");
        fleet.configure(&(shell("a", STAYS, "") + &shell(&name, STAYS, "autostart = false")));
        fleet.fact(&name, "agent.added");
    }
}

#[test]
fn a_hundred_saves_in_a_row_end_with_the_last_one() {
    let fleet = Fleet::up("");
    for number in 0..100 {
        fleet.configure(&shell(&format!("a{number}"), STAYS, "autostart = false"));
    }
    let settled = within(DEADLINE, || (names(&fleet) == ["a99"]).then_some(()));
    assert!(settled.is_some(), "{:?}", names(&fleet));
}

#[test]
fn limits_of_the_fleet_change_with_the_file() {
    let agents = shell("a", STAYS, "") + &shell("b", STAYS, "");
    let fleet = Fleet::new(&format!("[fleet]\nmax_concurrent = 1\nstop_grace = \"1s\"\n\n{agents}"));
    fleet.qd(["up"]).ok();
    fleet.fact("b", "agent.queued");
    fleet.configure(&format!("[fleet]\nmax_concurrent = 2\nstop_grace = \"1s\"\n\n{agents}"));
    fleet.fact("b", "agent.ready");
}
