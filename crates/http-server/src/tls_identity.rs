//! Certificate and key of a TLS listener, which are replaced while it serves.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// A certificate and key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificates cannot be read.
    #[error("the certificate file is not PEM: {0}")]
    Certificate(rustls::pki_types::pem::Error),
    /// There is no certificate.
    #[error("the certificate file has no certificate")]
    NoCertificate,
    /// The key cannot be read. The cause could quote it.
    #[error("the key file has no private key in PEM")]
    Key,
    /// They do not belong together, or their algorithm is not supported.
    #[error("the certificate and key cannot be used: {0}")]
    Rejected(rustls::Error),
}

/// Certificate chain and key of a listener. Clones share them, also after they are replaced.
#[derive(Debug, Clone)]
pub struct TlsIdentity {
    config: Arc<ArcSwap<ServerConfig>>,
}

impl TlsIdentity {
    /// Reads a chain, the own certificate first, and its key.
    ///
    /// # Errors
    /// If they are no PEM, or do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self {
            config: Arc::new(ArcSwap::new(config(chain, key)?)),
        })
    }

    /// Replaces both for new connections; after a failure the former ones stay.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.config.store(config(chain, key)?);
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }
}

fn config(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_quotes| TlsError::Key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Rejected)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
