//! Proof of a decision, written to the provider together with the decision.
//!
//! A proof shows that this installation decided so, even if its store does not know it: a store that
//! was restored from a backup, or lost, is recognised by a valid proof that it does not know.
//! The code of a proof is computed with a key that is not in the store; the caller signs and
//! verifies, because this crate has no cryptography.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::connection::{Connection, Decision, Identity};
use crate::id::{ConnectionId, LinkId};

/// The first two fields of a proof: the product and the version of the form.
const PREFIX: &str = "underpass:1:";

/// The most characters of a code: 64. Half of a SHA-256 has 22 in base64.
const CODE_MAX: usize = 64;

/// A decision that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvenDecision {
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
}

/// The content of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// The connection.
    pub connection: ConnectionId,
    /// Its ordinal.
    pub ordinal: u32,
    /// The decision.
    pub decision: ProvenDecision,
    /// The number of decisions about the connection so far.
    pub revision: u32,
    /// The address of the consumer's endpoint, if it was known with the decision.
    pub address: Option<Ipv4Addr>,
}

/// A proof as a provider shows it. Not verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionProof {
    /// The content.
    pub attestation: Attestation,
    /// The code over the content.
    pub code: String,
}

/// A text that is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a proof of a decision")]
pub struct NotAProof;

impl Attestation {
    /// The attestation of a connection's decision; `None` if there is no decision.
    pub fn of(connection: &Connection) -> Option<Self> {
        let decision = match connection.decision {
            Decision::Undecided => return None,
            Decision::Approved => ProvenDecision::Approved,
            Decision::Rejected(_) => ProvenDecision::Rejected,
        };
        Some(Self {
            connection: connection.id.clone(),
            ordinal: connection.ordinal,
            decision,
            revision: connection.revision,
            address: connection.address,
        })
    }

    /// The text over which the code is computed: the content, bound to the link and to the
    /// provider's identity of the connection, so that it proves nothing about another one.
    pub fn signed_text(&self, link: &LinkId, identity: &Identity) -> String {
        let number = identity.link_identifier.as_deref().unwrap_or_default();
        let name = identity.name.to_ascii_lowercase();
        format!("{self}\n{link}\n{name}\n{number}")
    }
}

impl fmt::Display for Attestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = match self.decision {
            ProvenDecision::Approved => 'a',
            ProvenDecision::Rejected => 'r',
        };
        write!(
            f,
            "{PREFIX}{decision}:{}:{}:{}:",
            self.connection, self.ordinal, self.revision
        )?;
        match self.address {
            Some(address) => address.fmt(f),
            None => f.write_str("-"),
        }
    }
}

impl fmt::Display for DecisionProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.attestation, self.code)
    }
}

impl FromStr for DecisionProof {
    type Err = NotAProof;

    fn from_str(text: &str) -> Result<Self, NotAProof> {
        let rest = text.strip_prefix(PREFIX).ok_or(NotAProof)?;
        let fields: Vec<_> = rest.split(':').collect();
        let [decision, connection, ordinal, revision, address, code] = fields[..] else {
            return Err(NotAProof);
        };
        let decision = match decision {
            "a" => ProvenDecision::Approved,
            "r" => ProvenDecision::Rejected,
            _ => return Err(NotAProof),
        };
        let address = match address {
            "-" => None,
            address => Some(address.parse().map_err(|_| NotAProof)?),
        };
        let is_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if code.is_empty() || code.len() > CODE_MAX || !code.bytes().all(is_code) {
            return Err(NotAProof);
        }
        Ok(Self {
            attestation: Attestation {
                connection: connection.parse().map_err(|_| NotAProof)?,
                ordinal: ordinal.parse().map_err(|_| NotAProof)?,
                decision,
                revision: revision.parse().map_err(|_| NotAProof)?,
                address,
            },
            code: code.to_owned(),
        })
    }
}

impl DecisionProof {
    /// Finds a proof in a text for people that ends with one in brackets.
    pub fn find_in(text: &str) -> Option<Self> {
        let (_, bracketed) = text.rsplit_once('[')?;
        bracketed.strip_suffix(']')?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attestation() -> Attestation {
        Attestation {
            connection: ConnectionId::from_bits(7),
            ordinal: 3,
            decision: ProvenDecision::Approved,
            revision: 2,
            address: Some(Ipv4Addr::new(10, 0, 0, 4)),
        }
    }

    #[test]
    fn a_proof_round_trips_and_fits_a_description() {
        for attestation in [
            attestation(),
            Attestation {
                decision: ProvenDecision::Rejected,
                address: None,
                ..attestation()
            },
        ] {
            let proof = DecisionProof {
                attestation,
                code: "x".repeat(22),
            };
            assert_eq!(proof.to_string().parse(), Ok(proof.clone()));
            let text = format!("Approved by the provider of the service [{proof}]");
            // A request message has at most 140 characters.
            assert!(text.len() <= 140, "{}", text.len());
            assert_eq!(DecisionProof::find_in(&text), Some(proof));
        }
    }

    #[test]
    fn other_texts_are_not_proofs() {
        for text in [
            "",
            "Auto Approved",
            "underpass:1:",
            "underpass:2:a:plc0000000000000007:3:2:-:code",
            "underpass:1:x:plc000000000007:3:2:-:code",
            "underpass:1:a:nothing:3:2:-:code",
            "underpass:1:a:plc000000000007:-1:2:-:code",
            "underpass:1:a:plc000000000007:3:2:host:code",
            "underpass:1:a:plc000000000007:3:2:-:",
            "underpass:1:a:plc000000000007:3:2:-:a b",
            "underpass:1:a:plc000000000007:3:2:-:code:more",
        ] {
            assert_eq!(text.parse::<DecisionProof>(), Err(NotAProof), "{text}");
            assert_eq!(DecisionProof::find_in(&format!("hello [{text}]")), None);
        }
        assert_eq!(DecisionProof::find_in("hello"), None);
    }

    #[test]
    fn a_signature_covers_the_link_and_the_identity() {
        let identity = |name: &str, number: &str| Identity {
            name: name.to_owned(),
            link_identifier: Some(number.to_owned()),
            endpoint: String::new(),
            location: None,
            message: None,
        };
        let signed = |link, name, number| {
            attestation().signed_text(&LinkId::from_bits(link), &identity(name, number))
        };
        let text = signed(1, "pe.guid", "7");
        assert_eq!(text, signed(1, "PE.GUID", "7"), "names ignore case");
        for other in [
            signed(2, "pe.guid", "7"),
            signed(1, "pe.other", "7"),
            signed(1, "pe.guid", "8"),
        ] {
            assert_ne!(text, other);
        }
    }
}
