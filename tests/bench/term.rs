//! Measures the terminal module, each figure beside the emulator crate alone in the same run: bytes a second, frames,
//! checkpoints, memory. `cargo bench --bench term`.

use alacritty_terminal::Term;
use alacritty_terminal::event::VoidListener;
use alacritty_terminal::term::Config;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::vte::ansi::Processor;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use quarterdeck::term::Terminal;
use quarterdeck::term::frame::Size;
use std::hint::black_box;
use std::time::{Duration, Instant};

const SIZE: Size = Size { columns: 120, rows: 40 };
const HISTORY: u32 = 2_000;
/// The most bytes that a read of a PTY usually returns.
const CHUNK_BYTES: usize = 4_096;
/// The number of bytes of each stream.
const STREAM_BYTES: usize = 64 * 1024 * 1024;
/// The number of interleaved runs, of which the best counts: other work on the machine can only slow a run down.
const ROUNDS: usize = 5;

fn main() {
    // These come first, while no memory that other work gave back can be used again and hide what they take.
    let full = lines(2_040);
    memory("silent", &[]);
    memory("one line", b"ready\r\n");
    memory("2,000 lines of 120 columns", &full);
    for (name, stream) in [("coloured log", log()), ("120×40 redraw", redraw())] {
        throughput(name, &stream);
    }
    frames();
    checkpoints();
}

/// Makes log lines of about 180 bytes in 120 columns, as in the supervision figures.
fn log() -> Vec<u8> {
    let mut log = Vec::with_capacity(STREAM_BYTES + 256);
    for number in 0.. {
        if log.len() >= STREAM_BYTES {
            break;
        }
        log.extend_from_slice(log_line(number).as_bytes());
    }
    log
}

fn log_line(number: usize) -> String {
    let level = ["\x1b[32mINFO\x1b[0m", "\x1b[33mWARN\x1b[0m", "\x1b[1;31mERROR\x1b[0m"][number % 3];
    format!(
        "\x1b[2m2026-11-20T05:00:{:02}.{:03}Z\x1b[0m {level} \x1b[36mbuild::worker\x1b[0m: compiled \x1b[1munit {number}\x1b[0m → \
         \x1b[38;5;208m{}\x1b[0m in {} ms \x1b[2m(queue {}, retries {})\x1b[0m\r\n",
        number % 60,
        number % 1000,
        "src/some/module.rs".repeat(1 + number % 2),
        number % 700,
        number % 40,
        number % 3,
    )
}

/// Makes the output of a coding agent that redraws: a spinner and a box, over and over, synchronised.
fn redraw() -> Vec<u8> {
    let bar = "─".repeat(116);
    let mut stream = Vec::with_capacity(STREAM_BYTES + 8_192);
    let mut turn = 0;
    while stream.len() < STREAM_BYTES {
        stream.extend_from_slice(b"\x1b[?2026h\x1b[H");
        for row in 0..36 {
            let line = format!(
                "\x1b[K\x1b[38;2;136;136;136m●\x1b[39m \x1b[1mRead\x1b[22m(src/lib.rs) {row} {turn} lines of code\r\n"
            );
            stream.extend_from_slice(line.as_bytes());
        }
        let prompt = format!("\x1b[2m╭{bar}╮\x1b[22m\r\n│ > {turn}\x1b[K\r\n\x1b[2m╰{bar}╯\x1b[22m\x1b[?2026l");
        stream.extend_from_slice(prompt.as_bytes());
        turn += 1;
    }
    stream
}

fn lines(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| log_line(number).into_bytes()).collect()
}

fn throughput(name: &str, stream: &[u8]) {
    let (mut ours, mut alone) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        alone = alone.min(cpu(|| {
            let size = TermSize::new(usize::from(SIZE.columns), usize::from(SIZE.rows));
            let config = Config { scrolling_history: HISTORY as usize, ..Config::default() };
            let mut term = Term::new(config, &size, VoidListener);
            let mut processor: Processor = Processor::new();
            stream.chunks(CHUNK_BYTES).for_each(|chunk| processor.advance(&mut term, chunk));
            black_box(term.mode());
        }));
        ours = ours.min(cpu(|| {
            let mut terminal = Terminal::new(SIZE, HISTORY);
            stream.chunks(CHUNK_BYTES).for_each(|chunk| terminal.advance(chunk));
            black_box(terminal.frame());
        }));
    }
    let speed = |time: Duration| stream.len() as f64 / 1e6 / time.as_secs_f64();
    println!(
        "advance, {name}: {:.0} MB per CPU-s; emulator alone {:.0}; ratio {:.2}",
        speed(ours),
        speed(alone),
        speed(ours) / speed(alone)
    );
}

fn frames() {
    const FRAMES: u32 = 2_000;
    let mut terminal = Terminal::new(SIZE, HISTORY);
    terminal.advance(&lines(100));
    let line = log_line(7);
    let scrolled = cpu(|| {
        for _ in 0..FRAMES {
            terminal.advance(line.as_bytes());
            black_box(terminal.frame());
        }
    });
    let typed = cpu(|| {
        for _ in 0..FRAMES {
            terminal.advance(b"x\x08");
            terminal.advance(b"\x1b[1mx\x1b[m\x08");
            black_box(terminal.frame());
        }
    });
    println!(
        "frame after a scrolled line: {:.1} µs; after a keystroke: {:.1} µs",
        micros(scrolled, FRAMES),
        micros(typed, FRAMES)
    );
}

fn checkpoints() {
    const AGENTS: u32 = 50;
    let mut terminal = Terminal::new(SIZE, HISTORY);
    terminal.advance(&lines(2_040));
    let mut checkpoint = Vec::new();
    let writing = cpu(|| (0..AGENTS).for_each(|_| checkpoint = terminal.checkpoint()));
    let mut restored = Vec::new();
    let reading = cpu(|| restored.extend((0..AGENTS).map(|_| Terminal::restore(SIZE, HISTORY, &checkpoint))));
    assert!(restored.iter().all(Result::is_ok));
    println!(
        "checkpoint of 2,000 lines: {} KB, written in {:.1} ms, restored in {:.1} ms ({AGENTS} of them: {:.0} ms)",
        checkpoint.len() / 1_000,
        micros(writing, AGENTS) / 1e3,
        micros(reading, AGENTS) / 1e3,
        reading.as_secs_f64() * 1e3,
    );
}

fn memory(name: &str, bytes: &[u8]) {
    const TERMINALS: usize = 20;
    let before = resident_bytes();
    let mut terminals: Vec<Terminal> = (0..TERMINALS).map(|_| Terminal::new(SIZE, HISTORY)).collect();
    for terminal in &mut terminals {
        terminal.advance(bytes);
        terminal.frame();
    }
    let each = (resident_bytes().saturating_sub(before)) / TERMINALS;
    std::mem::forget(terminals);
    println!("memory, {name}: {} KB each", each / 1_000);
}

/// Returns the bytes of this process that are in memory.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or_default() * 4_096
}

/// Returns the CPU time that `work` takes.
fn cpu(work: impl FnOnce()) -> Duration {
    let used = || {
        getrusage(UsageWho::RUSAGE_SELF).map(|usage| {
            Duration::from_micros(
                (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as u64,
            )
        })
    };
    let (wall, before) = (Instant::now(), used());
    work();
    match (before, used()) {
        (Ok(before), Ok(after)) => after - before,
        _ => wall.elapsed(),
    }
}

fn micros(time: Duration, count: u32) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(count)
}
