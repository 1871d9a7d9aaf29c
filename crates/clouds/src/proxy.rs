//! The proxy of calls to clouds.

use underpass_model::credentials::Secret;

/// Hosts that no proxy can reach, or that must not see a token: loopback, and the metadata servers
/// of Azure and Google with their link-local networks.
const NEVER: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd20:ce::254,\
                     metadata.google.internal,metadata";

/// An HTTP proxy for HTTPS calls, by `CONNECT`. Plain HTTP, which only metadata servers and emulated
/// clouds have, is never sent through it.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// The address, which may contain a password.
    url: Secret,
    no_proxy: String,
}

/// A proxy that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proxy is not an address. Set HTTPS_PROXY to `http://[USER:PASSWORD@]HOST:PORT`")]
pub struct BadProxy;

impl Proxy {
    /// Creates a proxy from the values of `HTTPS_PROXY` (an address, `http://` may be omitted) and
    /// `NO_PROXY`: host names, which stand for their subdomains too, addresses and ranges, separated
    /// by commas; `*` stands for all. Loopback and metadata servers are never reached through it.
    ///
    /// # Errors
    /// The address is not that of a proxy; it is not quoted, because it may contain a password.
    pub fn new(https_proxy: &str, no_proxy: &str) -> Result<Self, BadProxy> {
        let proxy = Self {
            url: Secret::new(https_proxy.trim().to_owned()),
            no_proxy: no_proxy.trim().to_owned(),
        };
        proxy.for_client().map(|_usable| proxy)
    }

    /// Returns the proxy for an HTTP client.
    pub(crate) fn for_client(&self) -> Result<reqwest::Proxy, BadProxy> {
        let url = self.url.expose();
        let scheme = url.split_once("://").map_or("http", |(scheme, _)| scheme);
        if !matches!(scheme, "http" | "https") {
            return Err(BadProxy);
        }
        let proxy = reqwest::Proxy::https(url).map_err(|_quotes_the_password| BadProxy)?;
        let except = format!("{NEVER},{}", self.no_proxy);
        Ok(proxy.no_proxy(reqwest::NoProxy::from_string(&except)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_none_is_refused_without_its_password() {
        for text in [
            "",
            "http://",
            "ftp://u:s3cret@proxy:1",
            "http://u:s3cret@ proxy",
        ] {
            let error = Proxy::new(text, "").expect_err(text);
            assert!(!error.to_string().contains("s3cret"));
        }
        let proxy = Proxy::new("u:s3cret@proxy:3128", "").expect("an address");
        assert!(!format!("{proxy:?}").contains("s3cret"));
    }
}
