//! The exit codes of a keeper.

/// The exit code of a keeper whose run is held by another already (sysexits.h, EX_TEMPFAIL).
pub const EXIT_HELD: u8 = 75;

/// The exit code of a keeper that was not told properly what to do (sysexits.h, EX_DATAERR).
pub const EXIT_LAUNCH: u8 = 65;

/// The exit code of a keeper that the system denied something (sysexits.h, EX_OSERR).
pub const EXIT_SYSTEM: u8 = 71;
