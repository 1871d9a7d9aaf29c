//! Messages of a zone transfer in wire format: every owner is below the name of the question, to which it
//! points.

use std::io;
use std::net::IpAddr;

use hickory_proto::op::Message;
use hickory_proto::rr::Name;
use hickory_proto::serialize::binary::BinEncodable;
use underpass_model::zone::RECORD_TTL_SECONDS;

use super::answer::soa;
use super::delegation::Apex;
use super::tsig::Signer;
use crate::limits::TRANSFER_MESSAGE_BYTES;

/// A pointer to the name of the question, which is behind the 12 bytes of the header (RFC 1035 §4.1.4).
const APEX: [u8; 2] = [0xC0, 12];

/// Class IN.
const CLASS_IN: u16 = 1;

/// Position of the number of answers in the header.
const ANSWER_COUNT: usize = 6;

const TYPE_A: u16 = 1;
const TYPE_NS: u16 = 2;
const TYPE_SOA: u16 = 6;
const TYPE_AAAA: u16 = 28;

/// Messages of one transfer, one after the other.
pub(super) struct TransferMessages<'a> {
    apex: &'a Apex,
    /// `.` and the domain in lower case, which ends the names.
    suffix: String,
    /// Header and question.
    head: Vec<u8>,
    /// The OPT record, if the request had one.
    edns: Vec<u8>,
    signer: Option<Signer>,
    packet: Vec<u8>,
    answers: u16,
    records: u64,
    sent: u64,
}

impl<'a> TransferMessages<'a> {
    /// Begins with the answer without records.
    pub(super) fn new(
        response: &Message,
        apex: &'a Apex,
        signer: Option<Signer>,
    ) -> io::Result<Self> {
        let mut bare = response.clone();
        bare.edns = None;
        let head = bare.to_vec().map_err(io::Error::other)?;
        let edns = response.edns.as_ref().map(|edns| {
            let flags = u16::from(edns.flags().dnssec_ok) << 15;
            let mut record = vec![0, 0, 41];
            record.extend(edns.max_payload().to_be_bytes());
            record.extend([0, edns.version()]);
            record.extend(flags.to_be_bytes());
            record.extend([0, 0]);
            record
        });
        let domain = apex.name.to_ascii().to_ascii_lowercase();
        Ok(Self {
            apex,
            suffix: format!(".{}", domain.trim_end_matches('.')),
            packet: head.clone(),
            head,
            edns: edns.unwrap_or_default(),
            signer,
            answers: 0,
            records: 0,
            sent: 0,
        })
    }

    /// Adds the SOA record of a generation.
    pub(super) fn soa(&mut self, generation: u64) {
        let soa = soa(self.apex, generation);
        let mut data = wire(&soa.mname);
        data.extend(wire(&soa.rname));
        data.extend(soa.serial.to_be_bytes());
        data.extend(soa.refresh.to_be_bytes());
        data.extend(soa.retry.to_be_bytes());
        data.extend(soa.expire.to_be_bytes());
        data.extend(soa.minimum.to_be_bytes());
        self.record("", TYPE_SOA, &data);
    }

    /// Adds the NS records and the addresses of name servers below the zone.
    pub(super) fn own_records(&mut self) {
        let apex = self.apex;
        for server in &apex.servers {
            self.record("", TYPE_NS, &wire(server));
        }
        for (host, addresses) in &apex.hosts {
            for address in addresses {
                self.address(host, *address);
            }
        }
    }

    /// Adds the address of a name below the zone (lower case, no trailing dot).
    pub(super) fn address(&mut self, name: &str, address: IpAddr) {
        let label = name.strip_suffix(self.suffix.as_str()).unwrap_or(name);
        match address {
            IpAddr::V4(address) => self.record(label, TYPE_A, &address.octets()),
            IpAddr::V6(address) => self.record(label, TYPE_AAAA, &address.octets()),
        }
    }

    fn record(&mut self, labels: &str, kind: u16, data: &[u8]) {
        for label in labels.split('.').filter(|label| !label.is_empty()) {
            self.packet
                .push(u8::try_from(label.len()).unwrap_or(u8::MAX));
            self.packet.extend(label.bytes());
        }
        self.packet.extend(APEX);
        self.packet.extend(kind.to_be_bytes());
        self.packet.extend(CLASS_IN.to_be_bytes());
        self.packet.extend(RECORD_TTL_SECONDS.to_be_bytes());
        self.packet
            .extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        self.packet.extend(data);
        self.answers += 1;
        self.records += 1;
    }

    /// Reports whether the message is large enough to be sent.
    pub(super) const fn is_full(&self) -> bool {
        self.packet.len() >= TRANSFER_MESSAGE_BYTES
    }

    /// Completes the message and begins the next one.
    pub(super) fn take(&mut self, now: u64) -> Vec<u8> {
        let mut packet = std::mem::replace(&mut self.packet, self.head.clone());
        if let Some(count) = packet.get_mut(ANSWER_COUNT..ANSWER_COUNT + 2) {
            count.copy_from_slice(&self.answers.to_be_bytes());
        }
        if !self.edns.is_empty() {
            packet.extend(&self.edns);
            super::wire::set_additional_count(&mut packet, 1);
        }
        if let Some(signer) = &mut self.signer {
            signer.sign(&mut packet, now);
        }
        self.answers = 0;
        self.sent += 1;
        packet
    }

    /// Records so far.
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    /// Messages so far.
    pub(super) const fn sent(&self) -> u64 {
        self.sent
    }
}

/// A name in wire format, uncompressed.
fn wire(name: &Name) -> Vec<u8> {
    // Names of the zone were checked, so they can be encoded.
    name.to_bytes().unwrap_or_default()
}
