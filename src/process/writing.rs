//! Who writes: what a process has written so far, and whether it has a file open for writing (proc(5)).

use std::path::Path;

/// What a process, and every child it has waited for, has written so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenBytes {
    /// Handed to write(2) and its kin, terminals and pipes included.
    pub in_all: u64,
    /// On their way to a disk. File systems without one (tmpfs) count nothing here.
    pub to_disk: u64,
}

impl std::ops::AddAssign for WrittenBytes {
    fn add_assign(&mut self, other: WrittenBytes) {
        self.in_all += other.in_all;
        self.to_disk += other.to_disk;
    }
}

/// What a process has written so far; none when it is gone or not ours to look at.
pub fn written_bytes(pid: u32) -> Option<WrittenBytes> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io")).ok()?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some(WrittenBytes { in_all: field("wchar:")?, to_disk: field("write_bytes:").unwrap_or_default() })
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

/// The flags of open(2) in a descriptor's `fdinfo`, which are in octal.
fn flags(info: &str) -> Option<i32> {
    let octal = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
    i32::from_str_radix(octal.trim(), 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_is_seen_while_it_is_open_for_writing() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().canonicalize().expect("a path").join("file");
        let mut file = std::fs::File::create(&path).expect("a file");
        let before = written_bytes(std::process::id()).expect("ours to see");
        file.write_all(b"12345").expect("written");
        assert!(written_bytes(std::process::id()).expect("ours to see").in_all >= before.in_all + 5);
        assert!(is_writing(std::process::id(), &path));
        drop(file);
        let _reader = std::fs::File::open(&path).expect("a file");
        assert!(!is_writing(std::process::id(), &path), "reading is no writing");
        assert_eq!((written_bytes(0), flags("pos:\t0\nflags:\t0100001\n")), (None, Some(0o100001)));
    }
}
