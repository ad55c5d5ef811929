//! The programs that are supervised during measurements, as hidden modes of the bench binary: `figures __child NAME
//! ARGUMENT…`. Each does one thing, stamps the times that matter into a file with its own clock, and then stays until
//! it is killed.

use crate::data::ColouredLog;
use crate::measure::now_ns;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// The first argument that makes this binary a child.
const MARK: &str = "__child";

/// Returns the child's name and arguments, when the arguments ask for a child.
pub(crate) fn named_in(arguments: &[String]) -> Option<&[String]> {
    (arguments.first()? == MARK).then(|| &arguments[1..])
}

/// Returns the command line that runs a child.
pub(crate) fn command_line(program: &[&str]) -> Vec<String> {
    let binary = std::env::current_exe().map(|path| path.display().to_string()).unwrap_or_default();
    [binary.as_str(), MARK].into_iter().chain(program.iter().copied()).map(String::from).collect()
}

/// Runs a child to its end; most never end by themselves.
pub(crate) fn run(program: &[String]) -> ExitCode {
    let words: Vec<&str> = program.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["stamp", file] => stamp(file),
        ["silent"] => Ok(()),
        ["flood", data, file] => flood(data, file),
        ["lines", count, file] => lines(count, file),
        ["echo"] => echo(),
        ["chatter", bytes_per_second] => chatter(bytes_per_second),
        ["spin", rounds, file] => spin(rounds, file),
        ["tree", file] => tree(file),
        ["leaf", "plain", file] => stamp_pid(file),
        ["leaf", "session", file] => nix::unistd::setsid().map_err(io::Error::from).and_then(|_| stamp_pid(file)),
        ["orphaning", file] => return exit(spawn(&["leaf", "session", file])),
        _ => return ExitCode::from(2),
    };
    if done.is_err() {
        return exit(done);
    }
    loop {
        nix::unistd::pause();
    }
}

fn exit(done: io::Result<()>) -> ExitCode {
    if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Appends one line in one write, so that many children can share a file.
fn append(file: &str, line: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(file)?.write_all(format!("{line}\n").as_bytes())
}

/// Stamps the time at which it began to run, then writes its first line.
fn stamp(file: &str) -> io::Result<()> {
    let began = now_ns();
    println!("up");
    append(file, &began.to_string())
}

/// Writes a file to the terminal as fast as the terminal accepts it; stamps the nanoseconds that this took.
fn flood(data: &str, file: &str) -> io::Result<()> {
    let bytes = fs::read(data)?;
    let began = Instant::now();
    let mut terminal = io::stdout().lock();
    for chunk in bytes.chunks(64 * 1024) {
        terminal.write_all(chunk)?;
    }
    terminal.flush()?;
    append(file, &began.elapsed().as_nanos().to_string())
}

/// Writes this many lines of a coloured log; stamps the time at the end.
fn lines(count: &str, file: &str) -> io::Result<()> {
    let mut log = ColouredLog::default();
    let mut terminal = io::BufWriter::new(io::stdout().lock());
    for _ in 0..count.parse().unwrap_or(0) {
        terminal.write_all(log.line().as_bytes())?;
    }
    terminal.flush()?;
    append(file, &now_ns().to_string())
}

/// Returns the character that answers the n-th key: a Cherokee letter, one cell wide, which nothing else here ever
/// writes. No two neighbours are the same, so every one has to travel to the viewer.
pub(crate) fn answer_to(key_number: usize) -> char {
    char::from_u32(0x13A0 + (key_number % 80) as u32).unwrap_or('?')
}

/// Answers every key with a character of its own, in the same cell, as fast as it can.
fn echo() -> io::Result<()> {
    let mut settings = tcgetattr(io::stdin())?;
    cfmakeraw(&mut settings);
    tcsetattr(io::stdin(), SetArg::TCSANOW, &settings)?;
    let (mut keys, mut terminal) = (io::stdin().lock(), io::stdout().lock());
    write!(terminal, "ready\r\n")?;
    terminal.flush()?;
    let mut buffer = [0; 256];
    let mut count = 0;
    loop {
        let taken = keys.read(&mut buffer)?;
        for _ in 0..taken {
            write!(terminal, "\r{}", answer_to(count))?;
            count += 1;
        }
        terminal.flush()?;
    }
}

/// Writes a log at a steady rate, a slice every 20 ms.
fn chatter(bytes_per_second: &str) -> io::Result<()> {
    const SLICE: Duration = Duration::from_millis(20);
    let slice_bytes = bytes_per_second.parse().unwrap_or(0) / 50;
    let log = ColouredLog::default().block(1 << 20);
    let mut terminal = io::stdout().lock();
    let mut due = Instant::now();
    for slice in log.as_bytes().chunks(slice_bytes).cycle() {
        terminal.write_all(slice)?;
        terminal.flush()?;
        due += SLICE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// Computes; stamps the nanoseconds that this took.
fn spin(rounds: &str, file: &str) -> io::Result<()> {
    let began = Instant::now();
    let mut state = 1_u64;
    for round in 0..rounds.parse::<u64>().unwrap_or(0) {
        state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round));
    }
    append(file, &began.elapsed().as_nanos().to_string())
}

/// The number of processes of a tree, the first one included.
pub(crate) const TREE_PROCESSES: usize = 20;

/// Starts a tree of [`TREE_PROCESSES`]: plain children, leaders of sessions of their own, and grandchildren in sessions
/// of their own whose parent is gone. Each stamps its process id.
fn tree(file: &str) -> io::Result<()> {
    (0..9).try_for_each(|_| spawn(&["leaf", "plain", file]))?;
    (0..5).try_for_each(|_| spawn(&["leaf", "session", file]))?;
    (0..5).try_for_each(|_| spawn(&["orphaning", file]))?;
    stamp_pid(file)
}

fn spawn(program: &[&str]) -> io::Result<()> {
    let line = command_line(program);
    Command::new(&line[0]).args(&line[1..]).spawn().map(drop)
}

fn stamp_pid(file: &str) -> io::Result<()> {
    append(file, &std::process::id().to_string())
}
