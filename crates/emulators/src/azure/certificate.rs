//! Certificates of an app registration: thumbprints and public keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// The tag of the version, which is optional.
const VERSION: u8 = 0xa0;
/// The number of members between version and public key: serial number, algorithm, issuer, validity
/// and subject.
const BEFORE_KEY: usize = 5;

/// A certificate.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    sha1: String,
    sha256: String,
    /// `RSAPublicKey` in DER (RFC 8017).
    pub(super) key: Vec<u8>,
}

impl Certificate {
    /// Reads all certificates of a PEM file; `None` if there is none, or one without a public key.
    pub(super) fn read_all(pem: &str) -> Option<Vec<Self>> {
        let all: Option<Vec<_>> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .map(|der| Self::parse(&der.ok()?))
            .collect();
        all.filter(|all| !all.is_empty())
    }

    fn parse(der: &[u8]) -> Option<Self> {
        let thumbprint =
            |algorithm: &'static Algorithm| URL_SAFE_NO_PAD.encode(digest(algorithm, der));
        Some(Self {
            sha1: thumbprint(&SHA1_FOR_LEGACY_USE_ONLY),
            sha256: thumbprint(&SHA256),
            key: public_key(der)?,
        })
    }

    /// Reports whether a JWT's header names this certificate.
    pub(super) fn is_named(&self, sha1: Option<&str>, sha256: Option<&str>) -> bool {
        let is = |named: Option<&str>, own: &str| {
            named.is_none_or(|named| named.trim_end_matches('=') == own)
        };
        is(sha1, &self.sha1) && is(sha256, &self.sha256)
    }
}

/// The public key of a certificate (RFC 5280, section 4.1).
fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let (certificate, _) = member(certificate, SEQUENCE)?;
    let (mut rest, _) = member(certificate, SEQUENCE)?;
    if let Some((_, after)) = member(rest, VERSION) {
        rest = after;
    }
    for _skipped in 0..BEFORE_KEY {
        (_, _, rest) = element(rest)?;
    }
    let (key, _) = member(rest, SEQUENCE)?;
    let (_, after_algorithm) = member(key, SEQUENCE)?;
    let (bits, _) = member(after_algorithm, BIT_STRING)?;
    // The first byte is the number of unused bits.
    Some(bits.strip_prefix(&[0])?.to_vec())
}

/// The content of the first element, if it has that tag, and what follows it.
fn member(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(input)?;
    (found == tag).then_some((content, rest))
}

/// The first element (X.690): its tag, its content and what follows it.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let length = if first < 0x80 {
        usize::from(first)
    } else {
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        rest = after;
        if digits.len() > size_of::<u32>() {
            return None;
        }
        digits
            .iter()
            .fold(0, |length, digit| length << 8 | usize::from(*digit))
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
