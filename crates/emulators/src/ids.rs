//! Randomness: the only code of this crate that draws it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::{StdRng, SysRng};
use rand::{SeedableRng as _, TryRng as _};
use uuid::Uuid;

use crate::secret::Secret;

/// Length of a secret, in bytes: 256 bits, the key size of HMAC-SHA256 (RFC 2104 recommends the
/// length of the hash).
const SECRET_BYTES: usize = 32;

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("failed to read random bytes from the operating system")]
pub struct NoEntropy(#[from] rand::rngs::SysError);

/// A random generator for a model, seeded by the operating system.
///
/// # Errors
/// When the operating system gives no random bytes.
pub(crate) fn generator() -> Result<StdRng, NoEntropy> {
    Ok(StdRng::try_from_rng(&mut SysRng)?)
}

/// Random bytes for a key.
///
/// # Errors
/// When the operating system gives no random bytes.
pub(crate) fn secret_bytes() -> Result<[u8; SECRET_BYTES], NoEntropy> {
    let mut bytes = [0; SECRET_BYTES];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}

/// A random secret as text.
///
/// # Errors
/// When the operating system gives no random bytes.
pub(crate) fn secret() -> Result<Secret, NoEntropy> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(secret_bytes()?)))
}

/// A random ID for a request or a token.
///
/// # Errors
/// When the operating system gives no random bytes.
pub(crate) fn guid() -> Result<Uuid, NoEntropy> {
    let mut bytes = [0; 16];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
