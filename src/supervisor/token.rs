//! The secret with which a run proves who it is: `QD_RUN_PROOF`, or by its older name `QD_TOKEN`.
//!
//! A token consists of the run's number and a keyed hash of it (HMAC-SHA-256, RFC 2104), so none has to be stored and
//! each is still valid after a supervisor was killed. The key belongs to the fleet, in `.quarterdeck/secret`, readable
//! for its owner only.
//!
//! **Invariant:** a token made for one run names no other (`a_token_names_its_run_and_no_other`).

use crate::{random, regular};
use hmac::{Hmac, KeyInit, Mac};
use quarterdeck_core::ids::RunId;
use sha2::Sha256;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The name of the key's file below the state directory.
const SECRET_FILE: &str = "secret";
/// The length of the key in bytes, as long as the hash (RFC 2104, section 3).
const KEY_BYTES: usize = 32;

/// Creates and verifies the tokens of runs.
pub(super) struct Tokens {
    key: [u8; KEY_BYTES],
}

impl Tokens {
    /// Opens the fleet's key, and creates it if there is none.
    ///
    /// # Errors
    /// The error of the system, if the key can be neither read nor created.
    pub(super) fn open(state_directory: &Path) -> io::Result<Tokens> {
        let path = state_directory.join(SECRET_FILE);
        let key = regular::bytes(&path, KEY_BYTES as u64).ok().and_then(|bytes| bytes.try_into().ok());
        match key {
            Some(key) => Ok(Tokens { key }),
            None => Ok(Tokens { key: make(&path)? }),
        }
    }

    /// Writes the key again if its file was deleted, so that the agents' tokens are valid under the next supervisor.
    ///
    /// # Errors
    /// The error of the system, if the key can't be written.
    pub(super) fn keep(&self, state_directory: &Path) -> io::Result<()> {
        let path = state_directory.join(SECRET_FILE);
        if path.exists() { Ok(()) } else { write(&path, &self.key) }
    }

    /// Returns the token of a run: `r17.` and 64 hexadecimal digits.
    pub(super) fn of(&self, run: RunId) -> String {
        let mut token = format!("{run}.");
        for byte in self.hash(run).finalize().into_bytes() {
            let _infallible = write!(token, "{byte:02x}");
        }
        token
    }

    /// Returns the run that a token names; none for a token that is not ours.
    pub(super) fn run_of(&self, token: &str) -> Option<RunId> {
        let (run, digits) = token.split_once('.')?;
        let run = RunId(run.strip_prefix('r')?.parse().ok()?);
        let hash: Option<Vec<u8>> = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
            .collect();
        self.hash(run).verify_slice(&hash?).ok().map(|()| run)
    }

    fn hash(&self, run: RunId) -> Hmac<Sha256> {
        let key = hmac_key(self.key);
        let mut hash = <Hmac<Sha256> as KeyInit>::new(&key.into());
        hash.update(&run.0.to_be_bytes());
        hash
    }
}

/// Returns the key in the form that the hash takes: padded with zeros to its block (RFC 2104, section 2).
fn hmac_key(key: [u8; KEY_BYTES]) -> [u8; 2 * KEY_BYTES] {
    let mut block = [0; 2 * KEY_BYTES];
    block[..KEY_BYTES].copy_from_slice(&key);
    block
}

fn make(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let key = random::bytes()?;
    write(path, &key)?;
    Ok(key)
}

/// Writes the key to another file and renames that, so that a used key is never incomplete on disk.
fn write(path: &Path, key: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(key)?;
    fs::rename(&aside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_names_its_run_and_no_other() {
        let directory = tempfile::tempdir().expect("a directory");
        let tokens = Tokens::open(directory.path()).expect("a key");
        let token = tokens.of(RunId(17));
        assert_eq!(tokens.run_of(&token), Some(RunId(17)));
        assert_eq!(tokens.run_of(&token.replace("r17.", "r18.")), None);
        let last = if token.ends_with('0') { "1" } else { "0" };
        assert_eq!(tokens.run_of(&format!("{}{last}", &token[..token.len() - 1])), None);
        for nonsense in ["", "r17", "r17.", "r17.zz", "17.00", ".", "r99999999999999999999.00"] {
            assert_eq!(tokens.run_of(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn the_key_is_the_owners_and_outlives_its_supervisor() {
        let directory = tempfile::tempdir().expect("a directory");
        let token = Tokens::open(directory.path()).expect("a key").of(RunId(1));
        let mode = fs::metadata(directory.path().join("secret")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Tokens::open(directory.path()).expect("a key").run_of(&token), Some(RunId(1)));
        let other = tempfile::tempdir().expect("a directory");
        assert_eq!(Tokens::open(other.path()).expect("a key").run_of(&token), None);
    }
}
