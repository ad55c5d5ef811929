//! How runs end: told at once, with all of their output, and on record.

use crate::harness::{Run, Said, Supervisor, spawn, stat, until};
use quarterdeck::keeper::EXIT_HELD;
use quarterdeck::wire::record::{Ending, KeeperRecord};
use quarterdeck::wire::{ToKeeper, VERSIONS, Versions};
use quarterdeck_core::ending::{Exit, TreeReport};

#[test]
fn exits_at_once_with_3() {
    let mut run = Run::shell("exit 3");
    let mut supervisor = run.started();
    assert_eq!(supervisor.until_exited(), (Exit::Code(3), 0));
    assert_eq!(supervisor.until_emptied(), TreeReport::default());
    let record = run.exit_record().unwrap();
    assert_eq!(record.ending, Ending::Exited(Exit::Code(3)));
    assert_eq!(record.emptied, Some(TreeReport::default()));
    assert!(record.ended_unix_ms >= record.started_unix_ms && record.resident_max_bytes > 0);
    supervisor.say(ToKeeper::Dismiss);
    assert!(run.keeper_ended().success());
    assert!(!run.launch.socket.exists());
    assert_eq!(KeeperRecord::read(&run.launch.directory).unwrap(), None);
    assert!(run.exit_record().is_some());
}

#[test]
fn a_death_by_signal_is_told() {
    let mut run = Run::shell("kill -USR1 $$; sleep 7781");
    let mut supervisor = run.started();
    assert_eq!(supervisor.until_exited(), (Exit::Signal(libc::SIGUSR1), 0));
    supervisor.until_emptied();
    assert_eq!(run.exit_record().unwrap().ending, Ending::Exited(Exit::Signal(libc::SIGUSR1)));
}

#[test]
fn the_last_output_is_never_lost() {
    for round in 0..100 {
        let bytes = 100 + round * 317;
        let mut run = Run::shell(&format!("head -c {bytes} /dev/zero | tr '\\0' x; printf end"));
        let mut supervisor = run.started();
        assert_eq!(supervisor.until_exited(), (Exit::Code(0), 0));
        assert_eq!(supervisor.output.len(), bytes + 3, "round {round}");
        assert!(supervisor.output.ends_with(b"xend"));
    }
}

#[test]
fn a_descendant_that_holds_the_terminal_does_not_delay_the_exit() {
    let mut run = Run::shell("setsid sh -c 'echo $$ >pid; exec sleep 7781' & while ! test -s pid; do :; done; exit 5");
    let mut supervisor = run.started();
    assert_eq!(supervisor.until_exited(), (Exit::Code(5), 1));
    assert_eq!(run.exit_record().unwrap().emptied, None);
    supervisor.say(ToKeeper::KillTree);
    assert_eq!(supervisor.until_emptied(), TreeReport { left_on_signal: 0, killed: 1 });
    assert_eq!(run.exit_record().unwrap().emptied, Some(TreeReport { left_on_signal: 0, killed: 1 }));
}

#[test]
fn one_that_leaves_by_itself_is_counted_so() {
    let mut run =
        Run::shell("setsid sh -c 'echo $$ >pid; read x <gate' >/dev/null 2>&1 & while ! test -s pid; do :; done");
    nix::unistd::mkfifo(&run.path("gate"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut supervisor = run.started();
    assert_eq!(supervisor.until_exited(), (Exit::Code(0), 1));
    std::fs::write(run.path("gate"), "go\n").unwrap();
    assert_eq!(supervisor.until_emptied(), TreeReport { left_on_signal: 1, killed: 0 });
}

#[test]
fn closes_its_terminal_and_lives_on() {
    let mut run = Run::shell(
        "echo before; exec </dev/null >/dev/null 2>&1; echo $$ >closed; read x <gate; echo again >/dev/tty; exit 4",
    );
    nix::unistd::mkfifo(&run.path("gate"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut supervisor = run.started();
    supervisor.until_output("before");
    until("it closed its terminal", || run.path("closed").exists().then_some(()));
    let busy = stat(run.keeper_pid()).own_ticks;
    let mut other = Run::shell("sleep 0.3");
    other.started().until_exited();
    assert!(stat(run.keeper_pid()).own_ticks <= busy + 5, "the keeper spins on a terminal that nobody has");
    std::fs::write(run.path("gate"), "go\n").unwrap();
    assert_eq!(supervisor.until_exited(), (Exit::Code(4), 0));
    assert!(supervisor.text().contains("again"));
}

#[test]
fn a_second_keeper_can_not_have_the_run() {
    let mut run = Run::of("sleep", &["7781"]);
    let mut supervisor = run.started();
    let pid = supervisor.until_started();
    let (mut second, said) = spawn(&run.launch);
    assert_eq!(said, "");
    assert_eq!(second.wait().unwrap().code(), Some(i32::from(EXIT_HELD)));
    assert!(stat(pid).is_alive() && run.launch.socket.exists());
    supervisor.say(ToKeeper::Signal { signal: libc::SIGTERM });
    assert_eq!(supervisor.until_exited(), (Exit::Signal(libc::SIGTERM), 0));
    assert_eq!(supervisor.until_emptied(), TreeReport { left_on_signal: 1, killed: 0 });
}

#[test]
fn a_socket_that_was_left_over_is_taken_over() {
    let mut run = Run::shell("exit 0");
    drop(std::os::unix::net::UnixListener::bind(&run.launch.socket).unwrap());
    assert!(run.launch.socket.exists());
    assert_eq!(run.started().until_exited(), (Exit::Code(0), 0));
}

#[test]
fn a_version_that_is_not_spoken_is_refused_and_the_run_goes_on() {
    let mut run = Run::shell("sleep 7781");
    run.started().until_started();
    let later = Versions { min: VERSIONS.max + 1, max: VERSIONS.max + 5 };
    let mut refused = Supervisor::connect_with(&run.launch.socket, 0, later);
    assert_eq!(refused.hear(), Said::Refused(VERSIONS));
    assert_eq!(refused.hear(), Said::Closed);
}

#[test]
fn a_launch_that_is_none_is_refused() {
    let mut run = Run::shell("exit 0");
    run.launch.socket = "relative".into();
    let (mut child, said) = spawn(&run.launch);
    assert_eq!((said.as_str(), child.wait().unwrap().code()), ("", Some(i32::from(quarterdeck::keeper::EXIT_LAUNCH))));
}
