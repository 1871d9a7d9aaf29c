//! Positions in the bytes of a message (RFC 1035 §4.1), for signatures, which cover the bytes themselves.

use std::ops::Range;

/// Length of the header in bytes.
pub(super) const HEADER_BYTES: usize = 12;

/// Position of the number of additional records in the header.
const ADDITIONAL_COUNT: usize = 10;

/// Length of type, class, TTL and data length of a record in bytes.
const RECORD_FIXED_BYTES: usize = 10;

/// Length of type and class of a question in bytes.
const QUESTION_FIXED_BYTES: usize = 4;

/// Longest name in bytes (RFC 1035 §2.3.4).
const MAX_NAME_BYTES: usize = 255;

/// The parts of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordAt {
    /// Position of its first byte.
    pub(super) start: usize,
    /// Its owner in wire format and lower case, uncompressed.
    pub(super) owner: Vec<u8>,
    pub(super) kind: u16,
    pub(super) class: u16,
    pub(super) ttl: u32,
    pub(super) data: Range<usize>,
}

/// The records of a message, of all sections; `None` if it is malformed.
pub(super) fn records(packet: &[u8]) -> Option<Vec<RecordAt>> {
    let count = |at| u16_at(packet, at).map(usize::from);
    let questions = count(4)?;
    let total = count(6)? + count(8)? + count(ADDITIONAL_COUNT)?;
    let mut at = HEADER_BYTES;
    for _ in 0..questions {
        at = name(packet, at)?.1 + QUESTION_FIXED_BYTES;
    }
    let mut records = Vec::new();
    for _ in 0..total {
        let (owner, fixed) = name(packet, at)?;
        let data = fixed + RECORD_FIXED_BYTES;
        let end = data + usize::from(u16_at(packet, fixed + 8)?);
        packet.get(..end)?;
        let ttl = [u16_at(packet, fixed + 4)?, u16_at(packet, fixed + 6)?];
        records.push(RecordAt {
            start: at,
            owner,
            kind: u16_at(packet, fixed)?,
            class: u16_at(packet, fixed + 2)?,
            ttl: (u32::from(ttl[0]) << 16) | u32::from(ttl[1]),
            data: data..end,
        });
        at = end;
    }
    Some(records)
}

/// Reads a name at a position; returns it in lower case and uncompressed, with the position after it.
pub(super) fn name(packet: &[u8], start: usize) -> Option<(Vec<u8>, usize)> {
    let (mut at, mut end, mut found) = (start, None, Vec::new());
    loop {
        let length = *packet.get(at)?;
        match length >> 6 {
            0 if length == 0 => {
                found.push(0);
                return Some((found, end.unwrap_or(at + 1)));
            }
            0 => {
                let label = packet.get(at..=at + usize::from(length))?;
                found.extend(label.iter().map(u8::to_ascii_lowercase));
                if found.len() >= MAX_NAME_BYTES {
                    return None;
                }
                at += label.len();
            }
            3 => {
                let target = usize::from(u16_at(packet, at)? & 0x3FFF);
                end = end.or(Some(at + 2));
                // Only backwards, so it ends.
                if target >= at {
                    return None;
                }
                at = target;
            }
            _ => return None,
        }
    }
}

/// Changes the number of additional records.
pub(super) fn set_additional_count(packet: &mut [u8], count: u16) {
    if let Some(bytes) = packet.get_mut(ADDITIONAL_COUNT..ADDITIONAL_COUNT + 2) {
        bytes.copy_from_slice(&count.to_be_bytes());
    }
}

/// The number of additional records.
pub(super) fn additional_count(packet: &[u8]) -> u16 {
    u16_at(packet, ADDITIONAL_COUNT).unwrap_or(0)
}

pub(super) fn u16_at(packet: &[u8], at: usize) -> Option<u16> {
    let bytes = packet.get(at..at + 2)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_pointers_and_never_for_ever() {
        let packet = b"\x01A\x03com\x00\x02ns\xC0\x00\xC0\x0C";
        assert_eq!(name(packet, 0), Some((b"\x01a\x03com\x00".to_vec(), 7)));
        assert_eq!(
            name(packet, 7),
            Some((b"\x02ns\x01a\x03com\x00".to_vec(), 12))
        );
        assert_eq!(name(packet, 12), None, "a pointer to itself");
        assert_eq!(name(b"\x3F", 0), None, "an incomplete label");
        assert_eq!(name(b"\x80\x00", 0), None, "a reserved type of label");
        let long: Vec<_> = [b"\x01a".as_slice()].repeat(130).concat();
        assert_eq!(name(&[&long, b"\x00".as_slice()].concat(), 0), None);
    }

    #[test]
    fn a_message_shorter_than_its_counts_is_malformed() {
        let mut packet = vec![0; HEADER_BYTES];
        set_additional_count(&mut packet, 1);
        assert_eq!(additional_count(&packet), 1);
        assert_eq!(records(&packet), None);
        packet.extend(b"\x00\x00\x29\x04\xD0\x00\x00\x00\x00\x00\x01");
        assert_eq!(records(&packet), None, "data is missing");
        packet.push(7);
        let found = records(&packet).unwrap();
        assert_eq!((found[0].kind, found[0].class), (41, 1232));
        assert_eq!(found[0].data, 23..24);
    }
}
