//! A supervised program behaves as an unsupervised one: the same bytes, endings, signals, size and surroundings.

use crate::harness::config::shell;
use crate::harness::{Console, Fleet};
use portable_pty::CommandBuilder;

/// What a program can see of how it was started, without what must differ (process ids, times; ignored signals, which
/// a keeper sets back and which whoever runs these tests may pass on to the unsupervised one).
const LOOK_AROUND: &str = r#"
stty -a; stty size; tty | sed 's/[0-9]*$//'
grep -E '^(SigBlk|SigCgt|NoNewPrivs|Seccomp|CapEff|Umask)' /proc/self/status
for fd in /proc/self/fd/*; do n=${fd##*/}; [ "$n" -le 2 ] && echo "fd $n"; done
set -- /proc/$$/fd/*; echo "open: $#"
cat /proc/self/oom_score_adj; nice; ulimit -a
set -- $(sed 's/.*) //' /proc/$$/stat); echo "leader: $(( $3 == $$ && $4 == $$ && $6 == $$ ))"
printf '\033[31mred\033[0m \342\202\254 \t tab\n'; env | grep -cE '^(TERM|PATH|HOME)='
"#;

/// The same script in a terminal of the same size with nothing between; what came out, and its exit code.
fn bare(fleet: &Fleet, script: &str, typed: Option<(&str, &[u8])>) -> (Vec<u8>, u32) {
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", script]);
    command.cwd(&fleet.root);
    command.env_clear();
    fleet.environment().into_iter().for_each(|(name, value)| command.env(name, value));
    command.env("COLORTERM", "truecolor");
    let mut console = Console::run(command, 100, 30);
    if let Some((shown, bytes)) = typed {
        console.until(shown);
        console.send(bytes);
    }
    let code = console.end();
    (console.bytes(), code)
}

/// The same script as an agent; what came out, and its exit code.
fn supervised(fleet: &Fleet, typed: Option<(&str, &str)>) -> (Vec<u8>, u32) {
    fleet.qd(["start", "a", "--no-wait"]).ok();
    if let Some((shown, key)) = typed {
        fleet.until_screen("a", shown);
        fleet.qd(["send", "a", "--key", key]).ok();
    }
    fleet.fact("a", "agent.ended");
    let code = fleet.agent("a")["exit_code"].as_u64().expect("an exit code");
    (fleet.transcript("a"), code as u32)
}

fn fleet_of(script: &str) -> Fleet {
    let more = "workspace = \"shared\"\nautostart = false\nrestart = \"never\"\nsize = \"100x30\"";
    Fleet::up(&shell("a", script, more))
}

#[track_caller]
fn assert_same(supervised: (Vec<u8>, u32), bare: (Vec<u8>, u32)) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&supervised.0), text(&bare.0), "the output differs");
    assert_eq!(supervised, bare);
}

#[test]
fn the_surroundings_the_bytes_and_the_exit_code_are_the_same() {
    let script = format!("{LOOK_AROUND}\nexit 42");
    let fleet = fleet_of(&script);
    assert_same(supervised(&fleet, None), bare(&fleet, &script, None));
}

#[test]
fn an_interrupt_from_the_keyboard_does_the_same() {
    let script = "trap 'echo interrupted; exit 9' INT; echo up; while :; do sleep 0.05; done";
    let fleet = fleet_of(script);
    assert_same(supervised(&fleet, Some(("up", "ctrl-c"))), bare(&fleet, script, Some(("up", b"\x03"))));
}

#[test]
fn an_end_of_file_from_the_keyboard_does_the_same() {
    let script = "echo up; cat; echo ended $?; exit 1";
    let fleet = fleet_of(script);
    assert_same(supervised(&fleet, Some(("up", "ctrl-d"))), bare(&fleet, script, Some(("up", b"\x04"))));
}

#[test]
fn job_control_works() {
    let script = "set -m; sleep 0.1 & jobs %1 >/dev/null && echo has jobs; fg %1 >/dev/null; echo back $?";
    let fleet = fleet_of(script);
    let (bytes, code) = supervised(&fleet, None);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("has jobs") && text.contains("back 0"), "{text}");
    assert_same((bytes, code), bare(&fleet, script, None));
}

#[test]
fn arguments_reach_the_program_as_they_are() {
    let args = r#"["%s|", "a b", "", "$HOME", "'q'", "*", "--help", "é"]"#;
    let fleet = Fleet::up(&format!("[agents.a]\ncommand = \"printf\"\nargs = {args}\n"));
    fleet.fact("a", "agent.ended");
    assert_eq!(String::from_utf8_lossy(&fleet.transcript("a")), "a b||$HOME|'q'|*|--help|é|");
}
