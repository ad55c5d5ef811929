//! The exit codes of a keeper.

/// The exit code of a keeper whose run another keeper holds already (sysexits.h, EX_TEMPFAIL).
pub const EXIT_HELD: u8 = 75;

/// The exit code of a keeper whose launch record can't be read (sysexits.h, EX_DATAERR).
pub const EXIT_LAUNCH: u8 = 65;

/// The exit code of a keeper to which the system refused something (sysexits.h, EX_OSERR).
pub const EXIT_SYSTEM: u8 = 71;
