//! Counts the bytes that a process has read and written so far, and tells whether it has a file open for writing
//! (proc(5)).

use std::path::Path;

/// The bytes that a process, and every child it has waited for, have read and written so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IoBytes {
    /// Bytes from read(2) and similar calls. When a program is started, its bytes count as read by the process that
    /// starts it.
    pub read: u64,
    /// Bytes given to write(2) and similar calls, terminals and pipes included.
    pub written: u64,
    /// Bytes on their way to a disk. File systems without one (tmpfs) count nothing here.
    pub to_disk: u64,
}

impl std::ops::AddAssign for IoBytes {
    fn add_assign(&mut self, other: IoBytes) {
        self.read += other.read;
        self.written += other.written;
        self.to_disk += other.to_disk;
    }
}

impl std::ops::Sub for IoBytes {
    type Output = IoBytes;

    /// The bytes that were written between two readings; zero where the later one counted less.
    fn sub(self, earlier: IoBytes) -> IoBytes {
        IoBytes {
            read: self.read.saturating_sub(earlier.read),
            written: self.written.saturating_sub(earlier.written),
            to_disk: self.to_disk.saturating_sub(earlier.to_disk),
        }
    }
}

/// Returns the bytes that a process has read and written so far; none when it is gone or belongs to another user.
pub fn io_bytes(pid: u32) -> Option<IoBytes> {
    counted(&Path::new("/proc").join(pid.to_string()))
}

/// Returns the bytes that the children which a process has waited for had read and written, without those of its own
/// threads; none when it is gone or belongs to another user. Threads that have ended count as children.
pub fn io_bytes_of_reaped(pid: u32) -> Option<IoBytes> {
    let process = Path::new("/proc").join(pid.to_string());
    let mut reaped = counted(&process)?;
    for thread in std::fs::read_dir(process.join("task")).ok()?.flatten() {
        reaped = reaped - counted(&thread.path()).unwrap_or_default();
    }
    Some(reaped)
}

/// Reads the counts of a process or a thread from its directory in `/proc`.
fn counted(directory: &Path) -> Option<IoBytes> {
    let text = std::fs::read_to_string(directory.join("io")).ok()?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some(IoBytes {
        read: field("rchar:")?,
        written: field("wchar:")?,
        to_disk: field("write_bytes:").unwrap_or_default(),
    })
}

/// Returns how long the live threads of a process have run, nanoseconds; 0 when it is gone, or where Linux does not
/// count it. The time of a sleeping process does not grow.
pub fn ran_ns(pid: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let ran = |thread: std::fs::DirEntry| -> Option<u64> {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    threads.filter_map(ran).sum()
}

/// Whether a process has this file open for writing now.
pub fn is_writing(pid: u32, file: &Path) -> bool {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let opened = |descriptor: &std::fs::DirEntry| std::fs::read_link(descriptor.path()).is_ok_and(|open| open == file);
    descriptors.filter(opened).any(|descriptor| {
        let info = Path::new("/proc").join(pid.to_string()).join("fdinfo").join(descriptor.file_name());
        let flags = std::fs::read_to_string(info).ok().and_then(|text| flags(&text));
        flags.is_some_and(|flags| flags & (libc::O_WRONLY | libc::O_RDWR) != 0)
    })
}

/// Returns the flags of open(2) from a descriptor's `fdinfo`, where they are in octal.
fn flags(info: &str) -> Option<i32> {
    let octal = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    i32::from_str_radix(octal.trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_children_wrote_is_told_from_what_their_parent_wrote() {
        // A shell of its own, so that no other test writes beside it.
        let script = "sh -c 'printf 12345' > /dev/null; printf 678 > /dev/null; \
            echo ready; read _";
        let mut shell = std::process::Command::new("sh")
            .args(["-c", script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take().expect("its output")), &mut line)
            .expect("it is ready");
        let (all, reaped) = (io_bytes(shell.id()), io_bytes_of_reaped(shell.id()));
        drop(shell.stdin.take());
        shell.wait().expect("it ends");
        let (all, reaped) = (all.expect("ours to see").written, reaped.expect("ours to see").written);
        assert_eq!((reaped, all - reaped), (5, 3 + "ready\n".len() as u64));
    }

    #[test]
    fn who_works_has_run_longer() {
        let before = ran_ns(std::process::id());
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        // Linux updates the count when it lets another thread run.
        while ran_ns(std::process::id()) <= before {
            assert!(std::time::Instant::now() < until, "it works: {before}");
            std::thread::yield_now();
        }
        assert_eq!(ran_ns(0), 0, "nobody");
    }

    #[test]
    fn a_file_is_seen_while_it_is_open_for_writing() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().canonicalize().expect("a path").join("file");
        let mut file = std::fs::File::create(&path).expect("a file");
        let before = io_bytes(std::process::id()).expect("ours to see");
        file.write_all(b"12345").expect("written");
        assert!(io_bytes(std::process::id()).expect("ours to see").written >= before.written + 5);
        assert!(is_writing(std::process::id(), &path));
        drop(file);
        let _reader = std::fs::File::open(&path).expect("a file");
        assert!(!is_writing(std::process::id(), &path), "reading is no writing");
        assert_eq!((io_bytes(0), flags("pos:\t0\nflags:\t0100001\n")), (None, Some(0o100001)));
    }
}
