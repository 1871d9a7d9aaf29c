//! The private names in the certificate of a service's servers.

use crate::name::HostLabel;
use crate::ordinals::ConnectionOrdinals;

/// The most private names: 128 of at most 100 bytes, so that a certificate stays within the limit of
/// TLS stacks (16 KiB, one record).
const MOST: usize = 128;

/// Private names that a certificate has at least, with those of connections to come: 64, some 4 KiB.
const USUAL: usize = 64;

/// Connections to come whose names are included in any case, if there is room: 16, so that not every
/// new connection needs a new certificate.
const LEAST_SPARE: usize = 16;

/// The private names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateNames {
    /// Names of existing connections and of the next ones, by ordinal.
    pub names: Vec<String>,
    /// Ordinals of these connections.
    pub ordinals: Vec<u32>,
    /// Number of existing connections whose names are included.
    pub connections: usize,
    /// Number of connections to come whose names are included.
    pub spare: usize,
    /// Names of existing connections for which there is no room.
    pub missing: Vec<String>,
    /// Ordinals of these connections.
    pub missing_ordinals: Vec<u32>,
}

impl CertificateNames {
    /// Chooses the names. `live` are the ordinals of the connections that can have flows, now or
    /// after an approval, the more important ones first.
    pub fn new(
        label: &HostLabel,
        domain: &str,
        live: &[u32],
        ordinals: ConnectionOrdinals,
    ) -> Self {
        let name = |ordinal: &u32| label.privatelink(*ordinal, domain);
        let (included, left_out) = live.split_at(live.len().min(MOST));
        let spare = USUAL.saturating_sub(live.len()).max(LEAST_SPARE);
        let spare = spare.min(MOST.saturating_sub(included.len()));
        let mut counted = ordinals.including(live.iter().copied());
        let mut all = included.to_vec();
        all.extend((0..spare).map(|_| counted.draw()));
        all.sort_unstable();
        Self {
            names: all.iter().map(name).collect(),
            ordinals: all,
            connections: included.len(),
            spare,
            missing: left_out.iter().map(name).collect(),
            missing_ordinals: left_out.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(live: &[u32], last: u32) -> CertificateNames {
        let label = HostLabel::new(&"pg-1".parse().unwrap(), &"demo".parse().unwrap()).unwrap();
        CertificateNames::new(&label, "example.net", live, ConnectionOrdinals { last })
    }

    fn name(ordinal: u32) -> String {
        format!("privatelink-{ordinal}-pg-1-demo.example.net")
    }

    #[test]
    fn a_service_without_connections_has_the_names_of_the_first_ones() {
        let none = names(&[], 0);
        assert_eq!((none.connections, none.spare), (0, 64));
        assert_eq!(none.names.first(), Some(&name(1)));
        assert_eq!(none.names.last(), Some(&name(64)));
    }

    #[test]
    fn connections_keep_their_names_however_many_there_were() {
        let old = names(&[3, 500, 711], 900);
        assert_eq!((old.connections, old.spare), (3, 61));
        for ordinal in [3, 500, 711, 901, 961] {
            assert!(old.names.contains(&name(ordinal)), "{ordinal}");
        }
        assert!(!old.names.contains(&name(1)), "its connection has ended");
        assert!(!old.names.contains(&name(962)));
        assert!(old.missing.is_empty());
    }

    #[test]
    fn a_name_without_room_is_named() {
        let live: Vec<u32> = (1..=100).collect();
        let full = names(&live, 100);
        assert_eq!((full.connections, full.spare), (100, 16));
        let live: Vec<u32> = (1..=130).collect();
        let crowded = names(&live, 130);
        assert_eq!((crowded.connections, crowded.spare), (128, 0));
        assert_eq!(crowded.missing, [name(129), name(130)]);
    }
}
