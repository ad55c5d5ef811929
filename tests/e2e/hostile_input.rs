//! Bytes that nobody means well: in the file, on the sockets, out of the agents.

use crate::harness::config::shell;
use crate::harness::{Fleet, http, processes};
use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const ECHO: &str = "stty -echo; echo up; exec cat";

/// Nonsense that is the same each time (xorshift64).
fn nonsense(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(next).collect()
}

#[track_caller]
fn assert_unharmed(fleet: &Fleet, word: &str) {
    fleet.qd(["send", "echo", word, "--key", "enter"]).ok();
    fleet.until_screen("echo", word);
    assert_eq!(fleet.ask("GET", "/health", None).json()["status"], "healthy");
}

/// Writes to a socket whatever is given, and reads until the other side has enough.
fn throw(socket: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut said = Vec::new();
    if let Ok(mut stream) = UnixStream::connect(socket) {
        let _refused = stream.set_read_timeout(Some(Duration::from_secs(5)));
        let _refused = stream.set_write_timeout(Some(Duration::from_secs(5)));
        let _refused = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
        let _refused = stream.take(1 << 20).read_to_end(&mut said);
    }
    said
}

#[test]
fn a_file_of_any_bytes_is_refused_and_never_panics() {
    let deep = format!("[agents.a]\nshell = \"x\"\nenv = {}{}", "{ a = ".repeat(2_000), "}".repeat(2_000));
    let many: String = (0..3_000).map(|number| format!("[agents.a{number}]\nshell = \"true\"\n")).collect();
    let files: Vec<Vec<u8>> = vec![
        b"\0\0\0".to_vec(),
        b"\xff\xfe[\0a\0]".to_vec(),
        vec![b'['; 100_000],
        vec![b'x'; 2 << 20],
        deep.into_bytes(),
        many.into_bytes(),
        b"[agents.a]\nshell = \"a\\u0000b\"\n".to_vec(),
        b"[fleet]\nmax_concurrent = 99999999999999999999\n".to_vec(),
        b"[fleet]\nmax_concurrent = 0\n".to_vec(),
        b"[fleet]\nstop_grace = \"-1s\"\n".to_vec(),
        b"[agents.a]\nshell = \"x\"\nready = { pattern = \"(\" }\n".to_vec(),
        b"[agents.a]\nshell = \"x\"\nsize = \"0x0\"\n".to_vec(),
        b"[agents.\"a\\u001b[31m\"]\nshell = \"x\"\n".to_vec(),
        nonsense(7, 5_000),
    ];
    let fleet = Fleet::new("");
    for bytes in files {
        fs::write(fleet.root.join("agents.toml"), &bytes).expect("a file");
        let refused = fleet.qd(["check"]).code(2);
        assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
        assert!(!refused.stderr.contains('\x1b') && !refused.stderr.contains('\0'), "{:?}", refused.stderr);
    }
}

#[test]
fn a_file_with_a_byte_order_mark_or_foreign_line_ends_is_read() {
    let fleet = Fleet::new("");
    for text in ["\u{feff}[agents.a]\nshell = \"true\"\n", "[agents.a]\r\nshell = \"true\"\r\n"] {
        fs::write(fleet.root.join("agents.toml"), text).expect("a file");
        fleet.qd(["check"]).ok();
    }
}

#[test]
fn nonsense_on_the_control_socket_harms_nobody() {
    let fleet = Fleet::up(&shell("echo", ECHO, ""));
    fleet.fact("echo", "agent.ready");
    let socket = fleet.socket();
    let long_header = format!("GET /api/v1 HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let huge_claim = b"POST /api/v1/agents HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{".to_vec();
    let huge_body = format!(
        "POST /api/v1/agents/echo/input HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
        64 << 20,
        " ".repeat(64 << 20)
    );
    let throws: Vec<Vec<u8>> = vec![
        nonsense(1, 100_000),
        b"\0\0\0\0".to_vec(),
        b"GET /api/v1 HTTP/9.9\r\n\r\n".to_vec(),
        b"GET http://[::1 HTTP/1.1\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        long_header.into_bytes(),
        huge_claim,
        huge_body.into_bytes(),
    ];
    throws.iter().for_each(|bytes| _ = throw(&socket, bytes));
    // Conversations that are begun and never ended.
    let begun: Vec<UnixStream> = (0..100)
        .filter_map(|_| {
            let mut stream = UnixStream::connect(&socket).ok()?;
            stream.write_all(b"GET /api/v1/agents HTTP/1.1\r\nhost").ok()?;
            Some(stream)
        })
        .collect();
    assert_unharmed(&fleet, "still-here");
    drop(begun);
}

#[test]
fn paths_that_climb_lead_nowhere() {
    let fleet = Fleet::up(&shell("echo", ECHO, ""));
    for path in [
        "/agents/..%2f..%2fetc%2fpasswd",
        "/agents/%00",
        "/agents/%ff",
        "/../../etc/passwd",
        "/agents//",
        "/agents/echo/../../health",
        "/agents/%2e%2e/screen",
    ] {
        let answer = fleet.ask("GET", path, None);
        assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        assert!(!answer.body.contains("root:"), "{path}");
    }
}

#[test]
fn nonsense_on_the_stream_harms_nobody() {
    let fleet = Fleet::up(&shell("echo", ECHO, ""));
    fleet.fact("echo", "agent.ready");
    let upgrade = "GET /api/v1/stream HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    // A masked binary frame (RFC 6455, section 5.2) with a mask of zeros.
    let framed = |payload: &[u8]| {
        let mut frame = vec![0x82, 0x80 | 126, (payload.len() >> 8) as u8, payload.len() as u8, 0, 0, 0, 0];
        frame.extend_from_slice(payload);
        frame
    };
    let huge = [&[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0][..], b"x"].concat();
    for payload in [nonsense(3, 5_000), framed(&nonsense(4, 1_000)), framed(b""), framed(&[0xff; 200]), huge] {
        let said = throw(&fleet.socket(), &[upgrade.as_bytes(), &payload].concat());
        assert!(said.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&said));
    }
    assert_unharmed(&fleet, "still-here");
}

#[test]
fn nonsense_on_a_keepers_socket_harms_neither_keeper_nor_agent() {
    let fleet = Fleet::up(&shell("echo", ECHO, ""));
    fleet.fact("echo", "agent.ready");
    let keeper = fleet.keeper("echo");
    let run = fleet.agent("echo")["run"].as_str().unwrap_or_default().to_owned();
    let socket = fleet.socket_directory().expect("a directory").join(format!("{run}.sock"));
    // A frame's head is kind, zeros, length and offset; these claim too much, an unknown kind, or half of it.
    let head = |kind: u8, length: u32| [&[kind, 0, 0, 0][..], &length.to_le_bytes(), &[0; 8]].concat();
    let throws =
        [nonsense(5, 300_000), head(1, u32::MAX), head(200, 3), head(1, 12)[..7].to_vec(), Vec::new(), vec![0; 1_000]];
    throws.iter().for_each(|bytes| _ = throw(&socket, bytes));
    assert_eq!(fleet.keeper("echo"), keeper);
    assert!(processes::look(keeper).is_some(), "the keeper is gone");
    assert_unharmed(&fleet, "still-here");
    assert_eq!(fleet.agent("echo")["run"], run.as_str());
}

#[test]
fn an_agent_cannot_reach_a_users_terminal_through_lists_and_facts() {
    let line = r"printf '\033]0;evil\033[31mtitle\007\033]9;note\033]0;own\007\033[2Jlast \033]52;c;aGk=\007line\342\200\256'; exec sleep 1000";
    let fleet = Fleet::up(&shell("evil", line, ""));
    fleet.until_screen("evil", "line");
    fleet.fact("evil", "agent.notification");
    for words in [&["ps"][..], &["events"], &["explain", "evil"], &["screen", "evil"], &["logs", "evil"]] {
        let said = fleet.qd(words.iter().copied()).ok().text();
        let control = said.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        assert_eq!(control, None, "`qd {}` prints a control character: {said:?}", words.join(" "));
    }
}

#[test]
fn an_agent_that_writes_nonsense_harms_nobody() {
    let fleet = Fleet::new(
        &(shell("noise", "cat nonsense; exec sleep 1000", "workspace = \"shared\"") + &shell("echo", ECHO, "")),
    );
    let mut bytes = nonsense(11, 2_000_000);
    // Many sequences begin, so that parsers are entered and not only passed by.
    bytes.iter_mut().step_by(37).for_each(|byte| *byte = 0x1b);
    bytes.iter_mut().skip(1).step_by(37).for_each(|byte| *byte = b"[]P_^XNO("[usize::from(*byte % 9)]);
    fs::write(fleet.root.join("nonsense"), bytes).expect("a file");
    fleet.qd(["up"]).ok();
    fleet.fact("echo", "agent.ready");
    assert_unharmed(&fleet, "still-here");
    for path in ["/agents/noise/screen", "/agents/noise/screen?format=cells", "/agents/noise/screen?history=5000"] {
        assert_eq!(fleet.ask("GET", path, None).status, 200);
    }
    fleet.qd(["logs", "noise"]).ok();
    fleet.qd(["stop", "noise"]).ok();
}

#[test]
fn a_journal_that_is_garbage_is_put_aside_and_said_so() {
    let fleet = Fleet::up(&shell("echo", ECHO, ""));
    fleet.fact("echo", "agent.ready");
    fleet.qd(["down"]).ok();
    let journal = fleet.root.join(".quarterdeck/journal.sqlite3");
    fs::write(&journal, nonsense(9, 50_000)).expect("a file");
    let up = fleet.qd(["up"]);
    match up.code {
        Some(0) => {
            fleet.fact("echo", "agent.ready");
            assert_unharmed(&fleet, "afresh");
        }
        _ => {
            assert!(up.stderr.contains("journal"), "{up:?}");
            fs::remove_file(&journal).expect("gone");
        }
    }
}

#[test]
fn a_header_that_smuggles_a_second_request_gets_no_second_answer() {
    let fleet = Fleet::up("");
    let smuggled = b"POST /api/v1/reload HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/health HTTP/1.1\r\nhost: x\r\n\r\n";
    let said = String::from_utf8_lossy(&throw(&fleet.socket(), smuggled)).into_owned();
    assert!(said.matches("HTTP/1.1 ").count() <= 2, "{said}");
    assert_eq!(http::ask(&fleet.socket(), "GET", "/api/v1/health", None).map(|answer| answer.status).ok(), Some(200));
}
