//! The emulated clouds as their clients see them: over HTTPS, across restarts, with bytes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it should be"
)]

mod bytes;
mod emulator;
mod https;
mod restart;
mod scratch_dir;
mod sign_in;
mod story;
