//! No space left: the fleet continues, says so, and recovers. Each case mounts a small file system of its own.

use crate::harness::config::shell;
use crate::harness::{Fleet, eventually};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of a few blocks; taken away when dropped.
struct Mount {
    path: PathBuf,
}

impl Mount {
    /// Mounts one, or says why the case is skipped.
    fn small(path: &Path, kibibytes: u32) -> Option<Mount> {
        fs::create_dir_all(path).expect("a directory");
        let options = format!("size={kibibytes}k,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Mount { path: path.to_owned() });
        }
        eprintln!("skipped: a file system can't be mounted here");
        None
    }

    /// Fills what is left.
    fn fill(&self) -> PathBuf {
        let ballast = self.path.join("ballast");
        let mut file = fs::File::create(&ballast).expect("a file");
        let block = vec![b'x'; 4_096];
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
        ballast
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("--lazy").arg(&self.path).output();
    }
}

/// Says a number whenever it is asked, and enough around it to fill a small disk.
const TALKS: &str = "stty -echo; echo up; while read word; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo \"$word $i padding padding padding padding\"; done; echo \"end of $word\"; done";

fn banners(fleet: &Fleet) -> String {
    fleet.hello()["banners"].to_string()
}

#[test]
fn a_transcript_that_cannot_be_written_is_told_and_recovers() {
    let fleet = Fleet::new(&shell("a", TALKS, ""));
    let Some(mount) = Mount::small(&fleet.root.join(".quarterdeck/runs"), 512) else { return };
    private(&fleet);
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ready");
    let ballast = mount.fill();
    fleet.qd(["send", "a", "full", "--key", "enter"]).ok();
    fleet.until_screen("a", "end of full");
    let failing = fleet.fact("a", "agent.transcript_failing");
    assert_eq!(failing["severity"], "critical", "{failing}");
    eventually("a banner", || banners(&fleet).contains("transcript").then_some(()));
    assert_eq!(fleet.agent("a")["state"], "ready", "the agent continues");

    fs::remove_file(ballast).expect("gone");
    fleet.qd(["send", "a", "space", "--key", "enter"]).ok();
    fleet.until_screen("a", "end of space");
    fleet.fact("a", "agent.transcript_recovered");
    eventually("no banner", || (!banners(&fleet).contains("transcript")).then_some(()));
    fleet.qd(["send", "a", "again", "--key", "enter"]).ok();
    fleet.until_screen("a", "end of again");
    let transcript = fleet.transcript("a");
    assert!(transcript.ends_with(b"end of again\r\n"), "the newest output is kept");
    fleet.qd(["down", "--kill"]).ok();
    drop(mount);
}

#[test]
fn a_journal_that_cannot_be_written_is_told_and_recovers() {
    let fleet = Fleet::new(&(shell("a", TALKS, "") + &shell("b", "echo up; exec sleep 1000", "autostart = false")));
    let Some(mount) = Mount::small(&fleet.root.join(".quarterdeck"), 1_024) else { return };
    fleet.qd(["up"]).ok();
    fleet.fact("a", "agent.ready");
    let ballast = mount.fill();
    // Every kind of work continues: facts are made, agents start and stop, screens are shown.
    for _ in 0..30 {
        fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"pause"}"#));
        fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"resume"}"#));
    }
    eventually("a banner", || banners(&fleet).contains("journal").then_some(()));
    let health = fleet.ask("GET", "/health", None).json();
    assert_ne!(health["status"], "healthy", "{health}");
    // What is answered now is not on disk, and each answer says so.
    for (path, body) in [("/locks/acquire", r#"{"scopes":[{"scope":"src"}]}"#), ("/tasks", r#"{"prompt":"x"}"#)] {
        let answer = fleet.ask("POST", path, Some(body)).json();
        assert_eq!(answer["durable"], false, "{path}: {answer}");
    }
    let set = fleet.qd(["state", "set", "k", "1"]).code(9);
    assert!(set.stderr.contains("is lost if its supervisor ends"), "{set:?}");
    assert!(fleet.qd(["state", "get", "k"]).ok().stderr.is_empty(), "what is only read loses nothing");
    // What is shown may lie behind while the journal can't be written: whether it is thawed, the terminal knows.
    eventually("that it is thawed and takes a line", || {
        fleet.ask("PATCH", "/agents/a", Some(r#"{"action":"resume"}"#));
        let sent = fleet.ask("POST", "/agents/a/input", Some(r#"{"text":"full","keys":["enter"]}"#));
        (sent.status == 200).then_some(())
    });
    fleet.until_screen("a", "end of full");

    fs::remove_file(ballast).expect("gone");
    eventually("no banner", || (!banners(&fleet).contains("journal")).then_some(()));
    assert!(fleet.qd(["state", "set", "k", "2"]).ok().stderr.is_empty(), "this is on disk");
    assert!(fleet.qd(["start", "b"]).ok().stderr.is_empty(), "and this");
    let numbers: Vec<u64> = fleet.history().iter().map(crate::harness::facts::seq).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "what could not be written then is written now");
    fleet.qd(["down", "--kill"]).ok();
    drop(mount);
}

#[test]
fn a_fleet_that_cannot_start_for_want_of_space_says_so() {
    let fleet = Fleet::new(&shell("a", "echo up; exec sleep 1000", ""));
    let Some(mount) = Mount::small(&fleet.root.join(".quarterdeck"), 64) else { return };
    let _ballast = mount.fill();
    let refused = fleet.qd(["up"]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert!(refused.stderr.to_lowercase().contains("space") || refused.stderr.contains("full"), "{refused:?}");
    drop(mount);
}

/// `qd` refuses a state directory that others may enter.
fn private(fleet: &Fleet) {
    use std::os::unix::fs::PermissionsExt;
    let path = fleet.root.join(".quarterdeck");
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("permissions");
}
