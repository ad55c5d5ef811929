//! Bytes of a PTY → a picture ([`frame::Frame`]), signals (title, bell, notification), answers to the
//! terminal's queries, and bytes that restore a screen. The emulator crate is hidden in here.

pub mod frame;
