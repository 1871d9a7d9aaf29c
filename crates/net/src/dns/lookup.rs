//! The source of a resolver's answers.

use std::net::Ipv4Addr;

/// Names and their records.
pub trait Lookup: Send + Sync + 'static {
    /// Looks up a name, in lower case and without a trailing dot.
    fn look_up(&self, name: &str, kind: RecordKind) -> Found;
}

/// The kind of record that a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A: an IPv4 address.
    Address,
    /// CNAME: another name.
    Alias,
    /// TXT: text.
    Text,
    /// SOA: the record of the zone itself.
    Authority,
    /// Any other type: there are no records.
    Other,
}

/// The result of a lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// No zone contains the name.
    Elsewhere,
    /// The source cannot be read.
    Unavailable,
    /// A zone contains the name.
    InZone {
        /// The zone of the name.
        authority: Authority,
        /// The name exists, possibly without records of the kind.
        exists: bool,
        /// The records, and the aliases that lead to them.
        records: Vec<FoundRecord>,
    },
}

/// A zone with the members of its SOA record. Times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Name of the zone.
    pub zone: String,
    /// Its name server.
    pub host: String,
    /// Its contact, as a name.
    pub contact: String,
    /// Serial.
    pub serial: u32,
    /// Refresh.
    pub refresh: i32,
    /// Retry.
    pub retry: i32,
    /// Expire.
    pub expire: i32,
    /// Time for which the absence of a name may be remembered.
    pub minimum: u32,
    /// Time for which the record may be remembered.
    pub ttl: u32,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundRecord {
    /// Its name, in lower case and without a trailing dot.
    pub owner: String,
    /// Time for which it may be remembered, in seconds.
    pub ttl: u32,
    /// Its data.
    pub data: RecordData,
}

/// The data of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordData {
    /// A.
    Address(Ipv4Addr),
    /// CNAME, without a trailing dot.
    Alias(String),
    /// TXT.
    Text(Vec<String>),
}
