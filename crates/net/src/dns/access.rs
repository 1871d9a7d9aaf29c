//! Peers that may transfer the zone.

use std::net::IpAddr;

use ipnet::IpNet;

use super::tsig::TsigKey;

/// A rule that allows transfers: all of its conditions must hold. Without conditions it allows every peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransferRule {
    /// Addresses of the peer.
    pub peers: Option<IpNet>,
    /// Key of the peer.
    pub key: Option<TsigKey>,
}

impl TransferRule {
    /// Reports whether a request from an address, signed with a key, is allowed.
    pub(super) fn allows(&self, peer: IpAddr, key: Option<&TsigKey>) -> bool {
        let peers = self
            .peers
            .is_none_or(|range| range.contains(&peer.to_canonical()));
        let signed = self.key.as_ref().is_none_or(|needed| key == Some(needed));
        peers && signed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::TsigAlgorithm;

    #[test]
    fn all_conditions_of_a_rule_must_hold() {
        let key = TsigKey::new("one", TsigAlgorithm::Sha256, b"secret").unwrap();
        let other = TsigKey::new("two", TsigAlgorithm::Sha256, b"secret").unwrap();
        let rule = TransferRule {
            peers: Some("10.0.0.0/24".parse().unwrap()),
            key: Some(key.clone()),
        };
        let inside: IpAddr = "10.0.0.7".parse().unwrap();
        assert!(rule.allows(inside, Some(&key)));
        assert!(rule.allows("::ffff:10.0.0.7".parse().unwrap(), Some(&key)));
        assert!(!rule.allows(inside, None));
        assert!(!rule.allows(inside, Some(&other)));
        assert!(!rule.allows("10.0.1.7".parse().unwrap(), Some(&key)));
        let by_key = TransferRule {
            peers: None,
            ..rule
        };
        assert!(by_key.allows("fd00::1".parse().unwrap(), Some(&key)));
    }
}
