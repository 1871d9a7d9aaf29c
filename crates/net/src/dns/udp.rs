//! Answers datagrams.

use std::io;

use tokio::net::UdpSocket;
use tokio::time::sleep;
use tracing::{debug, trace};

use super::Shared;
use super::message::Transport;
use crate::limits::{ACCEPT_PAUSE, MAX_UDP_QUERY_BYTES};

/// Answers for ever, one datagram after another: an answer takes microseconds, so there is
/// nothing to gain from a task for each, and no queue to bound.
pub(super) async fn serve(socket: &UdpSocket, shared: &Shared) {
    let mut buffer = vec![0; MAX_UDP_QUERY_BYTES];
    loop {
        match socket.recv_from(&mut buffer).await {
            // Nobody can have sent from port 0; an answer to it would go nowhere.
            Ok((_, peer)) if peer.port() == 0 => {}
            Ok((read, peer)) => {
                let request = buffer.get(..read).unwrap_or_default();
                trace!(peer.addr = %peer, size_bytes = read, "query");
                if let Some(response) = shared.respond(request, Transport::Udp)
                    && let Err(error) = socket.send_to(&response, peer).await
                {
                    debug!(peer.addr = %peer, %error, "an answer was not sent");
                }
            }
            // Some systems report here that an earlier answer reached nobody.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => {
                debug!(%error, "receive a query");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
