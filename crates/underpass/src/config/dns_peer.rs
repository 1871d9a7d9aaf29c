//! Entries of `dns.transfer` and `dns.notify`.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

/// Port of DNS (RFC 1035 §4.2).
const DNS_PORT: u16 = 53;

/// Peers that may transfer the zone: an address or range, a key, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TransferPeer {
    pub(crate) range: Option<IpNet>,
    /// Name of the key.
    pub(crate) key: Option<String>,
}

/// A peer that is told about changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotifiedPeer {
    pub(crate) addr: SocketAddr,
    /// Name of the key.
    pub(crate) key: Option<String>,
}

impl FromStr for TransferPeer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, key) = words(text)?;
        let range = address.map(|word| {
            let range = word.parse::<IpAddr>().map(IpNet::from);
            range.or_else(|_| word.parse()).map_err(|_| {
                format!("`{word}` is neither an address nor a range such as 10.0.0.0/24")
            })
        });
        Ok(Self {
            range: range.transpose()?,
            key,
        })
    }
}

impl FromStr for NotifiedPeer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, key) = words(text)?;
        let word = address.unwrap_or_default();
        let addr = word.parse::<SocketAddr>();
        let addr = addr.or_else(|_| word.parse().map(|ip: IpAddr| SocketAddr::new(ip, DNS_PORT)));
        let addr = addr.map_err(|_| {
            format!(
                "`{word}` is not an address such as 10.0.0.53, 10.0.0.53:5353 or [fd00::53]:5353"
            )
        })?;
        Ok(Self { addr, key })
    }
}

/// An address and the name after `key=`, in any order.
fn words(text: &str) -> Result<(Option<&str>, Option<String>), String> {
    let (mut address, mut key) = (None, None);
    for word in text.split_whitespace() {
        let before = match word.strip_prefix("key=") {
            Some(name) => key.replace(name.to_owned()).is_some(),
            None => address.replace(word).is_some(),
        };
        if before {
            return Err(format!("`{text}`: one address and one key=NAME at most"));
        }
    }
    if address.is_none() && key.is_none() {
        return Err("an entry is an address, key=NAME, or both".to_owned());
    }
    Ok((address, key))
}
