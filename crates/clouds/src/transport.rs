//! The HTTP transport of a driver.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use crate::proxy::{BadProxy, Proxy};

/// The longest time of one exchange, body included: 30 s. Resource managers answer within a few
/// seconds and report long work as operations; leases are longer than this.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time to connect, TLS included: 5 s, more than three losses of a first packet.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The most idle connections kept to one host: 8, the passes of one account that run at the same
/// time. Each account has a pool of its own.
const IDLE_CONNECTIONS: usize = 8;

/// The longest time of an idle connection in the pool: 15 s. A connection may enter it before its first
/// request, and servers close such a connection soonest (20 s with Apache's `RequestReadTimeout
/// header=20`; 60 s with nginx's `client_header_timeout`). A write on a connection that closes is in doubt.
const IDLE_TIME: Duration = Duration::from_secs(15);

/// The largest accepted answer: 32 MiB. The largest known is a listing page of 1,000 published
/// services with full endpoint lists (about 12 MB).
pub const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Sends one request and returns its answer; never retries.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Performs one exchange.
    ///
    /// # Errors
    /// There is no answer; see [`SendError`].
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError>;
}

/// The reason why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request certainly never reached the provider.
    #[error("reach {host}")]
    NotSent {
        /// The host.
        host: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The request may have taken effect.
    #[error("await the answer of {host}")]
    InDoubt {
        /// The host.
        host: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An HTTPS connection pool.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

/// The certificate authorities that a client trusts.
#[derive(Debug, Clone, Copy)]
pub enum Trust<'a> {
    /// The system's.
    System,
    /// The system's and these: PEM, one or more. For a company's proxy that ends TLS.
    SystemAnd(&'a [u8]),
    /// Only these: PEM, one or more.
    Only(&'a [u8]),
}

/// A client that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpTransportError {
    /// A bundle of certificates has none.
    #[error("there is no certificate in PEM (`CERTIFICATE`). Name a file with at least one")]
    NoCertificate,
    /// The proxy cannot be used.
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    /// A certificate cannot be read, or TLS cannot be set up.
    #[error("set up an HTTPS client")]
    Setup(#[from] reqwest::Error),
}

impl HttpTransport {
    /// Creates a pool without a proxy that trusts the given roots (PEM, one or more) instead of the
    /// system's, if any.
    ///
    /// # Errors
    /// The PEM cannot be read, or TLS cannot be set up.
    pub fn new(root_pem: Option<&[u8]>) -> Result<Self, HttpTransportError> {
        Self::with(root_pem.map_or(Trust::System, Trust::Only), None)
    }

    /// Creates a pool. The process's environment has no effect on it.
    ///
    /// # Errors
    /// The PEM cannot be read, or TLS cannot be set up.
    pub fn with(trust: Trust<'_>, proxy: Option<&Proxy>) -> Result<Self, HttpTransportError> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(EXCHANGE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIME)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("underpass/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy.for_client()?);
        }
        builder = match trust {
            Trust::System => builder,
            Trust::SystemAnd(pem) => builder.tls_certs_merge(certificates(pem)?),
            Trust::Only(pem) => builder.tls_certs_only(certificates(pem)?),
        };
        Ok(Self {
            client: builder.build()?,
        })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, HttpTransportError> {
    let certificates = reqwest::Certificate::from_pem_bundle(pem)?;
    if certificates.is_empty() {
        return Err(HttpTransportError::NoCertificate);
    }
    Ok(certificates)
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let host = request
            .uri()
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default();
        let in_doubt = |source: reqwest::Error| {
            let host = host.clone();
            if source.is_connect() || source.is_builder() {
                SendError::NotSent {
                    host,
                    source: Box::new(source),
                }
            } else {
                SendError::InDoubt {
                    host,
                    source: Box::new(source),
                }
            }
        };
        let request = reqwest::Request::try_from(request).map_err(in_doubt)?;
        let mut answer = self.client.execute(request).await.map_err(in_doubt)?;
        let mut parts = Response::builder().status(answer.status());
        if let Some(headers) = parts.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(in_doubt)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(SendError::InDoubt {
                    host,
                    source: format!("the answer is larger than {MAX_ANSWER} bytes").into(),
                });
            }
            body.extend_from_slice(&chunk);
        }
        parts
            .body(Bytes::from(body))
            .map_err(|source| SendError::InDoubt {
                host,
                source: Box::new(source),
            })
    }
}
