//! Range of 127.0.0.0/8 for the endpoints of emulated consumers.
//!
//! Several `up` processes may run on one machine, and their endpoints must not overlap. So each
//! holds a claim on its range: a UDP socket on an address of the range that no endpoint uses. The
//! operating system gives the socket to one process only, and closes it however the process ends.

use std::net::{Ipv4Addr, UdpSocket};

use ipnet::Ipv4Net;

use crate::cli::up::ConsumerCidrArg;
use crate::failure::Failure;

/// Second octets that `auto` tries, in order.
const AUTO: std::ops::RangeInclusive<u8> = 64..=79;

/// Port of the claim: any fixed one, since nothing else uses the address of the claim.
const CLAIM_PORT: u16 = 8779;

/// Table of IPv4 TCP sockets of the Linux kernel.
const TCP_TABLE: &str = "/proc/net/tcp";

/// A claimed range; released when dropped.
#[derive(Debug)]
pub(crate) struct ConsumerCidr {
    range: Ipv4Net,
    _claim: UdpSocket,
}

impl ConsumerCidr {
    /// Claims the requested range, the range of the last start, or the first free one.
    ///
    /// # Errors
    /// If the data directory uses another range, or another process uses the range.
    pub(crate) fn claim(desired: ConsumerCidrArg, last: Option<Ipv4Net>) -> Result<Self, Failure> {
        if let (ConsumerCidrArg::Fixed(range), Some(last)) = (desired, last)
            && range != last
        {
            return Err(Failure::refused(format!(
                "the consumers of this data directory use {last}, not {range}; the range of a data \
                 directory cannot change"
            ))
            .hint("omit --consumer-cidr, or choose another directory with --data-dir"));
        }
        match (desired, last) {
            (_, Some(range)) => Self::take(range).map_err(|error| {
                refused(
                    range,
                    &error,
                    "if another `underpass up` uses the range, stop it; the range of a data \
                     directory cannot change",
                )
            }),
            (ConsumerCidrArg::Fixed(range), None) => Self::take(range).map_err(|error| {
                refused(
                    range,
                    &error,
                    "if another `underpass up` uses the range, stop it or choose another range \
                     with --consumer-cidr",
                )
            }),
            (ConsumerCidrArg::Auto, None) => Self::first_free(),
        }
    }

    /// The claimed range.
    pub(crate) const fn range(&self) -> Ipv4Net {
        self.range
    }

    fn first_free() -> Result<Self, Failure> {
        let listening = listening();
        for octet in AUTO {
            let range = Ipv4Net::new_assert(Ipv4Addr::new(127, octet, 0, 0), 16);
            if listening.iter().any(|address| range.contains(address)) {
                continue;
            }
            if let Ok(claimed) = Self::take(range) {
                return Ok(claimed);
            }
        }
        Err(
            Failure::refused("no range from 127.64.0.0/16 to 127.79.0.0/16 is free for consumers")
                .hint("stop another `underpass up`, or choose a range with --consumer-cidr"),
        )
    }

    fn take(range: Ipv4Net) -> std::io::Result<Self> {
        // The last address but one: endpoints are counted from the front.
        let last = u32::from(range.broadcast());
        let address = Ipv4Addr::from(last.saturating_sub(1));
        let claim = UdpSocket::bind((address, CLAIM_PORT))?;
        Ok(Self {
            range,
            _claim: claim,
        })
    }
}

fn refused(range: Ipv4Net, error: &std::io::Error, hint: &'static str) -> Failure {
    Failure::refused(format!("claim consumer range {range}: {error}")).hint(hint)
}

/// Addresses of the TCP listeners of this machine; empty on systems without the kernel's table.
fn listening() -> Vec<Ipv4Addr> {
    let table = std::fs::read_to_string(TCP_TABLE).unwrap_or_default();
    table.lines().filter_map(listener).collect()
}

/// Address of a line of the table, if its socket listens (state 0A).
fn listener(line: &str) -> Option<Ipv4Addr> {
    let mut fields = line.split_whitespace().skip(1);
    let (address, _port) = fields.next()?.split_once(':')?;
    let state = fields.nth(1)?;
    // The kernel prints the address as one number in the machine's byte order.
    let number = u32::from_str_radix(address, 16).ok()?;
    (state == "0A").then(|| Ipv4Addr::from(number.to_ne_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_claimed_once() {
        // Outside the range of `auto`, so that no running `up` is in the way.
        let range: Ipv4Net = "127.83.0.0/16".parse().unwrap();
        let desired = ConsumerCidrArg::Fixed(range);
        let first = ConsumerCidr::claim(desired, None).unwrap();
        assert_eq!(first.range(), range);
        assert!(ConsumerCidr::claim(desired, None).is_err());
        // A data directory keeps its range, so no other one is suggested.
        let kept = ConsumerCidr::claim(ConsumerCidrArg::Auto, Some(range)).unwrap_err();
        assert!(!format!("{kept:?}").contains("--consumer-cidr"), "{kept:?}");
        drop(first);
        assert!(ConsumerCidr::claim(ConsumerCidrArg::Auto, Some(range)).is_ok());
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn listeners_are_read_from_the_kernels_table() {
        let listens = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000";
        let talks = "   1: 0100007F:1F90 0100007F:0050 01 00000000:00000000 00:00000000 00000000";
        assert_eq!(listener(listens), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(listener(talks), None);
        assert_eq!(listener("  sl  local_address rem_address   st"), None);
    }
}
