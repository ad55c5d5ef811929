//! The data of the measurements: a coloured log as agents and servers write them, about 180 bytes a line, with
//! characters of one to four bytes. The same bytes every time.

use std::io::{self, Write};
use std::path::Path;

/// Writes at least `bytes` bytes of whole lines into a new file.
pub(crate) fn coloured_log_file(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = io::BufWriter::new(std::fs::File::create(path)?);
    let mut lines = ColouredLog::default();
    let mut written = 0;
    while written < bytes {
        let line = lines.line();
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
    }
    file.flush()
}

/// An endless coloured log.
pub(crate) struct ColouredLog {
    state: u64,
    number: u64,
}

impl Default for ColouredLog {
    fn default() -> ColouredLog {
        ColouredLog { state: 0x9E37_79B9_7F4A_7C15, number: 0 }
    }
}

impl ColouredLog {
    /// Returns the next line, with its line feed.
    pub(crate) fn line(&mut self) -> String {
        const LEVELS: [&str; 4] =
            ["\x1b[32m INFO\x1b[0m", "\x1b[1;33m WARN\x1b[0m", "\x1b[34mDEBUG\x1b[0m", "\x1b[1;31mERROR\x1b[0m"];
        const MODULES: [&str; 4] = ["worker::pool", "http::router", "store::journal", "agent::session"];
        const TEXTS: [&str; 6] = [
            "request served in time, cache warm",
            "déjà vu: la clé est déjà présente",
            "再試行します (接続が切れました)",
            "compiled 214 crates ✓ 0 warnings → done",
            "ожидание ответа от сервера",
            "🚀 deploy finished, 3 of 3 healthy",
        ];
        self.number += 1;
        let (level, module, text) = (self.pick(&LEVELS), self.pick(&MODULES), self.pick(&TEXTS));
        let (id, millis, path) = (self.next(), self.next() % 1000, self.next() % 4096);
        format!(
            "\x1b[2m2026-11-20T05:{:02}:{:02}.{millis:03}Z\x1b[0m {level} \x1b[1;36m{module}\x1b[0m: {text} \
             \x1b[33mid\x1b[0m=\x1b[38;5;141m{id:016x}\x1b[0m path=/src/module_{path:04}/file.rs n={}\n",
            self.number / 60 % 60,
            self.number % 60,
            self.number,
        )
    }

    /// Returns lines of at least this many bytes together.
    pub(crate) fn block(&mut self, bytes: usize) -> String {
        let mut block = String::with_capacity(bytes + 256);
        while block.len() < bytes {
            block += &self.line();
        }
        block
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[(self.next() % choices.len() as u64) as usize]
    }

    /// Returns the next number of xorshift64 (Marsaglia, 2003).
    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }
}
