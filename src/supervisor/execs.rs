//! Finds tool calls among processes: which processes an agent's program has started, whenever the processes are sampled
//! anyway ([`super::metrics`]).
//!
//! ```text
//!  keeper ─► sh ─► claude ─┬─► bash -c '…' ─► cargo test ─► …      one call: cargo test
//!              the program └─► node server.js                       another
//! ```
//!
//! The program is the lowest process in the chain of known agent programs, otherwise the run's own process. Only
//! processes that it starts itself are calls. A call is named after its first process that is not a shell; further
//! descendants are not recorded. A wrapper whose name is not known is taken for the program.

use crate::api::tools::{ToolMoment, ToolReport, ToolSource};
use crate::config::is_known_agent;
use crate::process::{Census, ProcessStat};
use std::collections::BTreeMap;

/// The most calls of one run that are in progress as processes. Beyond it, further ones are not recorded.
const UNDER_WAY_MAX: usize = 64;
/// The number of first words of a command line among which an agent program is looked for: `node /usr/bin/codex`.
/// Beyond it, further words count as arguments.
const PROGRAM_WORDS_MAX: usize = 2;

const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "fish", "ksh", "busybox"];

/// The processes that a run's program has started and that have not ended, by pid and start time, with their command
/// lines.
#[derive(Debug, Default)]
pub(super) struct Execs {
    under_way: BTreeMap<(u32, u64), String>,
}

impl Execs {
    /// Returns the calls that began or ended since the last sample, with their times in milliseconds since the Unix
    /// epoch.
    pub(super) fn look(&mut self, census: &Census, keeper: u32, now_ms: u64) -> Vec<(ToolReport, u64)> {
        let tree = census.descendants(keeper);
        let now: BTreeMap<(u32, u64), ProcessStat> =
            calls(&tree, keeper).map(|process| ((process.pid, process.start_time_ticks), process)).collect();
        let ended: Vec<(u32, u64)> = self.under_way.keys().filter(|known| !now.contains_key(known)).copied().collect();
        let mut told = Vec::new();
        for process in ended {
            let name = self.under_way.remove(&process).unwrap_or_default();
            told.push((report(name, process, ToolMoment::Ended), now_ms));
        }
        for (process, stat) in now {
            if self.under_way.len() == UNDER_WAY_MAX || self.under_way.contains_key(&process) {
                continue;
            }
            let name = words(named_after(&tree, stat.pid)).join(" ");
            if !name.trim().is_empty() {
                self.under_way.insert(process, name.clone());
                told.push((report(name, process, ToolMoment::Began), stat.started_unix_ms().unwrap_or(now_ms)));
            }
        }
        told
    }
}

fn report(name: String, (pid, start): (u32, u64), moment: ToolMoment) -> ToolReport {
    ToolReport { name, moment, call: Some(format!("{pid}.{start}")), source: ToolSource::Process }
}

/// Returns the live processes that the program of a tree has started itself.
fn calls(tree: &[ProcessStat], keeper: u32) -> impl Iterator<Item = ProcessStat> {
    let children = |parent: u32| tree.iter().filter(move |process| process.parent == parent && process.is_alive());
    let own = children(keeper).min_by_key(|process| process.start_time_ticks).map(|process| process.pid);
    let mut program = own;
    let mut at = own;
    while let Some(pid) = at {
        at = children(pid).map(|child| child.pid).find(|child| is_agent_program(*child));
        program = at.or(program);
    }
    let program = program.unwrap_or(keeper);
    tree.iter().filter(move |process| process.parent == program && process.pid != keeper && process.is_alive()).copied()
}

/// Returns the process whose command line describes a call best: agents wrap commands in shells with much around them.
fn named_after(tree: &[ProcessStat], call: u32) -> u32 {
    let child = |pid: u32| tree.iter().find(|process| process.parent == pid && process.is_alive());
    let mut named = call;
    while let Some(next) = child(named).filter(|_| is_shell(named)) {
        named = next.pid;
    }
    named
}

fn is_shell(pid: u32) -> bool {
    let program = words(pid).into_iter().next().unwrap_or_default();
    SHELLS.contains(&program.rsplit('/').next().unwrap_or_default().trim_start_matches('-'))
}

fn is_agent_program(pid: u32) -> bool {
    words(pid).iter().take(PROGRAM_WORDS_MAX).any(|word| is_known_agent(word))
}

/// Returns a process's command line, without control characters; empty if the process is gone.
fn words(pid: u32) -> Vec<String> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).replace(char::is_control, " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    #[test]
    fn what_a_program_starts_is_a_call_until_it_is_gone() {
        // The first shell is the keeper, the second the program, and the third the call.
        let program = "sh -c 'sleep 1000 & read end; kill $!'; echo gone; read end";
        let mut keeper = Command::new("sh");
        keeper.args(["-c", "sh -c \"$0\"; :", program]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = keeper.spawn().expect("sh runs");
        let mut keys = keeper.stdin.take().expect("its keys");
        let mut lines = BufReader::new(keeper.stdout.take().expect("its output")).lines();
        let sleeps = |census: Census| {
            census.descendants(keeper.id()).iter().any(|process| words(process.pid) == ["sleep", "1000"])
        };
        while !sleeps(Census::take().expect("processes")) {
            std::thread::yield_now();
        }
        let mut execs = Execs::default();
        let mut look = || execs.look(&Census::take().expect("processes"), keeper.id(), 7);
        let began = look();
        let shown: Vec<(&str, ToolMoment)> =
            began.iter().map(|(report, _)| (report.name.as_str(), report.moment)).collect();
        assert_eq!(shown, [("sleep 1000", ToolMoment::Began)], "not the shell around it");
        assert!(began[0].1 > 7, "its own start");
        assert_eq!(look(), [], "it still runs");
        writeln!(keys, "end").expect("typed");
        let told = lines.by_ref().map_while(Result::ok).find(|line| line == "gone");
        assert!(told.is_some());
        let ended = look();
        let ended: Vec<_> = ended.iter().map(|(report, at)| (&report.call, report.moment, *at)).collect();
        assert_eq!(ended, [(&began[0].0.call, ToolMoment::Ended, 7)]);
        writeln!(keys, "end").expect("typed");
        keeper.wait().expect("it ends");
    }
}
