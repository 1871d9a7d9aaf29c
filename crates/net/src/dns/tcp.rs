//! DNS over TCP: each query and answer is preceded by its length (RFC 1035 §4.2.2).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, error};

use super::message::{Reply, Transport};
use super::respond::Respond;
use super::transfer;
use crate::addr::ClientAddr;
use crate::connections::{Connection, Connections};
use crate::limits::{ACCEPT_PAUSE, DNS_IDLE_TIMEOUT};

/// Accepts connections for ever. They end when this future is dropped.
///
/// At a limit the connection that has waited longest for a query is closed for a new one.
pub(super) async fn serve(
    listener: &TcpListener,
    open: &Connections,
    responder: &Arc<impl Respond>,
) {
    let mut tasks = JoinSet::new();
    loop {
        while let Some(ended) = tasks.try_join_next() {
            if let Err(error) = ended {
                error!(%error, "DNS connection task panicked");
            }
        }
        match accept(listener, open).await {
            Ok((mut stream, peer, Some(connection))) => {
                let responder = Arc::clone(responder);
                tasks.spawn(async move {
                    tokio::select! {
                        biased;
                        () = connection.evicted() => {
                            debug!(peer.addr = %peer, "closing a DNS connection that waits, for a new one");
                        }
                        ended = serve_connection(&mut stream, peer.socket_addr(), &connection, responder.as_ref()) => {
                            if let Err(error) = ended {
                                debug!(peer.addr = %peer, %error, "DNS connection ended");
                            }
                        }
                    }
                });
            }
            Ok((_, peer, None)) => {
                debug!(peer.addr = %peer, "DNS connection refused: too many connections are open");
            }
            Err(error) => {
                debug!(%error, "failed to accept a DNS connection");
                open.evict_one();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn accept(
    listener: &TcpListener,
    open: &Connections,
) -> io::Result<(TcpStream, ClientAddr, Option<Connection>)> {
    let (stream, peer) = listener.accept().await?;
    let connection = open.admit(peer.ip()).await;
    Ok((stream, peer.into(), connection))
}

/// Answers queries one after the other until the client closes the connection, exceeds the idle
/// timeout or sends a query that gets no answer.
pub(super) async fn serve_connection<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: &mut S,
    peer: SocketAddr,
    connection: &Connection,
    responder: &impl Respond,
) -> io::Result<()> {
    let mut request = Vec::new();
    loop {
        // One deadline for the whole query, so that single bytes do not extend it.
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
        match responder.respond(&request, Transport::Tcp, peer) {
            Reply::Silence => return Ok(()),
            Reply::Packet(response) => {
                let framed = transfer::framed(&response)?;
                timeout(DNS_IDLE_TIMEOUT, stream.write_all(&framed)).await??;
            }
            // A transfer has limits of its own, and is not ended for another connection.
            Reply::Transfer(_) if !connection.answer() => return Ok(()),
            Reply::Transfer(asked) => responder.transfer(stream, *asked, peer).await?,
        }
        connection.await_request();
    }
}
