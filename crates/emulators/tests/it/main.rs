//! The emulated clouds as their clients see them: over HTTPS, across restarts, with bytes.

mod bytes;
mod emulator;
mod https;
mod restart;
mod scratch_dir;
mod sign_in;
mod story;
