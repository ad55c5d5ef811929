//! The loop in a real terminal: taken and given back, keys and echoes, a terminal that takes nothing.
//!
//! The screen runs in a process of its own on a PTY: this test program again, told by a variable which part
//! to play.

use crate::demo;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use quarterdeck::api::agents::Attention;
use quarterdeck::term::frame::{Frame, Size};
use quarterdeck::tui::{Carrier, FromFleet, Mode, Options, Outcome, ToFleet, Topic, link, run};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Tells the child which part to play.
const PART: &str = "QD_TUI_TEST_PART";
/// Where the child says that it is done.
const DONE: &str = "QD_TUI_TEST_DONE";
/// Keys typed to measure their echo.
const ECHOES: usize = 100;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Words sent while the terminal takes nothing.
const FLOOD_WORDS: u64 = 40_000;

/// The child's part; nothing when this is not the child.
#[test]
fn part() {
    let Ok(part) = std::env::var(PART) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = runtime.block_on(async {
        let (link, carrier) = link();
        tokio::spawn(fleet(part.clone(), carrier));
        let mode = if part == "attach" { Mode::Attach { agent: "builder".to_owned() } } else { Mode::Dashboard };
        if part == "panic" {
            let screen = run(Options::new(mode), link);
            let panic = async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                panic!("the end of the world");
            };
            return tokio::select! { outcome = screen => outcome, never = panic => never };
        }
        run(Options::new(mode), link).await
    });
    println!("\nOUTCOME {:?}", outcome.unwrap());
    runtime.shutdown_background();
}

/// A fleet whose agent shows the last letter it got, eight times: nothing else on the screen looks like that.
async fn fleet(part: String, mut carrier: Carrier) {
    let send = |word| carrier.from.send(word);
    send(FromFleet::Connected { fleet: "lighthouse".to_owned() }).await.unwrap();
    send(FromFleet::Fleet { changed: demo::agents(), removed: vec![], banners: vec![] }).await.unwrap();
    if part == "flood" {
        for seq in 0..FLOOD_WORDS {
            let mut frame = Frame::blank(Size { columns: 70, rows: 20 });
            frame.seq = seq;
            // Every cell differs from one picture to the next, so that each drawing is large.
            let letter = if seq + 1 == FLOOD_WORDS { 'Z' } else { char::from(b'a' + (seq % 26) as u8) };
            let text = letter.to_string().repeat(70);
            frame.rows.fill(demo::row(&[(Default::default(), &text)]));
            send(FromFleet::Whole { agent: "reviewer".to_owned(), frame }).await.unwrap();
        }
        std::fs::write(std::env::var(DONE).unwrap(), "done").unwrap();
    }
    let mut seq = 0;
    while let Some(word) = carrier.to.recv().await {
        if part == "calls" && matches!(word, ToFleet::Fetch { topic: Topic::Explanation(_) }) {
            let mut agent = demo::agents().swap_remove(1);
            agent.attention = Attention::NeedsYou;
            send(FromFleet::Fleet { changed: vec![agent], removed: vec![], banners: vec![] }).await.unwrap();
        }
        let ToFleet::Input { agent, bytes } = word else { continue };
        seq += 1;
        let mut frame = Frame::blank(Size { columns: 40, rows: 5 });
        frame.seq = seq;
        frame.rows[0] = demo::row(&[(Default::default(), &String::from_utf8_lossy(&bytes).repeat(8))]);
        carrier.from.send(FromFleet::Whole { agent, frame }).await.unwrap();
    }
}

/// A screen on a PTY, seen from the side of the person.
struct Person {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Option<Receiver<Vec<u8>>>,
    seen: Vec<u8>,
}

impl Person {
    fn sits_down(part: &str) -> Person {
        let mut person = Person::looks_away(part, "");
        person.looks();
        person
    }

    fn looks_away(part: &str, done: &str) -> Person {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "real::part", "--nocapture", "--test-threads=1"]);
        command.env(PART, part);
        command.env(DONE, done);
        let child = pty.slave.spawn_command(command).unwrap();
        let keyboard = pty.master.take_writer().unwrap();
        Person { child, master: pty.master, keyboard, output: None, seen: Vec::new() }
    }

    fn looks(&mut self) {
        let mut reader = self.master.try_clone_reader().unwrap();
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        self.output = Some(receiver);
    }

    fn types(&mut self, bytes: &[u8]) {
        self.keyboard.write_all(bytes).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Looks on until something is seen, from what came after `from` on. Returns where what came ends.
    fn sees(&mut self, wanted: &str, from: usize) -> usize {
        let end = Instant::now() + PATIENCE;
        while !contains(&self.seen[from..], wanted) {
            let left = end.saturating_duration_since(Instant::now());
            match self.output.as_ref().unwrap().recv_timeout(left) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{wanted:?} was not seen in {:?}", String::from_utf8_lossy(&self.seen[from..]))
                }
            }
        }
        self.seen.len()
    }

    fn count(&self, wanted: &str) -> usize {
        String::from_utf8_lossy(&self.seen).matches(wanted).count()
    }

    fn signals(&self, signal: i32) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::try_from(signal).unwrap())
            .unwrap();
    }

    /// Waits for the end, and sees that the terminal is as it was.
    fn finds_the_terminal_as_it_was(mut self) {
        self.child.wait().unwrap();
        while let Ok(bytes) = self.output.as_ref().unwrap().recv_timeout(Duration::from_millis(500)) {
            self.seen.extend(bytes);
        }
        for (on, off) in [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[>1u", "\x1b[<1u"),
            ("\x1b[?1003h", "\x1b[?1003l"),
            ("\x1b[?2004h", "\x1b[?2004l"),
            ("\x1b[?1004h", "\x1b[?1004l"),
            ("\x1b[22;2t", "\x1b[23;2t"),
        ] {
            assert_eq!((self.count(on), self.count(off)), (1, 1), "{on:?} and {off:?}");
        }
        assert!(self.count("\x1b[?25h") >= 1, "the cursor is shown again");
        let termios = self.master.get_termios().unwrap();
        let cooked = libc::ICANON | libc::ECHO | libc::ISIG;
        assert_eq!(termios.local_flags.bits() & cooked, cooked, "{:?}", termios.local_flags);
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        // Nothing may be left, whatever the test came to; a child that has ended can't be killed, and need not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn contains(bytes: &[u8], wanted: &str) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

#[test]
fn the_terminal_is_given_back_on_return() {
    let mut person = Person::sits_down("dashboard");
    let from = person.sees("Quarterdeck", 0);
    person.types(b"q");
    person.sees("leave it running", from);
    person.types(b"l");
    person.sees(&format!("OUTCOME {:?}", Outcome::Left), 0);
    person.finds_the_terminal_as_it_was();
}

/// The background is asked for, the looks follow it, and what the terminal answers reaches no agent.
#[test]
fn the_looks_follow_the_terminals_background() {
    const LIGHT_ACCENT: &str = "38;2;0;95;135";
    let mut person = Person::sits_down("attach");
    let asked = person.sees("\x1b]11;?\x1b\\", 0);
    person.sees("detaches", 0);
    person.types(b"a\x1b]11;rgb:ffff/ffff/ffff\x1b\\b");
    let from = person.sees("bbbbbbbb", asked);
    person.types(b"\x1b[I");
    let again = person.sees("\x1b]11;?\x1b\\", asked);
    person.types(b"\x1b]11;rgb:00/00/00\x07c");
    person.sees("cccccccc", from.max(again));
    assert_eq!(person.count("]]]]]]]]") + person.count("11111111"), 0, "the agent got nothing of the answers");
    let mut person = Person::sits_down("dashboard");
    person.sees("\x1b]11;?\x1b\\", 0);
    person.types(b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\");
    person.sees(LIGHT_ACCENT, 0);
}

/// Who needs a person is in the window's title, and who looks elsewhere is called.
#[test]
fn the_title_and_the_bell_reach_who_looks_elsewhere() {
    let mut person = Person::sits_down("calls");
    let from = person.sees("\x1b]0;◆1 ✗1 lighthouse\x07", 0);
    person.types(b"\x1b[Oe");
    person.sees("◆2 ✗1 lighthouse", from);
    // The bell alone, and not the end of a title.
    person.sees("\x07\x1b[?2026h", from);
}

#[test]
fn the_terminal_is_given_back_on_sigterm_and_sighup() {
    for signal in [libc::SIGTERM, libc::SIGHUP] {
        let mut person = Person::sits_down("dashboard");
        person.sees("reviewer", 0);
        person.signals(signal);
        person.sees(&format!("OUTCOME {:?}", Outcome::Signalled { signal }), 0);
        person.finds_the_terminal_as_it_was();
    }
}

#[test]
fn the_terminal_is_given_back_before_a_panic_is_told() {
    let mut person = Person::sits_down("panic");
    person.sees("the end of the world", 0);
    let seen = String::from_utf8_lossy(&person.seen).into_owned();
    assert!(seen.find("\x1b[?1049l").unwrap() < seen.find("the end of the world").unwrap());
    person.finds_the_terminal_as_it_was();
}

#[test]
fn what_is_typed_comes_back_and_the_chord_ends_an_attach() {
    let mut person = Person::sits_down("attach");
    person.sees("detaches", 0);
    let mut from = person.seen.len();
    for letter in ["c", "o", "m", "e", "ä"] {
        person.types(letter.as_bytes());
        from = person.sees(&letter.repeat(8), from);
    }
    person.types(b"\x1d");
    person.sees(&format!("OUTCOME {:?}", Outcome::Left), 0);
    person.finds_the_terminal_as_it_was();
}

/// The time between drawings is held while much happens, but never between a key and its echo.
#[test]
fn an_echo_does_not_wait_for_the_next_frame() {
    let mut person = Person::sits_down("attach");
    person.sees("detaches", 0);
    let mut from = person.seen.len();
    let mut took: Vec<Duration> = Vec::new();
    for index in 0..ECHOES {
        let letter = char::from(b'a' + (index % 26) as u8);
        let start = Instant::now();
        person.types(letter.to_string().as_bytes());
        from = person.sees(&letter.to_string().repeat(8), from);
        took.push(start.elapsed());
    }
    took.sort();
    let (median, slowest) = (took[ECHOES / 2], took[ECHOES - 1]);
    println!("echo: p50 {median:?}, slowest {slowest:?}");
    assert!(median < Duration::from_millis(12), "half of all echoes took {median:?} or more");
}

/// **Invariant:** idle costs nothing. All ages of the demo are in days, so no text changes for hours.
#[cfg(target_os = "linux")]
#[test]
fn an_idle_screen_wakes_nobody() {
    let mut person = Person::sits_down("dashboard");
    person.sees("nightly", 0);
    let pid = person.child.process_id().unwrap();
    let switches = || -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        let status = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let count = |status: String| -> Option<u64> {
            status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
        };
        tasks.flatten().map(status).filter_map(count).sum()
    };
    let end = Instant::now() + PATIENCE;
    let mut before = switches();
    // Whatever the start still had to do comes to an end; then a second passes in which nothing happens.
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let after = switches();
        if after == before {
            return;
        }
        assert!(Instant::now() < end, "an idle screen woke {} times in a second", after - before);
        before = after;
    }
}

#[test]
fn after_ctrl_z_the_screen_is_taken_and_drawn_again() {
    let mut person = Person::sits_down("dashboard");
    let from = person.sees("nightly", 0);
    person.types(b"\x1a");
    // This process group has no parent that could continue it, so the kernel does not stop it.
    person.sees("\x1b[?1049l", from);
    person.sees("\x1b[?1049h", from);
    person.sees("nightly", from);
}

#[test]
fn a_terminal_that_takes_nothing_holds_up_no_message() {
    let directory = tempfile::tempdir().unwrap();
    let done = directory.path().join("done");
    let mut person = Person::looks_away("flood", done.to_str().unwrap());
    let end = Instant::now() + PATIENCE;
    while !done.exists() {
        assert!(Instant::now() < end, "messages were held up by a terminal that nobody reads");
        std::thread::sleep(Duration::from_millis(20));
    }
    person.looks();
    person.sees("ZZZZZZZZ", 0);
}

#[test]
fn a_terminal_that_takes_nothing_does_not_keep_the_screen_from_ending() {
    let directory = tempfile::tempdir().unwrap();
    let done = directory.path().join("done");
    let mut person = Person::looks_away("flood", done.to_str().unwrap());
    let end = Instant::now() + PATIENCE;
    while !done.exists() {
        assert!(Instant::now() < end, "the fleet was held up");
        std::thread::sleep(Duration::from_millis(20));
    }
    person.signals(libc::SIGTERM);
    while person.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "SIGTERM did not end it");
        std::thread::sleep(Duration::from_millis(20));
    }
}
