//! A repository in a directory of its own, and short words to ask for workspaces in it.

use quarterdeck::config::WorkspaceKind;
use quarterdeck::workspace::{Prepared, Request, Workspaces};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A fleet's root in a directory that goes with it.
pub(crate) struct Fleet {
    directory: tempfile::TempDir,
    pub(crate) root: PathBuf,
    pub(crate) workspaces: Workspaces,
}

impl Fleet {
    /// A repository with one commit.
    pub(crate) fn in_repository() -> Fleet {
        let fleet = Fleet::without_repository();
        fleet.git(&["init", "--quiet", "--initial-branch=main"]);
        fleet.write(".gitignore", "*.log\n.env\n/build/\n");
        fleet.write("src/a.txt", "one\n");
        fleet.commit("first");
        fleet
    }

    /// A plain directory. Its name has a space and a letter beyond ASCII.
    pub(crate) fn without_repository() -> Fleet {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().join("the fleet é");
        std::fs::create_dir(&root).expect("the root");
        Fleet::at(directory, root)
    }

    fn at(directory: tempfile::TempDir, root: PathBuf) -> Fleet {
        let root = root.canonicalize().expect("the root");
        let workspaces = Workspaces::new(&root, &"workspaces".parse().expect("a path"));
        Fleet { directory, root, workspaces }
    }

    /// The same fleet, standing in another directory of the same test.
    pub(crate) fn moved_to(self, root: PathBuf) -> Fleet {
        Fleet::at(self.directory, root)
    }

    pub(crate) fn outside(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.root, arguments)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        write(&self.root.join(path), text);
    }

    pub(crate) fn commit(&self, message: &str) {
        commit(&self.root, message);
    }

    pub(crate) fn branches(&self) -> Vec<String> {
        lines(&self.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads/qd"]))
    }

    /// Paths of the worktrees that git knows, the main one included.
    pub(crate) fn worktrees(&self) -> Vec<String> {
        let list = self.git(&["worktree", "list", "--porcelain"]);
        list.lines().filter_map(|line| line.strip_prefix("worktree ")).map(str::to_owned).collect()
    }

    /// What lies in the workspaces' directory besides our `.gitignore` and our mark.
    pub(crate) fn entries(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.join("workspaces")).expect("workspaces");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| name != ".gitignore" && name != ".fleet").collect()
    }

    pub(crate) fn prepare(&self, agent: &str) -> Prepared {
        self.workspaces.prepare(&worktree(agent)).unwrap_or_else(|error| panic!("{error}"))
    }
}

pub(crate) fn request(agent: &str, kind: WorkspaceKind) -> Request {
    Request {
        agent: agent.to_owned(),
        kind,
        base: None,
        copy: Vec::new(),
        cwd: ".".parse().expect("a path"),
        abandon: Default::default(),
    }
}

pub(crate) fn worktree(agent: &str) -> Request {
    request(agent, WorkspaceKind::Worktree)
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
    std::fs::write(path, text).expect("a file");
}

pub(crate) fn commit(directory: &Path, message: &str) {
    git(directory, &["add", "--all"]);
    git(directory, &["commit", "--quiet", "--allow-empty", "-m", message]);
}

/// git with an identity of its own and nobody's configuration; it must succeed.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = try_git(directory, arguments);
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub(crate) fn try_git(directory: &Path, arguments: &[&str]) -> Output {
    let settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"];
    let mut command = Command::new("git");
    command.current_dir(directory).args(settings).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.output().expect("git")
}

pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
