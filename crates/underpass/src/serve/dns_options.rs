//! Options of the name server by the configuration.

use std::collections::BTreeMap;

use underpass_net::dns::{self, Secondary, TransferRule, TsigKey};

use crate::config::DnsConfig;
use crate::failure::Failure;

/// Options of the name server; reads the secrets of its keys.
///
/// # Errors
/// If a secret is missing.
pub(super) fn dns_options(config: &DnsConfig) -> Result<dns::Options, Failure> {
    let keys = config
        .keys
        .iter()
        .map(|(name, key)| Ok((name.as_str(), key.read(name)?)))
        .collect::<Result<BTreeMap<_, TsigKey>, Failure>>()?;
    // A rule must not lose its condition.
    let key = |name: &Option<String>| -> Result<Option<TsigKey>, Failure> {
        let Some(name) = name else { return Ok(None) };
        let key = keys.get(name.as_str()).cloned();
        let missing = || Failure::refused(format!("the key `{name}` is not in [dns.keys.{name}]"));
        key.ok_or_else(missing).map(Some)
    };
    let transfers = config.transfer.iter().map(|peer| {
        Ok(TransferRule {
            peers: peer.range,
            key: key(&peer.key)?,
        })
    });
    let secondaries = config.notify.iter().map(|peer| {
        Ok(Secondary {
            addr: peer.addr,
            key: key(&peer.key)?,
        })
    });
    Ok(dns::Options {
        delegation: config.delegation(),
        transfers: transfers.collect::<Result<_, Failure>>()?,
        secondaries: secondaries.collect::<Result<_, Failure>>()?,
        keys: keys.values().cloned().collect(),
        ..dns::Options::new(
            config.listen.iter().copied().map(Into::into),
            &config.domain,
        )
    })
}
