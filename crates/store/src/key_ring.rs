//! Keys of a key file, while one takes the place of another.
//!
//! The first line is the key that encrypts. Each further line has a word before a key:
//! - `next`: also decrypts; it encrypts after the next step of a rotation.
//! - `old`: also decrypts; it encrypted before.
//! - `proof`: the key of the proofs in the clouds, which outlives rotations: proofs are not written again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Key length of AES-256: 32 bytes (FIPS 197).
pub(crate) const KEY_LEN: usize = 32;

/// Bytes of a key.
pub(crate) type KeyBytes = [u8; KEY_LEN];

const NEXT: &str = "next";
const OLD: &str = "old";
const PROOF: &str = "proof";

/// Keys of a key file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyRing {
    /// Key that encrypts.
    pub(crate) current: KeyBytes,
    /// Key that will encrypt.
    pub(crate) next: Option<KeyBytes>,
    /// Key that encrypted.
    pub(crate) old: Option<KeyBytes>,
    /// Key of the proofs, unless it is derived from the current one.
    pub(crate) proof: Option<KeyBytes>,
}

impl KeyRing {
    /// A file of one key.
    pub(crate) const fn of(current: KeyBytes) -> Self {
        Self {
            current,
            next: None,
            old: None,
            proof: None,
        }
    }

    /// Reads the text of a key file; `None` if it is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut ring = Self::of(key(lines.next()?)?);
        for line in lines {
            let (word, text) = line.split_once(' ')?;
            let place = match word {
                NEXT => &mut ring.next,
                OLD => &mut ring.old,
                PROOF => &mut ring.proof,
                _ => return None,
            };
            if place.replace(key(text.trim())?).is_some() {
                return None;
            }
        }
        Some(ring)
    }

    /// The text of the key file.
    pub(crate) fn text(&self) -> String {
        let mut text = BASE64.encode(self.current) + "\n";
        for (word, key) in [(NEXT, self.next), (OLD, self.old), (PROOF, self.proof)] {
            if let Some(key) = key {
                text += &[word, " ", &BASE64.encode(key), "\n"].concat();
            }
        }
        text
    }
}

fn key(text: &str) -> Option<KeyBytes> {
    BASE64.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_read_as_it_was_written() {
        let one = KeyRing::of([1; KEY_LEN]);
        assert_eq!(one.text().lines().count(), 1);
        let whole = KeyRing {
            next: Some([2; KEY_LEN]),
            old: Some([3; KEY_LEN]),
            proof: Some([4; KEY_LEN]),
            ..one.clone()
        };
        for ring in [one, whole] {
            assert!(KeyRing::read(&ring.text()).as_ref() == Some(&ring));
        }
    }

    #[test]
    fn other_texts_are_no_key_file() {
        let line = KeyRing::of([1; KEY_LEN]).text();
        let line = line.trim();
        for wrong in [
            String::new(),
            "AAAA".to_owned(),
            format!("{line}\n{line}"),
            format!("{line}\nformer {line}"),
            format!("{line}\nold AAAA"),
            format!("{line}\nold {line}\nold {line}"),
        ] {
            assert!(KeyRing::read(&wrong).is_none(), "{wrong}");
        }
    }
}
