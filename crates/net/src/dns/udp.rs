//! DNS over UDP.

use std::io;

use tokio::net::UdpSocket;
use tokio::time::sleep;
use tracing::{debug, trace};

use super::message::{Reply, Transport};
use super::respond::Respond;
use crate::addr::ClientAddr;
use crate::limits::{ACCEPT_PAUSE, MAX_UDP_QUERY_BYTES};

/// Answers datagrams for ever, one after the other. An answer takes microseconds, so a task for each
/// would gain nothing and would need a bounded queue.
pub(super) async fn serve(socket: &UdpSocket, responder: &impl Respond) {
    let mut buffer = vec![0; MAX_UDP_QUERY_BYTES];
    loop {
        match socket.recv_from(&mut buffer).await {
            // No client can send from port 0, so an answer would be lost.
            Ok((_, peer)) if peer.port() == 0 => {}
            Ok((read, peer)) => {
                let client = ClientAddr::from(peer);
                let request = buffer.get(..read).unwrap_or_default();
                trace!(peer.addr = %client, size_bytes = read, "query");
                // Transfers are over TCP.
                if let Reply::Packet(response) =
                    responder.respond(request, Transport::Udp, client.socket_addr())
                    && let Err(error) = socket.send_to(&response, client.socket_addr()).await
                {
                    debug!(peer.addr = %client, %error, "failed to send an answer");
                }
            }
            // Some systems report here that an earlier answer did not arrive.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => {
                debug!(%error, "failed to receive a query");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
