//! The fields of a message that goes through a standard input: its byte count as u32, a version as u16, then each
//! field, all little-endian; texts and lists are preceded by their length as u32.

use std::ffi::{OsStr, OsString};
use std::io;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// The largest launch accepted, bytes: Linux limits arguments and environment together to 6 MiB (execve(2)). Beyond it,
/// the start fails and says so.
pub(super) const LAUNCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The reason why a launch can't be read.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The pipe ended early or failed.
    #[error("the launch could not be read: {0}")]
    Io(#[from] io::Error),
    /// The launch claims more bytes than [`LAUNCH_BYTES_MAX`].
    #[error("a launch of {0} bytes is more than {LAUNCH_BYTES_MAX}")]
    TooLarge(usize),
    /// A field is missing or holds a value that it can't have.
    #[error("the launch is malformed at its field `{0}`")]
    Malformed(&'static str),
}

/// Begins a message of this version, without its fields yet.
pub(super) fn begin(version: u16) -> Vec<u8> {
    let mut out = vec![0; 4];
    out.extend_from_slice(&version.to_le_bytes());
    out
}

/// Puts the length before a message that is complete.
pub(super) fn finish(mut out: Vec<u8>) -> Vec<u8> {
    let length = (out.len() - 4) as u32;
    out[..4].copy_from_slice(&length.to_le_bytes());
    out
}

/// Reads one message by its length, and not a byte more.
pub(super) fn read_whole(from: &mut impl Read) -> Result<Vec<u8>, LaunchError> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LAUNCH_BYTES_MAX {
        return Err(LaunchError::TooLarge(length));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn put_arguments(out: &mut Vec<u8>, arguments: &[OsString]) {
    put_count(out, arguments.len());
    arguments.iter().for_each(|argument| put_bytes(out, argument.as_bytes()));
}

pub(super) fn put_environment(out: &mut Vec<u8>, environment: &[(OsString, OsString)]) {
    put_count(out, environment.len());
    for (name, value) in environment {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value.as_bytes());
    }
}

pub(super) fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&(count as u32).to_le_bytes());
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

pub(super) fn put_path(out: &mut Vec<u8>, path: &Path) {
    put_bytes(out, path.as_os_str().as_bytes());
}

/// Writes a number, or `u64::MAX` for none: no useful limit is as large.
pub(super) fn put_optional(out: &mut Vec<u8>, value: Option<u64>) {
    out.extend_from_slice(&value.unwrap_or(u64::MAX).to_le_bytes());
}

pub(super) fn put_span(out: &mut Vec<u8>, span: Duration) {
    out.extend_from_slice(&u64::try_from(span.as_millis()).unwrap_or(u64::MAX).to_le_bytes());
}

/// The fields of a message that are not read yet.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Fields<'a> {
        Fields { rest: bytes }
    }

    fn take(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], LaunchError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(LaunchError::Malformed(field))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], LaunchError> {
        self.take(N, field)?.try_into().map_err(|_| LaunchError::Malformed(field))
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, LaunchError> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, LaunchError> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, field: &'static str) -> Result<u64, LaunchError> {
        self.array(field).map(u64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self, field: &'static str) -> Result<&'a [u8], LaunchError> {
        let length = self.u32(field)? as usize;
        self.take(length, field)
    }

    pub(super) fn os_string(&mut self, field: &'static str) -> Result<OsString, LaunchError> {
        self.bytes(field).map(|bytes| OsString::from_vec(bytes.to_vec()))
    }

    pub(super) fn path(&mut self, field: &'static str) -> Result<PathBuf, LaunchError> {
        self.bytes(field).map(|bytes| PathBuf::from(OsStr::from_bytes(bytes)))
    }

    pub(super) fn optional(&mut self, field: &'static str) -> Result<Option<u64>, LaunchError> {
        Ok(Some(self.u64(field)?).filter(|value| *value != u64::MAX))
    }

    /// Reads a field that an older build does not write; none if it is missing.
    pub(super) fn later<T>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<T, LaunchError>,
    ) -> Result<Option<T>, LaunchError> {
        if self.rest.is_empty() { Ok(None) } else { read(self).map(Some) }
    }

    pub(super) fn span(&mut self, field: &'static str) -> Result<Duration, LaunchError> {
        self.u64(field).map(Duration::from_millis)
    }

    /// Reads a list. A count larger than the remaining bytes could hold is refused before memory is allocated for it.
    fn list<T>(
        &mut self,
        field: &'static str,
        item: impl Fn(&mut Self) -> Result<T, LaunchError>,
    ) -> Result<Vec<T>, LaunchError> {
        let count = self.u32(field)? as usize;
        if count > self.rest.len() / 4 {
            return Err(LaunchError::Malformed(field));
        }
        (0..count).map(|_| item(self)).collect()
    }

    pub(super) fn arguments(&mut self) -> Result<Vec<OsString>, LaunchError> {
        self.list("arguments", |fields| fields.os_string("arguments"))
    }

    pub(super) fn environment(&mut self) -> Result<Vec<(OsString, OsString)>, LaunchError> {
        self.list("environment", |fields| Ok((fields.os_string("environment")?, fields.os_string("environment")?)))
    }
}
