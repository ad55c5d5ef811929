//! Starting a supervisor when there is none: a script stands in for `qd __supervisor`.

use crate::fleet::Fleet;
use quarterdeck::client::ensure::{Lifetime, Verbosity, take_over};
use quarterdeck::client::{Background, Client, ClientError, Joined, ensure};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tokio::io::AsyncBufReadExt;

/// A program that runs these lines of sh.
fn program(fleet: &Fleet, lines: &str) -> Background {
    let path = fleet.place.root.join("supervisor.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("executable");
    Background { program: path, lifetime: Lifetime::Headless, verbosity: Verbosity::Usual }
}

/// Two named pipes: the script says that it was started, and waits for leave to say that it is ready.
fn pipes(fleet: &Fleet) -> (PathBuf, PathBuf) {
    let make = |name: &str| {
        let path = fleet.place.root.join(name);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        path
    };
    (make("started"), make("leave"))
}

#[tokio::test]
async fn of_two_that_start_at_once_one_starts_it_and_both_are_joined() {
    let fleet = Fleet::silent();
    let (started, leave) = pipes(&fleet);
    let background = program(&fleet, "echo \"$@\" >> count; echo x > started; read x < leave; echo R; exec >&-");
    let both = async { tokio::join!(ensure(&fleet.place, &background), ensure(&fleet.place, &background)) };
    let supervisor = async {
        let file = tokio::fs::File::open(&started).await.expect("a pipe");
        tokio::io::BufReader::new(file).lines().next_line().await.expect("started");
        fleet.listen();
        tokio::fs::write(&leave, "go\n").await.expect("leave given");
    };
    let ((one, other), ()) = tokio::join!(both, supervisor);
    let mut joined = [one.expect("a client").1, other.expect("a client").1];
    joined.sort_by_key(|joined| *joined == Joined::Started);
    assert_eq!(joined, [Joined::Running, Joined::Started]);
    let words = std::fs::read_to_string(fleet.place.root.join("count")).expect("counted");
    let expected = format!("__supervisor --root {} --headless\n", fleet.place.config_path.display());
    assert_eq!(words, expected, "started once, with these words");
}

#[tokio::test]
async fn one_that_is_killed_while_it_is_asked_is_replaced() {
    let fleet = Fleet::silent();
    let dying = tokio::net::UnixListener::bind(&fleet.place.control_socket).expect("a socket");
    let killed = tokio::spawn(async move {
        let (asked, _) = dying.accept().await.expect("asked");
        asked.readable().await.expect("a hello");
        drop((asked, dying));
    });
    let background = program(&fleet, "printf 'Eit was started'");
    match ensure(&fleet.place, &background).await {
        Err(ClientError::CannotStart { why }) => assert_eq!(why, "it was started"),
        other => panic!("{other:?}"),
    }
    killed.await.expect("killed");
}

#[tokio::test]
async fn what_keeps_it_from_starting_reaches_the_user_in_its_own_words() {
    let fleet = Fleet::silent();
    let background = program(&fleet, "printf 'Eagents.toml:3:1: unknown key `comand`\\ndid you mean `command`?\\n'");
    match ensure(&fleet.place, &background).await {
        Err(ClientError::CannotStart { why }) => {
            assert_eq!(why, "agents.toml:3:1: unknown key `comand`\ndid you mean `command`?");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_verbose_start_makes_the_supervisor_log_more() {
    let fleet = Fleet::silent();
    let usual = program(&fleet, "printf 'Elogs %s' \"${QD_LOG:-as usual}\"");
    let verbose = Background { verbosity: Verbosity::Debug, ..usual.clone() };
    for (background, says) in [(usual, "logs as usual"), (verbose, "logs debug")] {
        match ensure(&fleet.place, &background).await {
            Err(ClientError::CannotStart { why }) => assert_eq!(why, says),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn one_that_dies_without_a_word_is_described_by_its_last_words() {
    let fleet = Fleet::silent();
    let background = program(&fleet, "echo 'thread main panicked' >&2; exit 101");
    match ensure(&fleet.place, &background).await {
        Err(ClientError::CannotStart { why }) => {
            assert!(why.contains("exit status: 101") && why.contains("thread main panicked"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    let missing =
        Background { program: "/nowhere/qd".into(), lifetime: Lifetime::Configured, verbosity: Verbosity::Usual };
    let error = ensure(&fleet.place, &missing).await.expect_err("no such program");
    assert!(error.to_string().contains("cannot run /nowhere/qd"), "{error}");
}

#[tokio::test]
async fn a_loser_that_finds_the_fleet_taken_leads_to_the_winner() {
    let fleet = Fleet::silent();
    let (started, leave) = pipes(&fleet);
    let background = program(&fleet, "echo x > started; read x < leave; echo 'Eanother supervisor holds the fleet'");
    let supervisor = async {
        let file = tokio::fs::File::open(&started).await.expect("a pipe");
        tokio::io::BufReader::new(file).lines().next_line().await.expect("started");
        fleet.listen();
        tokio::fs::write(&leave, "go\n").await.expect("leave given");
    };
    let (joined, ()) = tokio::join!(ensure(&fleet.place, &background), supervisor);
    assert_eq!(joined.expect("a client").1, Joined::Running);
}

/// Names the socket for the process below; without it that is no process but a test with nothing to do.
const HUNG_SOCKET: &str = "QD_TEST_HUNG_SOCKET";

#[test]
fn a_process_that_listens_and_never_answers() {
    let Some(socket) = std::env::var_os(HUNG_SOCKET) else { return };
    let _listener = std::os::unix::net::UnixListener::bind(socket).expect("a socket");
    println!("listening");
    loop {
        std::thread::park();
    }
}

#[tokio::test]
async fn a_supervisor_that_hangs_is_replaced_without_its_help() {
    let fleet = Fleet::silent();
    take_over(&fleet.place).await.expect("nobody to replace");
    let mut hung = tokio::process::Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "ensure::a_process_that_listens_and_never_answers", "--nocapture"])
        .env(HUNG_SOCKET, &fleet.place.control_socket)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it runs");
    let mut lines = tokio::io::BufReader::new(hung.stdout.take().expect("a pipe")).lines();
    while !lines.next_line().await.expect("readable").expect("a line").contains("listening") {}
    take_over(&fleet.place).await.expect("replaced");
    let status = hung.wait().await.expect("an end");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    assert!(Client::connect(&fleet.place).await.expect_err("gone").is_absent());
}
