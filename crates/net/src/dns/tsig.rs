//! Transaction signatures with shared keys (RFC 8945).
//!
//! A signature covers the bytes of a message, so it is taken off and put on in wire format. The MAC of an
//! answer covers that of its request, and the MACs of the messages of a transfer cover each the one before,
//! so no message can be left out, added or taken from another answer.

use std::fmt;
use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use ring::hmac;

use super::error::Error;
use super::wire::{self, RecordAt};

/// Type of the record.
const TSIG: u16 = 250;

/// Class of the record (ANY).
const CLASS_ANY: u16 = 255;

/// Seconds by which the clocks of both sides may differ: 300 (RFC 8945 §10). A request that allows more is
/// not believed, because a recorded one could be repeated for as long.
const FUDGE_SECONDS: u16 = 300;

/// Longest name, algorithm, MAC, other data and fixed parts of a record, in bytes; room that an answer
/// leaves for it.
pub(super) const MAX_RECORD_BYTES: usize = 255 + 10 + 15 + 16 + 64 + 6;

/// A keyed hash algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TsigAlgorithm {
    /// `hmac-sha256`
    Sha256,
    /// `hmac-sha384`
    Sha384,
    /// `hmac-sha512`
    Sha512,
}

/// A key that this server shares with another one.
#[derive(Clone)]
pub struct TsigKey(Arc<Inner>);

struct Inner {
    /// In wire format and lower case.
    name: Vec<u8>,
    text: String,
    algorithm: TsigAlgorithm,
    key: hmac::Key,
}

/// The error of a signature in the record itself (RFC 8945 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TsigError {
    /// BADSIG
    Signature,
    /// BADKEY
    Key,
    /// BADTIME
    Time,
    /// BADTRUNC
    Truncation,
}

/// A signature, taken off its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    key: Vec<u8>,
    algorithm: Vec<u8>,
    time: u64,
    fudge: u16,
    mac: Vec<u8>,
    original_id: u16,
    error: u16,
    other: Vec<u8>,
}

/// A request whose signature is valid.
#[derive(Debug, Clone)]
pub(super) struct Verified {
    pub(super) key: TsigKey,
    /// The MAC that the answer's MAC covers.
    pub(super) mac: Vec<u8>,
}

/// A signature that is not valid, and how that is answered.
#[derive(Debug, Clone)]
pub(super) struct Rejected {
    pub(super) error: TsigError,
    signature: Signature,
    /// The key that signs the answer.
    key: Option<TsigKey>,
}

/// A malformed signature, answered with FORMERR.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Signs the messages of one answer.
#[derive(Debug, Clone)]
pub(super) struct Signer {
    key: TsigKey,
    /// The MAC of the request, then of the last message.
    prior: Vec<u8>,
    is_first: bool,
}

// === impl TsigAlgorithm ===

impl TsigAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "hmac-sha256",
            Self::Sha384 => "hmac-sha384",
            Self::Sha512 => "hmac-sha512",
        }
    }

    const fn of_ring(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn mac_bytes(self) -> usize {
        self.of_ring().digest_algorithm().output_len()
    }

    fn wire(self) -> Vec<u8> {
        wire_name(self.as_str()).unwrap_or_default()
    }
}

// === impl TsigKey ===

impl TsigKey {
    /// Creates a key; `name` is a domain name without the trailing dot.
    ///
    /// # Errors
    /// [`Error::KeyName`].
    pub fn new(name: &str, algorithm: TsigAlgorithm, secret: &[u8]) -> Result<Self, Error> {
        let text = name.trim_end_matches('.').to_ascii_lowercase();
        let wire = wire_name(&text).ok_or_else(|| Error::KeyName {
            name: name.to_owned(),
        })?;
        Ok(Self(Arc::new(Inner {
            name: wire,
            text,
            algorithm,
            key: hmac::Key::new(algorithm.of_ring(), secret),
        })))
    }

    /// Its name, in lower case without the trailing dot.
    pub fn name(&self) -> &str {
        &self.0.text
    }

    fn sign(&self, data: &[u8]) -> Vec<u8> {
        hmac::sign(&self.0.key, data).as_ref().to_vec()
    }
}

impl fmt::Debug for TsigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the secret.
        write!(f, "TsigKey({})", self.0.text)
    }
}

impl PartialEq for TsigKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for TsigKey {}

// === impl TsigError ===

impl TsigError {
    const fn code(self) -> u16 {
        match self {
            Self::Signature => 16,
            Self::Key => 17,
            Self::Time => 18,
            Self::Truncation => 22,
        }
    }
}

// === impl Signature ===

impl Signature {
    /// Takes the signature off a message, if it has one. The rest is as it was before it was signed.
    ///
    /// # Errors
    /// If there are several, or it is not the last record, or malformed.
    pub(super) fn take(packet: &[u8]) -> Result<Option<(Self, Vec<u8>)>, Malformed> {
        let additional = wire::additional_count(packet);
        if additional == 0 {
            return Ok(None);
        }
        // A message that is malformed elsewhere is refused by its decoder.
        let Some(records) = wire::records(packet) else {
            return Ok(None);
        };
        let mut all = records.iter().filter(|record| record.kind == TSIG);
        let Some(record) = all.next() else {
            return Ok(None);
        };
        let is_last = records.last() == Some(record) && record.data.end == packet.len();
        if !is_last || record.class != CLASS_ANY || record.ttl != 0 {
            return Err(Malformed);
        }
        let signature = Self::read(packet, record).ok_or(Malformed)?;
        let mut rest = packet.get(..record.start).unwrap_or_default().to_vec();
        wire::set_additional_count(&mut rest, additional - 1);
        Ok(Some((signature, rest)))
    }

    fn read(packet: &[u8], record: &RecordAt) -> Option<Self> {
        let end = record.data.end;
        let (algorithm, mut at) = wire::name(packet, record.data.start)?;
        let mut next = |length: usize| {
            let bytes = packet.get(at..at + length).filter(|_| at + length <= end)?;
            at += length;
            Some(bytes)
        };
        let time = next(6)?;
        let fudge = number(next(2)?)?;
        let mac_bytes = number(next(2)?)?;
        let mac = next(usize::from(mac_bytes))?.to_vec();
        let original_id = number(next(2)?)?;
        let error = number(next(2)?)?;
        let other_bytes = number(next(2)?)?;
        let other = next(usize::from(other_bytes))?.to_vec();
        (at == end).then(|| Self {
            key: record.owner.clone(),
            algorithm,
            time: time
                .iter()
                .fold(0, |time, byte| (time << 8) | u64::from(*byte)),
            fudge,
            mac,
            original_id,
            error,
            other,
        })
    }

    /// Verifies the signature of a request. `rest` is the message without it.
    ///
    /// The order of the checks is that of RFC 8945 §5.2.
    pub(super) fn verify(
        self,
        rest: &[u8],
        keys: &[TsigKey],
        now: u64,
    ) -> Result<Result<Verified, Rejected>, Malformed> {
        // Errors are in answers alone. So no signature of an answer is one of a request.
        if self.error != 0 || !self.other.is_empty() {
            return Err(Malformed);
        }
        let key = keys
            .iter()
            .find(|key| key.0.name == self.key && key.0.algorithm.wire() == self.algorithm);
        let Some(key) = key else {
            return Ok(Err(self.rejected(TsigError::Key, None)));
        };
        let whole = key.0.algorithm.mac_bytes();
        // RFC 8945 §5.2.2.1.
        if self.mac.len() > whole || self.mac.len() < whole / 2 {
            return Err(Malformed);
        }
        if self.mac.len() < whole {
            // Not verified, so the answer is not signed: its MAC would cover bytes that an unknown client chose.
            return Ok(Err(self.rejected(TsigError::Truncation, None)));
        }
        if !self.matches(key, None, rest) {
            return Ok(Err(self.rejected(TsigError::Signature, None)));
        }
        if now.abs_diff(self.time) > u64::from(self.fudge.min(FUDGE_SECONDS)) {
            return Ok(Err(self.rejected(TsigError::Time, Some(key))));
        }
        Ok(Ok(Verified {
            key: key.clone(),
            mac: self.mac,
        }))
    }

    /// Reports whether this is the signature of an answer to a request with this MAC.
    pub(super) fn answers(&self, key: &TsigKey, request: &[u8], rest: &[u8], now: u64) -> bool {
        self.key == key.0.name
            && self.algorithm == key.0.algorithm.wire()
            && self.error == 0
            && self.matches(key, Some(request), rest)
            && now.abs_diff(self.time) <= u64::from(self.fudge.min(FUDGE_SECONDS))
    }

    fn matches(&self, key: &TsigKey, prior: Option<&[u8]>, rest: &[u8]) -> bool {
        let mut rest = rest.to_vec();
        if let Some(id) = rest.get_mut(..2) {
            // A forwarder may have changed the ID.
            id.copy_from_slice(&self.original_id.to_be_bytes());
        }
        let data = [with_length(prior), rest, self.variables()].concat();
        // In constant time.
        hmac::verify(&key.0.key, &data, &self.mac).is_ok()
    }

    fn rejected(self, error: TsigError, key: Option<&TsigKey>) -> Rejected {
        Rejected {
            error,
            signature: self,
            key: key.cloned(),
        }
    }

    /// RFC 8945 §4.3.3.
    fn variables(&self) -> Vec<u8> {
        let mut data = self.key.clone();
        data.extend(CLASS_ANY.to_be_bytes());
        data.extend(0_u32.to_be_bytes());
        data.extend(&self.algorithm);
        data.extend(self.timers());
        data.extend(self.error.to_be_bytes());
        data.extend(length(&self.other));
        data.extend(&self.other);
        data
    }

    fn timers(&self) -> Vec<u8> {
        let [_, _, time @ ..] = self.time.to_be_bytes();
        [time.as_slice(), &self.fudge.to_be_bytes()].concat()
    }

    /// Puts the record at the end of a message.
    fn append(&self, packet: &mut Vec<u8>) {
        let mut data = self.algorithm.clone();
        data.extend(self.timers());
        data.extend(length(&self.mac));
        data.extend(&self.mac);
        data.extend(self.original_id.to_be_bytes());
        data.extend(self.error.to_be_bytes());
        data.extend(length(&self.other));
        data.extend(&self.other);
        packet.extend(&self.key);
        packet.extend(TSIG.to_be_bytes());
        packet.extend(CLASS_ANY.to_be_bytes());
        packet.extend(0_u32.to_be_bytes());
        packet.extend(length(&data));
        packet.extend(data);
        let count = wire::additional_count(packet);
        wire::set_additional_count(packet, count + 1);
    }
}

// === impl Rejected ===

impl Rejected {
    /// The response code of the message.
    pub(super) const CODE: ResponseCode = ResponseCode::NotAuth;

    /// Puts the error on an answer. It is signed if the signature of the request was verified (RFC 8945
    /// §5.3.2).
    pub(super) fn append(&self, packet: &mut Vec<u8>, now: u64) {
        let mut answer = self.signature.clone();
        answer.original_id = wire::u16_at(packet, 0).unwrap_or_default();
        answer.error = self.error.code();
        answer.other.clear();
        if self.error == TsigError::Time {
            let [_, _, time @ ..] = now.to_be_bytes();
            answer.other.extend(time);
        }
        answer.mac.clear();
        if let Some(key) = &self.key {
            let prior = with_length(Some(&self.signature.mac));
            answer.mac = key.sign(&[prior, packet.clone(), answer.variables()].concat());
        }
        answer.append(packet);
    }
}

// === impl Signer ===

impl Signer {
    /// Signs the answer to a request.
    pub(super) fn of(verified: &Verified) -> Self {
        Self {
            key: verified.key.clone(),
            prior: verified.mac.clone(),
            is_first: true,
        }
    }

    /// Signs the next message of the answer.
    pub(super) fn sign(&mut self, packet: &mut Vec<u8>, now: u64) {
        let mut signature = unsigned(&self.key, packet, now);
        // RFC 8945 §5.3.1: later messages cover the times alone.
        let covered = if self.is_first {
            signature.variables()
        } else {
            signature.timers()
        };
        let data = [with_length(Some(&self.prior)), packet.clone(), covered].concat();
        signature.mac = self.key.sign(&data);
        signature.append(packet);
        self.prior = signature.mac;
        self.is_first = false;
    }
}

/// Signs a request; returns its MAC, which the answer's covers.
pub(super) fn sign_request(key: &TsigKey, packet: &mut Vec<u8>, now: u64) -> Vec<u8> {
    let mut signature = unsigned(key, packet, now);
    let data = [packet.clone(), signature.variables()].concat();
    signature.mac = key.sign(&data);
    signature.append(packet);
    signature.mac
}

fn unsigned(key: &TsigKey, packet: &[u8], now: u64) -> Signature {
    Signature {
        key: key.0.name.clone(),
        algorithm: key.0.algorithm.wire(),
        time: now,
        fudge: FUDGE_SECONDS,
        mac: Vec::new(),
        original_id: wire::u16_at(packet, 0).unwrap_or_default(),
        error: 0,
        other: Vec::new(),
    }
}

fn with_length(mac: Option<&[u8]>) -> Vec<u8> {
    mac.map_or_else(Vec::new, |mac| [length(mac).as_slice(), mac].concat())
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()
}

fn number(bytes: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

/// A name in wire format.
fn wire_name(text: &str) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(text.len() + 2);
    for label in text.split('.') {
        let is_label = !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let length = u8::try_from(label.len()).ok().filter(|it| *it < 64)?;
        if !is_label {
            return None;
        }
        name.push(length);
        name.extend(label.bytes());
    }
    name.push(0);
    (name.len() <= 255).then_some(name)
}

#[cfg(test)]
mod tests;
