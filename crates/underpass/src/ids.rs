//! The only place of this crate that draws randomness.

use rand::rngs::SysRng;
use rand::TryRng as _;
use uuid::Uuid;

use crate::failure::Failure;

/// 32 random bytes.
pub(crate) fn key() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// A secret of 256 random bits, as 64 hexadecimal digits.
pub(crate) fn secret() -> Result<String, Failure> {
    Ok(key()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A new random UUID (version 4).
pub(crate) fn uuid() -> Result<Uuid, Failure> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

fn fill(bytes: &mut [u8]) -> Result<(), Failure> {
    SysRng
        .try_fill_bytes(bytes)
        .map_err(|error| Failure::caused("ask the system for random bytes", &error))
}
