//! The stand-in for an agent program.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The named pipe that it tells the test what it does through.
pub(crate) const WORDS: &str = "QD_TEST_STAND_IN";

/// For so long after a character an Enter is a part of a paste, as Codex has it.
const BURST: Duration = Duration::from_millis(120);

/// Alternate screen, and what real agents ask: kitty flags, background, synchronised updates, version, attributes. The
/// last is answered by every terminal, so its answer says that no more come.
const QUERIES: &str = "\x1b[?1049h\x1b[?u\x1b]11;?\x07\x1b[?2026$p\x1b[>0q\x1b[c";

/// Keys as text and Enter from here on.
const PASTES_WRAPPED: &str = "\x1b[?2004h";

/// Draws itself: the prompt.
const PROMPT: &str = "\x1b[2J\x1b[H> ";

/// Not a test by itself: the program that the fleets of the other tests run.
#[test]
fn the_agent() {
    let Some(path) = std::env::var_os(WORDS) else { return };
    let words = OpenOptions::new().write(true).open(path).expect("a pipe");
    let mut settings = tcgetattr(std::io::stdin()).expect("a terminal");
    cfmakeraw(&mut settings);
    tcsetattr(std::io::stdin(), SetArg::TCSANOW, &settings).expect("raw");
    StandIn { words, answers: String::new(), text: String::new(), typed_at: None, interrupts: 0 }.live();
    std::process::exit(0);
}

struct StandIn {
    words: File,
    answers: String,
    text: String,
    typed_at: Option<Instant>,
    interrupts: u32,
}

impl StandIn {
    fn live(mut self) {
        show(QUERIES);
        while !self.answers.contains('c') {
            self.answers.push_str(&read());
        }
        show(PASTES_WRAPPED);
        drop_what_is_typed_before(Instant::now() + Duration::from_millis(600));
        show(PROMPT);
        while self.interrupts < 2 {
            let burst = read();
            self.take(&burst);
        }
    }

    fn take(&mut self, burst: &str) {
        let pasted = burst.starts_with("\x1b[200~");
        let text = burst.trim_start_matches("\x1b[200~").trim_end_matches("\x1b[201~");
        let in_a_burst = self.typed_at.is_some_and(|at| at.elapsed() < BURST);
        match text {
            "\x03" => self.interrupts += 1,
            "\r" if !pasted && !in_a_burst => self.submit(),
            text => {
                self.text.push_str(&text.replace('\r', " "));
                self.typed_at = Some(Instant::now());
                show(text);
            }
        }
    }

    fn submit(&mut self) {
        let prompt = std::mem::take(&mut self.text);
        self.say(&format!("submitted: {prompt}"));
        match prompt.as_str() {
            "answers" => self.say(&self.answers.clone()),
            "ask" => {
                show("\x1b]2;[ ! ] Action Required\x07\r\nAllow? ");
                read();
                show("\x1b]2;ready\x07");
            }
            "daemon" => {
                let mut daemon = Command::new("sleep");
                daemon.arg("1000").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                // SAFETY: setsid(2) is async-signal-safe and touches nothing of this process.
                unsafe { daemon.pre_exec(|| nix::unistd::setsid().map(drop).map_err(Into::into)) };
                self.say(&daemon.spawn().expect("sleep runs").id().to_string());
            }
            _ => {}
        }
        show(PROMPT);
    }

    fn say(&mut self, word: &str) {
        writeln!(self.words, "{word}").expect("the test listens");
    }
}

fn show(bytes: &str) {
    let mut output = std::io::stdout();
    output.write_all(bytes.as_bytes()).and_then(|()| output.flush()).expect("a terminal");
}

/// What one read brings.
fn read() -> String {
    let mut buffer = [0; 4096];
    let count = std::io::stdin().lock().read(&mut buffer).expect("a terminal");
    assert!(count > 0, "the terminal is gone");
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

fn drop_what_is_typed_before(end: Instant) {
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        let timeout = PollTimeout::try_from(left).expect("short");
        if poll(&mut [PollFd::new(std::io::stdin().as_fd(), PollFlags::POLLIN)], timeout).is_ok_and(|ready| ready > 0) {
            read();
        }
    }
}
