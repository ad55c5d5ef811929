//! Bytes in both directions: none lost, none doubled, and nobody who does not read is in anybody's way.

use crate::harness::{LIMIT, Run, Said, Supervisor, until};
use quarterdeck::transcript;
use quarterdeck::wire::ToKeeper;
use quarterdeck::wire::codec::HEADER_BYTES;
use quarterdeck::wire::launch::OnLoss;
use quarterdeck_core::ending::Exit;
use std::os::unix::net::UnixStream;
use std::time::Instant;

fn numbered(lines: u32) -> Vec<u8> {
    (1..=lines).flat_map(|line| format!("{line}\r\n").into_bytes()).collect()
}

#[test]
fn reconnects_lose_and_double_nothing() {
    const LINES: u32 = 300_000;
    let expected = numbered(LINES);
    let mut run = Run::shell(&format!("seq {LINES}"));
    run.launch.on_loss = OnLoss::Keep(LIMIT);
    run.start();
    let mut output = Vec::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut connections = 0;
    let exit = loop {
        connections += 1;
        let mut supervisor = Supervisor::connect(&run.launch.socket, output.len() as u64);
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let enough = (random >> 33) as usize % 150_000;
        let exit = loop {
            match supervisor.hear() {
                Said::Exited(exit, _) => break Some(exit),
                Said::Output if supervisor.output.len() > enough => break None,
                _ => {}
            }
        };
        assert_eq!(supervisor.missing, 0);
        output.extend_from_slice(&supervisor.output);
        if let Some(exit) = exit {
            break exit;
        }
    };
    assert_eq!(exit, Exit::Code(0));
    assert!(connections > 10, "{connections}");
    assert!(output == expected, "{} bytes of {}", output.len(), expected.len());

    // Whoever comes after the end hears it all again, from disk.
    let mut late = run.supervise();
    assert_eq!(late.until_exited(), (Exit::Code(0), 0));
    assert!(late.output == expected);
    late.until_emptied();
    let mut reader = transcript::Reader::new(&run.launch.directory, expected.len() as u64 - 8);
    let mut tail = [0; 64];
    let piece = reader.read(&mut tail).unwrap();
    assert_eq!(&tail[..piece.length], &expected[expected.len() - 8..]);
}

#[test]
fn what_was_rotated_away_is_said_to_be_missing() {
    let mut run = Run::shell("seq 100000");
    run.launch.transcript_segment_bytes = 64 * 1024;
    run.launch.transcript_segments_max = 3;
    run.started().until_emptied();
    let mut late = run.supervise();
    late.until_exited();
    assert!(late.missing > 300_000 && late.output.len() > 64 * 1024, "{} missing", late.missing);
    assert_eq!(late.missing + late.output.len() as u64, numbered(100_000).len() as u64);
    assert!(numbered(100_000).ends_with(&late.output));
    assert!(transcript::segments(&run.launch.directory).unwrap().len() <= 3);
}

#[test]
fn the_newest_supervisor_counts_and_a_look_disturbs_nobody() {
    let mut run = Run::shell("while read line; do echo got $line; done");
    let mut first = run.started();
    first.until_started();
    for _ in 0..5 {
        drop(UnixStream::connect(&run.launch.socket).unwrap());
    }
    first.say(ToKeeper::Input(b"one\r"));
    first.until_output("got one");
    let mut second = Supervisor::connect(&run.launch.socket, first.output.len() as u64);
    second.until_started();
    first.until_said(Said::Closed);
    second.say(ToKeeper::Input(b"two\r"));
    second.until_output("got two");
    assert!(!second.text().contains("got one"));
}

#[test]
fn a_flood_that_never_reads_blocks_nothing() {
    let mut run = Run::shell("stty raw -echo; echo go; exec yes flooding-and-never-reading");
    let mut supervisor = run.started();
    supervisor.until_output("go");
    let piece = vec![b'p'; 64 * 1024];
    let mut total = 0;
    for bytes in [300 * 1024, 1024 * 1024] {
        for _ in 0..bytes / piece.len() {
            supervisor.say(ToKeeper::Input(&piece));
            total += piece.len();
            let before = supervisor.output.len();
            while supervisor.output.len() < before + 100_000 {
                supervisor.hear();
            }
        }
    }
    assert!(!supervisor.said.iter().any(|said| matches!(said, Said::InputDropped(_))));
    // What does not fit the queue is dropped and said so.
    for _ in 0..80 {
        supervisor.say(ToKeeper::Input(&piece));
        total += piece.len();
        supervisor.hear();
    }
    let dropped = supervisor.until(|said| if let Said::InputDropped(total) = said { Some(*total) } else { None });
    assert!(dropped > 0 && dropped < total as u64);
    supervisor.say(ToKeeper::KillTree);
    supervisor.until_emptied();
}

#[test]
fn a_large_paste_arrives_whole() {
    let mut run = Run::shell("stty raw -echo; echo go; head -c 1000000 | cksum");
    let paste: Vec<u8> = (0..1_000_000u32).map(|i| (i * 7 % 251) as u8).collect();
    let mut supervisor = run.started();
    supervisor.until_output("go");
    supervisor.say(ToKeeper::Input(&paste));
    supervisor.until_exited();
    let mut sum = std::process::Command::new("cksum");
    let mut sum = sum.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut sum.stdin.take().unwrap(), &paste).unwrap();
    let sum = String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap();
    assert!(supervisor.text().contains(sum.trim()), "{} is not {sum}", supervisor.text());
    assert!(supervisor.said.contains(&Said::InputTaken(1_000_000)));
}

#[test]
fn a_supervisor_that_takes_nothing_is_treated_as_absent() {
    let mut run = Run::shell("head -c 20000000 /dev/zero | tr '\\0' x");
    run.launch.on_loss = OnLoss::Keep(LIMIT);
    let deaf = run.started();
    let begun = Instant::now();
    until("the run ends", || run.exit_record());
    let took = begun.elapsed();
    assert!(took.as_millis() >= 1500, "it was waited for: {took:?}");
    assert_eq!(run.exit_record().unwrap().output_bytes, 20_000_000);
    drop(deaf);
    let mut late = run.supervise();
    late.until_exited();
    assert_eq!((late.output.len(), late.missing), (20_000_000, 0));
}

#[test]
fn queries_are_answered_only_while_nobody_else_would() {
    // Asked before anybody came, while nobody is there any more (until it is noticed), and while somebody is.
    let ask = "stty raw -echo; printf '\\033[6n'; head -c 2 >first; echo met; \
               while ! test -e left; do sleep 0.01; done; stty min 0 time 2; \
               while ! test -s alone; do printf '\\033[c'; dd bs=5 count=1 of=alone 2>/dev/null; done; \
               stty min 1; printf '\\033[6n'; dd bs=1 count=6 of=position 2>/dev/null; echo asked; \
               while ! test -e supervised; do sleep 0.01; done; printf '\\033[c'; head -c 2 >typed; echo over";
    let mut run = Run::shell(ask);
    run.launch.on_loss = OnLoss::Keep(LIMIT);
    run.start();
    until("it has asked", || transcript::bounds(&run.launch.directory).ok().filter(|written| written.end >= 4));
    let mut first = run.supervise();
    first.say(ToKeeper::Input(b"me"));
    first.until_output("met");
    assert_eq!(std::fs::read(run.path("first")).unwrap(), b"me", "whoever launches a run answers what it asks first");
    drop(first);
    std::fs::write(run.path("left"), "").unwrap();
    until("it was answered", || std::fs::read(run.path("position")).ok().filter(|bytes| bytes.len() == 6));
    assert_eq!(std::fs::read(run.path("alone")).unwrap(), b"\x1b[?6c");
    assert_eq!(std::fs::read(run.path("position")).unwrap(), b"\x1b[1;1R");
    let mut supervisor = run.supervise();
    supervisor.until_output("asked");
    std::fs::write(run.path("supervised"), "").unwrap();
    supervisor.until(|said| (*said == Said::Output).then_some(()));
    supervisor.say(ToKeeper::Input(b"me"));
    supervisor.until_output("over");
    assert_eq!(std::fs::read(run.path("typed")).unwrap(), b"me");
}

#[test]
fn a_full_disk_is_said_once_and_the_run_goes_on() {
    let mut run = Run::shell("echo first; read x; echo second; read x; echo third; read x");
    let segment = transcript::segment_path(&run.launch.directory, 0);
    std::os::unix::fs::symlink("/dev/full", &segment).unwrap();
    let mut supervisor = run.started();
    supervisor.until_output("first");
    let failing = |said: &Said| if let Said::TranscriptFailing(reason) = said { Some(reason.clone()) } else { None };
    let told = supervisor.said.iter().find_map(failing);
    let reason = told.unwrap_or_else(|| supervisor.until(failing));
    assert!(reason.contains("No space left"), "{reason}");
    // A supervisor that comes now is told, and gets what memory has.
    let mut second = run.supervise();
    second.until_output("first");
    assert!(second.said.contains(&Said::TranscriptFailing(reason)));
    second.say(ToKeeper::Input(b"\r"));
    second.until_output("second");
    std::fs::remove_file(&segment).unwrap();
    // The disk is tried again by itself, though nothing more is written.
    second.until_said(Said::TranscriptRecovered);
    second.say(ToKeeper::Input(b"\r"));
    second.until_output("third");
    assert_eq!(second.said.iter().filter(|said| matches!(said, Said::TranscriptFailing(_))).count(), 1);
    second.say(ToKeeper::Input(b"\r"));
    second.until_emptied();
    let mut disk = vec![0; 4096];
    let piece = transcript::Reader::new(&run.launch.directory, 0).read(&mut disk).unwrap();
    assert_eq!((piece.offset, &disk[..piece.length]), (0, &second.output[..]));
}

#[test]
fn what_a_program_asks_before_the_first_supervisor_is_there_is_left_to_it() {
    let mut run = Run::shell("stty raw -echo; printf '\\033[c'; echo >asked; head -c 2 >typed; echo over");
    run.start();
    until("it has asked", || run.path("asked").exists().then_some(()));
    let mut supervisor = run.supervise();
    assert_eq!(supervisor.hear(), Said::Welcome { newest: 0 });
    supervisor.until_output("\x1b[c");
    supervisor.say(ToKeeper::Input(b"ok"));
    supervisor.until_output("over");
    assert_eq!(std::fs::read(run.path("typed")).unwrap(), b"ok", "nobody else has answered");
}

#[test]
fn what_was_heard_is_counted_so_that_the_rest_can_be_said_again() {
    let mut run = Run::shell("stty raw -echo; head -c 7 >typed; echo over");
    run.start();
    // The input arrives right behind the hello.
    let mut first = run.supervise();
    first.say(ToKeeper::Input(b"one"));
    first.until_said(Said::InputTaken(3));
    let one = HEADER_BYTES as u64 + 3;
    assert_eq!(first.heard, one, "the hello is not counted");
    let mut second = run.supervise();
    second.until(|said| matches!(said, Said::Welcome { .. }).then_some(()));
    assert_eq!(second.heard, one, "the next supervisor is told what was heard, and says the rest");
    second.say(ToKeeper::Resize { columns: 90, rows: 30 });
    second.say(ToKeeper::Input(b"four"));
    second.until_said(Said::InputTaken(7));
    assert_eq!(second.heard, one + HEADER_BYTES as u64 + 4 + HEADER_BYTES as u64 + 4);
    second.until_output("over");
}
