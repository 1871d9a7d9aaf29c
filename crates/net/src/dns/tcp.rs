//! Answers queries on connections, each query and answer preceded by its length
//! (RFC 1035 §4.2.2).

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, error};

use super::Shared;
use super::message::Transport;
use crate::limits::{ACCEPT_PAUSE, DNS_IDLE_TIMEOUT, MAX_DNS_CONNECTIONS};

/// Accepts for ever. Connections end when this future is dropped.
pub(super) async fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
                    error!(%error, "a DNS connection's task broke off");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((_, peer)) if connections.len() >= MAX_DNS_CONNECTIONS => {
                    debug!(peer.addr = %peer, "DNS connection refused: too many are open");
                }
                Ok((stream, peer)) => {
                    let shared = Arc::clone(shared);
                    connections.spawn(async move {
                        if let Err(error) = converse(stream, &shared).await {
                            debug!(peer.addr = %peer, %error, "DNS connection ended");
                        }
                    });
                }
                Err(error) => {
                    debug!(%error, "accept a DNS connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// Answers one query after another until the client is done, silent for too long, or sends what
/// cannot be answered.
async fn converse(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut request = Vec::new();
    loop {
        // One deadline for the whole query, so that a byte now and then does not extend it.
        let read = timeout(DNS_IDLE_TIMEOUT, async {
            let length = stream.read_u16().await?;
            request.resize(usize::from(length), 0);
            stream.read_exact(&mut request).await
        });
        match read.await? {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
        let Some(response) = shared.respond(&request, Transport::Tcp) else {
            return Ok(());
        };
        let length = u16::try_from(response.len()).map_err(io::Error::other)?;
        // Length and answer leave in one segment (RFC 7766 §8).
        let mut framed = Vec::with_capacity(2 + response.len());
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(&response);
        timeout(DNS_IDLE_TIMEOUT, stream.write_all(&framed)).await??;
    }
}
