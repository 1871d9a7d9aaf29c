//! The seam between a driver and the wire.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

/// Longest time for one exchange, body included: 30 s. Resource managers answer within a few
/// seconds and report long work as operations; leases are longer than this.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest time to connect, TLS included: 10 s.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest answer taken: 32 MiB, a listing page of 1,000 published services with full endpoint
/// lists being the largest we know (about 12 MB).
pub const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// Sends one request and gives its answer; never retries.
#[async_trait]
pub trait Transport: Send + Sync {
    /// One exchange.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request surely never reached the provider.
    #[error("reach {host}")]
    NotSent {
        /// Whom.
        host: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The request may have been carried out.
    #[error("await the answer of {host}")]
    InDoubt {
        /// Whose.
        host: String,
        /// Why it did not come.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// HTTPS by a connection pool.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
}

impl HttpTransport {
    /// A pool that trusts the given roots (PEM, one or more) instead of the system's, if any.
    ///
    /// # Errors
    /// When the PEM cannot be read or TLS cannot be set up.
    pub fn new(root_pem: Option<&[u8]>) -> Result<Self, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(EXCHANGE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("underpass/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = root_pem {
            builder = builder.tls_certs_only(reqwest::Certificate::from_pem_bundle(pem)?);
        }
        Ok(Self {
            client: builder.build()?,
        })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let host = request
            .uri()
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default();
        let doubt = |source: reqwest::Error| {
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
        let request = reqwest::Request::try_from(request).map_err(doubt)?;
        let mut answer = self.client.execute(request).await.map_err(doubt)?;
        let mut parts = Response::builder().status(answer.status());
        if let Some(headers) = parts.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(doubt)? {
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
