//! Random bytes of the system, for what nobody may guess and nobody else may choose.

use std::fs::File;
use std::io::{self, Read};

/// Returns random bytes, fit for secrets.
///
/// # Errors
/// When the system gives none.
pub fn bytes<const COUNT: usize>() -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}
