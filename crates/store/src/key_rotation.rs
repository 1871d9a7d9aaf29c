//! Replacement of the key of a store, in steps of its key file.
//!
//! Every server reads its copy of the key file at its start. The steps are such that at any time each server
//! decrypts what any other one encrypts, as long as no server is more than one step behind:
//! 1. The file has the new key as the next one.
//! 2. Once every server has that file, the new key encrypts and the old one still decrypts.
//! 3. Once every server encrypts with the new key, all secrets are encrypted again, and the old key goes.

use std::path::{Path, PathBuf};

use underpass_private_file as private_file;

use crate::encryption::{Cipher, EncryptionError, draw_key, key_id, read_key_file};
use crate::key_ring::KeyRing;

/// Step of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStep {
    /// There is one key.
    Single,
    /// A next key was announced; its ID.
    Announced(String),
    /// The new key, with this ID, encrypts; the old one still decrypts.
    Replaced(String),
}

/// A key file.
pub struct KeyFile {
    path: PathBuf,
    ring: KeyRing,
}

impl KeyFile {
    /// Reads a key file.
    ///
    /// # Errors
    /// As [`Cipher::from_key_file`]; the file must exist.
    pub fn open(path: &Path) -> Result<Self, EncryptionError> {
        Ok(Self {
            path: path.to_owned(),
            ring: read_key_file(path)?,
        })
    }

    /// Returns the step that the file is at.
    pub fn step(&self) -> KeyStep {
        match (&self.ring.next, &self.ring.old) {
            (Some(next), _) => KeyStep::Announced(key_id(next)),
            (None, Some(_)) => KeyStep::Replaced(key_id(&self.ring.current)),
            (None, None) => KeyStep::Single,
        }
    }

    /// Returns the cipher of the keys.
    pub fn cipher(&self) -> Cipher {
        Cipher::from_ring(&self.ring)
    }

    /// Draws the next key. The key of the proofs, derived for `purpose`, stays what it is.
    ///
    /// # Errors
    /// [`EncryptionError::Random`], or [`EncryptionError::File`] if the file cannot be written.
    pub fn announce(&mut self, purpose: &str) -> Result<(), EncryptionError> {
        let proof = self.cipher().proof_key(purpose);
        self.write(KeyRing {
            next: Some(draw_key()?),
            proof: Some(proof),
            ..self.ring.clone()
        })
    }

    /// Puts the next key in the place of the current one, which becomes the old one.
    ///
    /// # Errors
    /// [`EncryptionError::File`] if the file cannot be written.
    pub fn replace(&mut self) -> Result<(), EncryptionError> {
        let Some(next) = self.ring.next else {
            return Ok(());
        };
        self.write(KeyRing {
            current: next,
            next: None,
            old: Some(self.ring.current),
            proof: self.ring.proof,
        })
    }

    /// Removes the old key, which no secret is encrypted with any more.
    ///
    /// # Errors
    /// [`EncryptionError::File`] if the file cannot be written.
    pub fn forget(&mut self) -> Result<(), EncryptionError> {
        self.write(KeyRing {
            old: None,
            ..self.ring.clone()
        })
    }

    fn write(&mut self, ring: KeyRing) -> Result<(), EncryptionError> {
        let written = private_file::write(&self.path, ring.text().as_bytes());
        written.map_err(|error| EncryptionError::File {
            action: "write",
            path: self.path.clone(),
            source: error.source,
        })?;
        self.ring = ring;
        Ok(())
    }
}
