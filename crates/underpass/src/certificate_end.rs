//! End of the validity of a certificate.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of the first certificate of a chain; `None` if it cannot be read.
pub(crate) fn of_chain(pem: &[u8]) -> Option<Timestamp> {
    let own = CertificateDer::pem_slice_iter(pem).next()?.ok()?;
    not_after(&own)
}

/// `notAfter` of a certificate in DER (RFC 5280 §4.1).
pub(crate) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    if let Some((_, rest)) = element(fields, VERSION) {
        fields = rest;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        (_, _, fields) = any(fields)?;
    }
    let (validity, _) = element(fields, SEQUENCE)?;
    let (_, _, end) = any(validity)?;
    let (tag, time, _) = any(end)?;
    let text = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let text = match tag {
        GENERALIZED_TIME => text.to_owned(),
        // Two digits of the year (RFC 5280 §4.1.2.5.1).
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The content of the first element, which must have a tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = any(der)?;
    (found == tag).then_some((content, rest))
}

/// Tag and content of the first element, and what follows it.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let bytes = usize::from(*first & 0x7F);
        let (length, rest) = rest.split_at_checked(bytes)?;
        let length = length.iter().try_fold(0_usize, |sum, byte| {
            sum.checked_mul(256)?.checked_add(usize::from(*byte))
        })?;
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, length], content].concat()
    }

    fn certificate(version: &[u8], end: &[u8]) -> Vec<u8> {
        let begin = tlv(UTC_TIME, b"200101000000Z");
        let validity = tlv(SEQUENCE, &[begin.as_slice(), end].concat());
        let before = [version, &[2, 1, 7], &[SEQUENCE, 0], &[SEQUENCE, 0]].concat();
        tlv(SEQUENCE, &tlv(SEQUENCE, &[before, validity].concat()))
    }

    #[test]
    fn the_end_is_read_in_both_forms_and_other_bytes_have_none() {
        let version = [VERSION, 3, 2, 1, 2];
        for (end, expected) in [
            (tlv(UTC_TIME, b"491231235959Z"), "2049-12-31T23:59:59Z"),
            (tlv(UTC_TIME, b"500101000000Z"), "1950-01-01T00:00:00Z"),
            (
                tlv(GENERALIZED_TIME, b"20500101000000Z"),
                "2050-01-01T00:00:00Z",
            ),
        ] {
            for version in [&version[..], &[]] {
                let found = not_after(&certificate(version, &end)).unwrap();
                assert_eq!(found.to_string(), expected);
            }
        }
        let whole = certificate(&version, &tlv(UTC_TIME, b"491231235959Z"));
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        assert_eq!(
            not_after(&certificate(&version, &tlv(UTC_TIME, b"never"))),
            None
        );
        assert_eq!(not_after(&[SEQUENCE, 0xFF, 1, 2]), None);
    }
}
