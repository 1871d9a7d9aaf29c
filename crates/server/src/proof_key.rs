//! The key that proves which links and decisions are ours.
//!
//! It is not in the store, so that a restored store can be compared with what was decided since.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use subtle::ConstantTimeEq as _;
use underpass_model::connection::{Connection, Identity};
use underpass_model::decision_proof::{Attestation, DecisionProof};
use underpass_model::id::LinkId;

/// Bytes of a code: 16, half of an HMAC-SHA256 (RFC 2104 §5 allows the half), so that a proof fits
/// the texts of the clouds.
const CODE_BYTES: usize = 16;

/// Signs and verifies proofs.
#[derive(Clone)]
pub struct ProofKey {
    key: hmac::Key,
}

impl ProofKey {
    /// Wraps a key of 32 random bytes.
    pub fn from_bytes(key: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
        }
    }

    /// Signs the decision about a connection; `None` if there is no decision.
    pub fn sign(&self, link: &LinkId, connection: &Connection) -> Option<DecisionProof> {
        let attestation = Attestation::of(connection)?;
        let code = self.code(&attestation.signed_text(link, &connection.identity));
        Some(DecisionProof { attestation, code })
    }

    /// Returns the content of a proof if this key signed it for the link and the connection.
    pub fn verify(
        &self,
        link: &LinkId,
        identity: &Identity,
        proof: &DecisionProof,
    ) -> Option<Attestation> {
        let expected = self.code(&proof.attestation.signed_text(link, identity));
        is_same(&expected, &proof.code).then(|| proof.attestation.clone())
    }

    /// Signs a link: its ID and its work key.
    pub fn sign_link(&self, link: &str, managed: &str) -> String {
        self.code(&format!("link\n{link}\n{managed}"))
    }

    /// Returns whether this key signed a link.
    pub fn verify_link(&self, link: &str, managed: &str, code: &str) -> bool {
        is_same(&self.sign_link(link, managed), code)
    }

    fn code(&self, text: &str) -> String {
        let tag = hmac::sign(&self.key, text.as_bytes());
        let half = tag.as_ref().get(..CODE_BYTES).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(half)
    }
}

/// Compares in constant time.
fn is_same(expected: &str, given: &str) -> bool {
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use underpass_model::connection::Decision;
    use underpass_model::id::ConnectionId;

    use super::*;

    fn connection(decision: Decision) -> Connection {
        Connection {
            id: ConnectionId::from_bits(1),
            ordinal: 1,
            identity: Identity {
                name: "pe.guid".to_owned(),
                link_identifier: None,
                endpoint: String::new(),
                location: None,
                message: None,
            },
            decision,
            revision: 1,
            address: None,
            label: None,
            first_seen_at: jiff::Timestamp::UNIX_EPOCH,
            decided_at: None,
        }
    }

    #[test]
    fn a_proof_holds_for_its_link_its_connection_and_its_key_only() {
        let key = ProofKey::from_bytes(&[1; 32]);
        let (link, other) = (LinkId::from_bits(1), LinkId::from_bits(2));
        assert_eq!(key.sign(&link, &connection(Decision::Undecided)), None);
        let approved = connection(Decision::Approved);
        let proof = key.sign(&link, &approved).unwrap();
        let identity = &approved.identity;
        let content = key.verify(&link, identity, &proof);
        assert_eq!(content, Attestation::of(&approved));
        assert_eq!(key.verify(&other, identity, &proof), None);
        let foreign = Identity {
            name: "pe.other".to_owned(),
            ..identity.clone()
        };
        assert_eq!(key.verify(&link, &foreign, &proof), None);
        let another_key = ProofKey::from_bytes(&[2; 32]);
        assert_eq!(another_key.verify(&link, identity, &proof), None);
        let mut forged = proof;
        forged.attestation.revision += 1;
        assert_eq!(key.verify(&link, identity, &forged), None);
    }

    #[test]
    fn a_link_is_proven_with_its_work_key() {
        let key = ProofKey::from_bytes(&[1; 32]);
        let code = key.sign_link("s1", "link/demo/pg-1/azure");
        assert!(key.verify_link("s1", "link/demo/pg-1/azure", &code));
        assert!(!key.verify_link("s2", "link/demo/pg-1/azure", &code));
        assert!(!key.verify_link("s1", "link/evil/pg-1/azure", &code));
        assert!(!key.verify_link("s1", "link/demo/pg-1/azure", ""));
    }
}
