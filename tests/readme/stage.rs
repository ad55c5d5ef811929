//! A directory in which a newcomer could type what the README says: `qd` and stand-ins for other programs on PATH, a
//! home, sockets, and repositories of its own. Whatever runs in it when it is dropped is killed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A block of the README that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// Programs that the README names and a machine need not have.
const STAND_INS: [(&str, &str); 2] = [
    (
        "claude",
        "printf '> '\nwhile read -r line; do printf '%s\\n' \"$line\" >hello.txt; printf 'thinking about: %s\\n> ' \"$line\"; done\n",
    ),
    (
        "npm",
        "case $* in\n  ci) echo 'added 1 package' ;;\n  *) test -f .env && echo 'waiting for changes' && exec sleep 1000000 ;;\nesac\n",
    ),
];

/// Whether a program is on this machine's PATH.
pub(crate) fn has(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|path| path.join(program).is_file())
}

/// See the module.
pub(crate) struct Stage {
    directory: tempfile::TempDir,
    fleet: PathBuf,
}

impl Stage {
    /// With a fresh clone of this repository.
    pub(crate) fn clone_of_ours() -> Stage {
        let stage = Stage::empty();
        stage.run(&format!("git clone --quiet '{}' .", env!("CARGO_MANIFEST_DIR")));
        stage
    }

    /// With a repository that has one commit and an untracked `.env`.
    pub(crate) fn with_a_repository() -> Stage {
        let stage = Stage::empty();
        stage.run(
            "git init --quiet .
             printf '/.env\\n' > .gitignore
             printf 'def greet():\\n    pass  # TODO: say hello\\n' > main.py
             git add .
             git commit --quiet --message 'A beginning'
             echo 'PORT=8080' > .env",
        );
        stage
    }

    /// The same, with this `agents.toml`.
    pub(crate) fn with_a_fleet(agents_toml: &str) -> Stage {
        let stage = Stage::with_a_repository();
        fs::write(stage.fleet.join("agents.toml"), agents_toml).expect("a file");
        stage
    }

    fn empty() -> Stage {
        let directory = tempfile::tempdir().expect("a directory");
        let fleet = directory.path().join("lighthouse");
        let (bin, home) = (directory.path().join("bin"), directory.path().join("home"));
        [&fleet, &bin, &home].iter().for_each(|path| fs::create_dir(path).expect("a directory"));
        symlink(env!("CARGO_BIN_EXE_qd"), bin.join("qd")).expect("a link");
        for (name, script) in STAND_INS {
            let path = bin.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}")).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the mode");
        }
        let settings = "[user]\n\tname = Newcomer\n\temail = newcomer@localhost\n[safe]\n\tdirectory = *\n";
        fs::write(home.join(".gitconfig"), settings).expect("a file");
        Stage { directory, fleet }
    }

    /// Runs a script for sh in the fleet's directory; its first command that fails ends it, and the test. Returns
    /// what it printed on standard output.
    pub(crate) fn run(&self, script: &str) -> String {
        let (status, printed, complaints) = self.ended(script);
        assert!(status.success(), "{status} from:\n{script}\nit printed:\n{printed}\nand:\n{complaints}");
        printed
    }

    /// `qd` with one word, and what it ended with.
    pub(crate) fn exit_code(&self, word: &str) -> Option<i32> {
        self.ended(&format!("qd {word}")).0.code()
    }

    /// Files rather than pipes: what a background process inherits must not keep us waiting.
    fn ended(&self, script: &str) -> (ExitStatus, String, String) {
        let paths = ["printed", "complaints"].map(|name| self.directory.path().join(name));
        let [printed, complaints] = paths.each_ref().map(|path| Stdio::from(fs::File::create(path).expect("a file")));
        let mut child = self.command(script).stdout(printed).stderr(complaints).spawn().expect("sh");
        let group = nix::unistd::Pid::from_raw(child.id().cast_signed());
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || tell.send(child.wait()));
        let status = match told.recv_timeout(PATIENCE) {
            Ok(status) => status.expect("a status"),
            Err(_) => {
                nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).ok();
                ExitStatus::from_raw(libc::SIGKILL)
            }
        };
        let [printed, complaints] = paths.map(|path| String::from_utf8_lossy(&fs::read(path).expect("read")).into());
        (status, printed, complaints)
    }

    fn command(&self, script: &str) -> Command {
        let within = |name: &str| self.directory.path().join(name);
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(within("bin")).chain(std::env::split_paths(&inherited));
        let mut command = Command::new("sh");
        command
            .args(["-eu", "-c", script])
            .current_dir(&self.fleet)
            .process_group(0)
            .stdin(Stdio::null())
            .env("PATH", std::env::join_paths(path).expect("a PATH"))
            .env("HOME", within("home"))
            .env("QD_RUNTIME_DIR", within("run"));
        for name in ["QD_CONFIG", "XDG_CONFIG_HOME", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(name);
        }
        command
    }

    /// The fleet's directory.
    pub(crate) fn fleet(&self) -> &Path {
        &self.fleet
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // That nothing runs any more is what most tests have reached by themselves.
        let _ = self.command("qd down --kill").stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
