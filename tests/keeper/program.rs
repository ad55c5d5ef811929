//! The supervised program behaves as unsupervised, and one that can't be started says why.

use crate::harness::{Run, Said, identity};
use quarterdeck::wire::ToKeeper;
use quarterdeck::wire::record::{Ending, KeeperRecord};
use quarterdeck_core::ending::Exit;
use std::os::unix::fs::PermissionsExt;

fn start_failure(run: &mut Run) -> String {
    let mut supervisor = run.started();
    let reason =
        supervisor.until(|said| if let Said::StartFailed(reason) = said { Some(reason.clone()) } else { None });
    assert!(!supervisor.said.iter().any(|said| matches!(said, Said::Started(_))));
    assert_eq!(run.exit_record().unwrap().ending, Ending::StartFailed(reason.clone()));
    supervisor.say(ToKeeper::Dismiss);
    assert!(run.keeper_ended().success());
    reason
}

#[test]
fn sees_the_terminal_environment_and_signals_it_would_see_alone() {
    let script = "test -t 0 && test -t 1 && test -t 2 && echo \"term $TERM size $(stty size) mark $QD_RUN\"; \
                  echo dir $(pwd) umask $(umask); ps -o pid=,pgid=,sid=,tpgid= -p $$; \
                  grep -E '^Sig(Blk|Ign)' /proc/self/status; \
                  for fd in 3 4 5 6 7 8 9 11 12; do test -e /proc/$$/fd/$fd && echo leaked $fd; done; : </dev/tty && echo tty; exit 41";
    let mut run = Run::shell(script);
    run.launch.size = (97, 31);
    let mut supervisor = run.started();
    let pid = supervisor.until_started();
    assert_eq!(supervisor.until_exited(), (Exit::Code(41), 0));
    let text = supervisor.text();
    let mark = &run.launch.mark;
    assert!(text.contains(&format!("term xterm-256color size 31 97 mark {mark}\r\n")), "{text}");
    // SAFETY: umask can't fail; it is put back at once.
    let umask = unsafe { libc::umask(0o022) };
    unsafe { libc::umask(umask) };
    assert!(text.contains(&format!("dir {} umask {umask:04o}\r\n", run.launch.working_directory.display())), "{text}");
    let ids: Vec<u32> = text.lines().nth(2).unwrap().split_whitespace().map(|id| id.parse().unwrap()).collect();
    assert_eq!(ids[..3], [pid; 3], "leads its group and session: {text}");
    for set in ["SigBlk:\t", "SigIgn:\t"] {
        let line = text.lines().find_map(|line| line.strip_prefix(set)).unwrap();
        // Signals 32 and 33 are the C library's own; whatever it inherited for them, nobody may change.
        assert_eq!(u64::from_str_radix(line.trim(), 16).unwrap() & !(0b11 << 31), 0, "{text}");
    }
    assert!(!text.contains("leaked"), "{text}");
    assert!(text.ends_with("tty\r\n"), "{text}");
}

#[test]
fn a_file_is_its_standard_input_and_the_terminal_stays_for_the_rest() {
    let mut run = Run::shell("cat; test ! -t 0 && test -t 1 && test -t 2 && : </dev/tty && echo tty; exit 4");
    std::fs::write(run.path("prompt"), "what is\nto be done\n").unwrap();
    run.launch.input = Some(run.path("prompt"));
    let mut supervisor = run.started();
    assert_eq!(supervisor.until_exited(), (Exit::Code(4), 0));
    assert_eq!(supervisor.text(), "what is\r\nto be done\r\ntty\r\n");
    let mut run = Run::shell("true");
    run.launch.input = Some(run.path("nowhere"));
    assert!(start_failure(&mut run).starts_with("standard input"));
}

#[test]
fn keys_of_the_terminal_signal_the_foreground() {
    let mut run = Run::shell("trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.01; done");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    supervisor.say(ToKeeper::Input(b"\x03"));
    assert_eq!(supervisor.until_exited().0, Exit::Code(7));
    assert!(supervisor.text().contains("caught"));
    assert!(supervisor.said.contains(&Said::InputTaken(1)));
}

#[test]
fn a_resize_is_seen() {
    let mut run = Run::shell("trap 'stty size' WINCH; echo ready; while :; do sleep 0.01; done");
    let mut supervisor = run.started();
    supervisor.until_output("ready");
    supervisor.say(ToKeeper::Resize { columns: 123, rows: 45 });
    supervisor.until_output("45 123");
}

#[test]
fn a_program_that_is_not_on_the_path_says_so() {
    let reason = start_failure(&mut Run::of("claude-of-nowhere", &[]));
    assert_eq!(reason, "exec: no such file: claude-of-nowhere: is it on PATH?");
    assert_eq!(start_failure(&mut Run::of("/no/where", &[])), "exec: no such file: /no/where");
}

#[test]
fn the_path_of_the_launch_is_searched_and_not_ours() {
    let mut run = Run::of("only-here", &[]);
    let program = run.path("only-here");
    std::fs::write(&program, "#!/bin/sh\nexit 9\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    run.launch.environment[0].1 = run.launch.directory.clone().into();
    assert_eq!(run.started().until_exited(), (Exit::Code(9), 0));
    let mut without = Run::of("sh", &["-c", "exit 0"]);
    without.launch.environment[0].1 = "/nowhere".into();
    assert_eq!(start_failure(&mut without), "exec: no such file: sh: is it on PATH?");
}

#[test]
fn a_script_says_what_is_wrong_with_it() {
    let mut run = Run::of("./script", &[]);
    let script = run.path("script");
    std::fs::write(&script, "#!/no/interpreter -x\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let reason = start_failure(&mut run);
    assert!(reason.ends_with("script: its interpreter /no/interpreter does not exist"), "{reason}");

    let mut run = Run::of("./script", &[]);
    std::fs::write(run.path("script"), "#!/bin/sh\n").unwrap();
    let reason = start_failure(&mut run);
    assert!(reason.starts_with("exec: permission denied: ") && reason.ends_with("is it executable?"), "{reason}");
}

#[test]
fn a_missing_directory_is_an_error_and_never_another_directory() {
    let mut run = Run::shell("touch ran");
    run.launch.working_directory = run.path("gone");
    let reason = start_failure(&mut run);
    assert_eq!(reason, format!("working directory {} does not exist", run.path("gone").display()));
    assert!(!run.path("ran").exists());
}

#[test]
fn secrets_are_not_in_ps_nor_in_the_record() {
    let mut run = Run::shell("echo have $TOKEN; sleep 7781");
    run.launch.environment.push(("TOKEN".into(), "hunter2".into()));
    let mut supervisor = run.started();
    supervisor.until_output("have hunter2");
    for file in ["cmdline", "environ", "comm"] {
        let shown = std::fs::read(format!("/proc/{}/{file}", run.keeper_pid())).unwrap();
        assert!(!String::from_utf8_lossy(&shown).contains("hunter2"), "in {file}");
    }
    let comm = std::fs::read_to_string(format!("/proc/{}/comm", run.keeper_pid())).unwrap();
    assert!(comm.starts_with("qd-keeper "), "{comm}");
    let record = KeeperRecord::read(&run.launch.directory).unwrap().unwrap();
    assert_eq!(record.identity, identity(run.keeper_pid()));
    assert_eq!((&record.mark, &record.socket), (&run.launch.mark, &run.launch.socket));
    assert!(!std::fs::read_to_string(run.path("keeper")).unwrap().contains("hunter2"));
    let mode = |name: &str| std::fs::metadata(run.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("socket"), mode("transcript.00000000000000000000"), mode("keeper")), (0o600, 0o600, 0o600));
}

#[test]
fn limits_are_set() {
    let mut run = Run::shell("ulimit -n; ulimit -v; ulimit -u");
    run.launch.limits.open_files = Some(77);
    run.launch.limits.memory_bytes = Some(1 << 30);
    run.launch.limits.processes = Some(99);
    let mut supervisor = run.started();
    supervisor.until_exited();
    // dash has no `ulimit -u`; every shell has the other two.
    assert!(supervisor.text().starts_with("77\r\n1048576\r\n"), "{}", supervisor.text());
}
