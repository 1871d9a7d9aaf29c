//! The only place of this crate that draws randomness.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::{StdRng, SysRng};
use rand::{SeedableRng as _, TryRng as _};
use uuid::Uuid;

use crate::secret::Secret;

/// Length of every secret made here, in bytes: 256 bits, as the design's security rules ask.
const SECRET_BYTES: usize = 32;

/// The operating system refused to give random bytes.
#[derive(Debug, thiserror::Error)]
#[error("read random bytes from the operating system")]
pub struct NoEntropy(#[from] rand::rngs::SysError);

/// A generator for a cloud model, seeded by the operating system.
pub(crate) fn generator() -> Result<StdRng, NoEntropy> {
    Ok(StdRng::try_from_rng(&mut SysRng)?)
}

/// Bytes nobody can guess, for keys.
pub(crate) fn secret_bytes() -> Result<[u8; SECRET_BYTES], NoEntropy> {
    let mut bytes = [0; SECRET_BYTES];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// A secret people and programs pass around as text.
pub(crate) fn secret() -> Result<Secret, NoEntropy> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(secret_bytes()?)))
}

/// An id for one HTTP request or one token.
pub(crate) fn guid() -> Result<Uuid, NoEntropy> {
    let mut bytes = [0; 16];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
