//! Runs setup commands in the agent's own terminal, once per workspace: they are put before the program, and a marker
//! file records that they completed.

use super::error::{WorkspaceError, io_error};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Runs each command in a shell of its own, stops at the first that fails with its exit code, writes the marker, and
/// becomes the program. A variable that one command exports does not reach the program, because it would be missing in
/// the next run. No text of the user is pasted into the script: commands, marker and program are arguments.
///
/// The standard input of a program is not for its setup: where it is not a terminal, setup reads nothing.
const SCRIPT: &str = r#"marker=$1; left=$2; shift 2
if [ -t 0 ]; then exec 3<&0; else exec 3</dev/null; fi
while [ "$left" -gt 0 ]; do
  printf '\033[2msetup: %s\033[0m\n' "$1"
  sh -e -c "$1" <&3 3<&- || { code=$?; printf '\033[31msetup failed with exit code %s: %s\033[0m\n' "$code" "$1"; exit "$code"; }
  shift; left=$((left - 1))
done
: > "$marker" || exit 1
if [ -t 1 ]; then printf '\033_qd-setup-ends\033\\'; fi
exec "$@" 3<&-"#;

/// The bytes that setup prints when it has completed, right before its program begins: a control string that no
/// terminal shows (ECMA-48, APC).
pub const SETUP_ENDS: &str = "\x1b_qd-setup-ends\x1b\\";

/// Returns the program and arguments that run `setup` first, then become `program`; `marker` is
/// [`super::Prepared::setup_marker`]. With nothing to set up, returns the given program.
pub fn with_setup(
    program: OsString,
    arguments: Vec<OsString>,
    setup: &[String],
    marker: &Path,
) -> (OsString, Vec<OsString>) {
    if setup.is_empty() {
        return (program, arguments);
    }
    let head = ["-c", SCRIPT, "qd-setup"].map(OsString::from);
    let count = setup.len().to_string();
    let composed = head
        .into_iter()
        .chain([marker.as_os_str().to_owned(), count.into()])
        .chain(setup.iter().map(OsString::from))
        .chain([program])
        .chain(arguments);
    ("sh".into(), composed.collect())
}

/// Writes the marker that setup has completed, for setup that was run in another way.
///
/// # Errors
/// When the marker can't be written.
pub fn mark_setup_done(marker: &Path) -> Result<(), WorkspaceError> {
    std::fs::write(marker, "").map_err(io_error("write", marker))
}

/// Path of the setup marker of a workspace that is not a worktree.
pub(super) fn marker(all: &Path, agent: &str) -> PathBuf {
    all.join(format!(".setup-{agent}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Runs a composed command line in a fresh directory; returns its output, its exit code, and whether the marker
    /// exists.
    fn run(setup: &[&str], program: &[&str]) -> (String, Option<i32>, bool) {
        let directory = tempfile::tempdir().expect("a directory");
        let marker = directory.path().join("a marker's file");
        let setup: Vec<String> = setup.iter().map(|command| (*command).to_owned()).collect();
        let arguments = program[1..].iter().map(OsString::from).collect();
        let (program, arguments) = with_setup(program[0].into(), arguments, &setup, &marker);
        let output = Command::new(program).args(arguments).current_dir(directory.path()).output().expect("run");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code(), marker.exists())
    }

    #[test]
    fn setup_runs_in_order_then_the_program_with_its_own_arguments() {
        let (printed, code, marked) =
            run(&["echo one; export LEAK=1", "echo 'two )'"], &["sh", "-c", "echo \"$1 $LEAK.\"; exit 3", "x", "a  b"]);
        let lines: Vec<&str> = printed.lines().filter(|line| !line.contains("setup:")).collect();
        assert_eq!((lines, code, marked), (vec!["one", "two )", "a  b ."], Some(3), true));
    }

    #[test]
    fn setup_leaves_the_programs_input_to_the_program() {
        let directory = tempfile::tempdir().expect("a directory");
        let input = directory.path().join("input");
        std::fs::write(&input, "prompt\n").expect("a file");
        let (program, arguments) =
            with_setup("cat".into(), Vec::new(), &["cat; cat".to_owned()], &directory.path().join("marker"));
        let mut command = Command::new(program);
        command.args(arguments).stdin(std::fs::File::open(&input).expect("there"));
        let printed = command.output().expect("run").stdout;
        assert!(String::from_utf8_lossy(&printed).ends_with("\nprompt\n"), "{printed:?}");
    }

    #[test]
    fn a_failing_command_stops_everything_with_its_code() {
        let (printed, code, marked) = run(&["exit 7", "echo never"], &["echo", "program"]);
        assert!(
            printed.contains("exit code 7") && !printed.lines().any(|line| line == "never" || line == "program"),
            "{printed}"
        );
        assert_eq!((code, marked), (Some(7), false));
    }

    #[test]
    fn unbalanced_quotes_hurt_nobody_else() {
        let (_, code, marked) = run(&["echo 'oops"], &["echo", "program"]);
        assert!(code != Some(0) && !marked);
    }

    #[test]
    fn nothing_to_set_up_changes_nothing() {
        assert_eq!(with_setup("a".into(), vec!["b".into()], &[], Path::new("m")), ("a".into(), vec!["b".into()]));
    }
}
