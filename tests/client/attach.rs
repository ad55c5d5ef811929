//! `qd attach` in a terminal of the test's own.

use crate::fleet::Fleet;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};

/// Reads until `text` was seen, and returns everything read so far.
fn read_until(reader: &mut dyn Read, seen: &mut String, text: &str) {
    let mut bytes = [0; 4096];
    while !seen.contains(text) {
        let count = reader.read(&mut bytes).unwrap_or(0);
        assert!(count > 0, "the end came before {text:?}: {seen:?}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_to_the_agent_the_chord_does_not_and_the_terminal_is_given_back() {
    let fleet = Fleet::up().await;
    let pty = native_pty_system()
        .openpty(PtySize { rows: 10, cols: 40, pixel_width: 0, pixel_height: 0 })
        .expect("a terminal");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_qd"));
    command.args(["attach", "builder"]);
    command.cwd(&fleet.place.root);
    command.env("QD_RUNTIME_DIR", &fleet.runtime);
    let mut child = pty.slave.spawn_command(command).expect("qd runs");
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().expect("a reader");
    let mut writer = pty.master.take_writer().expect("a writer");
    let told = std::sync::Arc::clone(&fleet.script);
    let seen = tokio::task::spawn_blocking(move || {
        let mut seen = String::new();
        read_until(&mut reader, &mut seen, "hello");
        writer.write_all(b"y\r\x03").expect("typed");
        (seen, reader, writer)
    });
    let (mut seen, mut reader, mut writer) = seen.await.expect("seen");
    told.until_typed("builder", "y\r\x03").await;
    let (seen, code) = tokio::task::spawn_blocking(move || {
        writer.write_all(b"last\x1d").expect("typed");
        read_until(&mut reader, &mut seen, "detached from builder; it continues");
        (seen, child.wait().expect("an end").exit_code())
    })
    .await
    .expect("an end");
    assert_eq!(code, 0);
    assert!(seen.contains("\x1b[?1049h") && seen.contains("\x1b[?1049l"), "{seen:?}");
    told.until_typed("builder", "y\r\x03last").await;
}

#[tokio::test]
async fn without_a_terminal_it_says_what_to_use_instead() {
    let ran = Fleet::up().await.qd(&["attach", "builder"]).await;
    assert_eq!((ran.code, ran.stderr.contains("`qd screen builder` prints it")), (2, true), "{ran:?}");
}
