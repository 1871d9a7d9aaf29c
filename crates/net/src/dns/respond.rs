//! The reaction of a server to packets, for its sockets.

use std::io;
use std::net::SocketAddr;

use tokio::io::AsyncWrite;

use super::message::{Reply, TransferRequest, Transport};
use super::responder::Responder;
use super::transfer;

/// Responds to the packets of a server's sockets.
pub(super) trait Respond: Send + Sync + 'static {
    /// The reply to a packet.
    fn respond(&self, packet: &[u8], transport: Transport, peer: SocketAddr) -> Reply;

    /// Performs a transfer that was the reply.
    fn transfer<S: AsyncWrite + Unpin + Send>(
        &self,
        stream: &mut S,
        request: TransferRequest,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<()>> + Send;
}

impl Respond for Responder {
    fn respond(&self, packet: &[u8], transport: Transport, peer: SocketAddr) -> Reply {
        self.reply_to(packet, transport, peer)
    }

    async fn transfer<S: AsyncWrite + Unpin + Send>(
        &self,
        stream: &mut S,
        request: TransferRequest,
        peer: SocketAddr,
    ) -> io::Result<()> {
        transfer::send(stream, self, request, peer).await
    }
}
