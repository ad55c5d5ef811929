//! The stand-in for an agent program. Prompts make it behave as real ones were seen to:
//!
//! | prompt          | what it does                                                                          |
//! |-----------------|---------------------------------------------------------------------------------------|
//! | `answers`       | tells what its terminal answered to its queries                                       |
//! | `ask`           | asks for a permission in its title, and takes the next key for the answer             |
//! | `ask when typed`| the same as soon as the next text is there: between that and its Enter                 |
//! | `dialog`        | asks without a word in its title: drops text, and takes Enter for a yes               |
//! | `swallow N`     | takes no notice of the next N Enters                                                  |
//! | `deaf`          | shows nothing of the next text, and loses it                                          |
//! | `daemon`        | leaves a process behind                                                               |
//! | `exit`          | ends                                                                                  |

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
/// For so many milliseconds after its start it shows nothing, and drops what is typed.
pub(crate) const DRAWS_AFTER_MS: &str = "QD_TEST_DRAWS_AFTER_MS";

/// For so long after a character an Enter is a part of a paste, as Codex has it.
const BURST: Duration = Duration::from_millis(120);

/// Alternate screen, and what real agents ask: kitty flags, background, synchronised updates, version, attributes. The
/// last is answered by every terminal, so its answer says that no more come.
const QUERIES: &str = "\x1b[?1049h\x1b[?u\x1b]11;?\x07\x1b[?2026$p\x1b[>0q\x1b[c";

/// Keys as text and Enter from here on.
const PASTES_WRAPPED: &str = "\x1b[?2004h";

/// Not a test by itself: the program that the fleets of the other tests run.
#[test]
fn the_agent() {
    let Some(path) = std::env::var_os(WORDS) else { return };
    let words = OpenOptions::new().write(true).open(path).expect("a pipe");
    let mut settings = tcgetattr(std::io::stdin()).expect("a terminal");
    cfmakeraw(&mut settings);
    tcsetattr(std::io::stdin(), SetArg::TCSANOW, &settings).expect("raw");
    let quirks = Quirks { swallows: 0, deaf: false, asks_when_typed: false };
    StandIn {
        words,
        answers: String::new(),
        said: String::new(),
        text: String::new(),
        typed_at: None,
        interrupts: 0,
        quirks,
    }
    .live();
    std::process::exit(0);
}

struct StandIn {
    words: File,
    answers: String,
    /// The prompt before, which stands above the box.
    said: String,
    text: String,
    typed_at: Option<Instant>,
    interrupts: u32,
    quirks: Quirks,
}

/// What it does next otherwise than it should.
struct Quirks {
    swallows: u32,
    deaf: bool,
    asks_when_typed: bool,
}

impl StandIn {
    fn live(mut self) {
        show(QUERIES);
        while !self.answers.contains('c') {
            self.answers.push_str(&read());
        }
        show(PASTES_WRAPPED);
        let blank_ms = std::env::var(DRAWS_AFTER_MS).ok().and_then(|ms| ms.parse().ok()).unwrap_or(600);
        drop_what_is_typed_before(Instant::now() + Duration::from_millis(blank_ms));
        self.draw();
        while self.interrupts < 2 {
            let burst = read();
            self.take(&burst);
        }
    }

    /// The prompt before, the box with the cursor in it, and a line below.
    fn draw(&self) {
        let text = self.text.replace('\n', "\r\n  ");
        show(&format!("\x1b[2J\x1b[H{}\r\n────────\r\n> {text}\x1b7\r\n────────\r\n  ? for shortcuts\x1b8", self.said));
    }

    fn take(&mut self, burst: &str) {
        let pasted = burst.starts_with("\x1b[200~");
        let text = burst.trim_start_matches("\x1b[200~").trim_end_matches("\x1b[201~");
        let in_a_burst = self.typed_at.is_some_and(|at| at.elapsed() < BURST);
        match text {
            "\x03" => self.interrupts += 1,
            "\r" if pasted || in_a_burst => self.text.push('\n'),
            "\r" if self.quirks.swallows > 0 => self.quirks.swallows -= 1,
            "\r" if self.text.ends_with('\\') => {
                self.text.pop();
                self.text.push('\n');
            }
            "\r" => return self.submit(),
            _ if std::mem::take(&mut self.quirks.deaf) => return,
            text => {
                self.text.push_str(&text.replace('\r', "\n"));
                self.typed_at = Some(Instant::now());
            }
        }
        self.draw();
        if std::mem::take(&mut self.quirks.asks_when_typed) {
            self.ask("\x1b]2;[ ! ] Action Required\x07");
        }
    }

    fn submit(&mut self) {
        let prompt = std::mem::take(&mut self.text).trim_end().replace('\n', " ");
        self.say(&format!("submitted: {prompt}"));
        self.said = format!("> {prompt}");
        match prompt.as_str() {
            "answers" => self.say(&self.answers.clone()),
            "ask" => self.ask("\x1b]2;[ ! ] Action Required\x07"),
            "ask when typed" => self.quirks.asks_when_typed = true,
            "dialog" => self.ask(""),
            "deaf" => self.quirks.deaf = true,
            "exit" => std::process::exit(0),
            "daemon" => {
                let mut daemon = Command::new("sleep");
                daemon.arg("1000").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                // SAFETY: setsid(2) is async-signal-safe and touches nothing of this process.
                unsafe { daemon.pre_exec(|| nix::unistd::setsid().map(drop).map_err(Into::into)) };
                self.say(&daemon.spawn().expect("sleep runs").id().to_string());
            }
            other => {
                let swallows = other.strip_prefix("swallow ").and_then(|count| count.parse().ok());
                self.quirks.swallows = swallows.unwrap_or(0);
            }
        }
        self.draw();
    }

    /// Asks until a key is pressed; text is no answer.
    fn ask(&mut self, title: &str) {
        show(&format!("{title}\x1b[2J\x1b[H────────\r\nAllow?\r\n❯ 1. Yes\r\n  2. No\r\n\x1b[?25l"));
        let answer = loop {
            let key = read();
            if !key.starts_with("\x1b[200~") {
                break key;
            }
        };
        self.say(&format!("answered: {answer:?}"));
        show("\x1b]2;ready\x07\x1b[?25h");
        self.draw();
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
