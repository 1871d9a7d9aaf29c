//! The only place of this crate that draws random numbers.

use std::fmt::Write as _;

use rand::TryRng as _;
use rand::rngs::SysRng;
use uuid::Uuid;

use crate::failure::Failure;

/// A secret of 256 random bits, as 64 hexadecimal digits.
///
/// # Errors
/// If the operating system provides no random bytes.
pub(crate) fn secret() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let text = String::with_capacity(2 * bytes.len());
    bytes.iter().fold(text, |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A new random UUID (version 4).
///
/// # Errors
/// If the operating system provides no random bytes.
pub(crate) fn uuid() -> Result<Uuid, Failure> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

fn fill(bytes: &mut [u8]) -> Result<(), Failure> {
    SysRng
        .try_fill_bytes(bytes)
        .map_err(|error| Failure::caused("read random bytes from the operating system", &error))
}
