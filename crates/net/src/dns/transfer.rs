//! Zone transfers over TCP: of the whole zone (RFC 5936), and of what changed (RFC 1995).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hickory_proto::op::ResponseCode;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tracing::info;
use underpass_model::serial::serial;

use super::clock;
use super::copy::{Untransferable, copy};
use super::counts::{Refusal, Served};
use super::journal::{Journal, Step, condense};
use super::message::{Extent, TransferRequest};
use super::responder::Responder;
use super::snapshot::Snapshot;
use super::transfer_message::TransferMessages;
use super::tsig::Signer;
use crate::limits::{TRANSFER_TIMEOUT, TRANSFER_WRITE_TIMEOUT};

/// Records of a transfer.
enum Content {
    /// The current SOA record alone: the secondary is not behind.
    Nothing { generation: u64 },
    /// Every record.
    Whole(Arc<Snapshot>),
    /// The differences between two generations.
    Differences {
        from: u64,
        to: u64,
        steps: Vec<Arc<Step>>,
    },
}

/// Performs a transfer.
///
/// # Errors
/// If the client is gone, or does not accept a message in time.
pub(super) async fn send<S: AsyncWrite + Unpin>(
    stream: &mut S,
    responder: &Responder,
    request: TransferRequest,
    peer: SocketAddr,
) -> io::Result<()> {
    let key = request.verified.as_ref().map(|it| it.key.name().to_owned());
    let Some(_slot) = responder.slots.take(peer.ip()) else {
        responder.refuse(peer, key.as_deref(), Refusal::Limit, clock::now());
        return fail(stream, &request).await;
    };
    let Ok(content) = content(responder, request.extent).await else {
        responder.refuse(peer, key.as_deref(), Refusal::Incomplete, clock::now());
        return fail(stream, &request).await;
    };
    let signer = request.verified.as_ref().map(Signer::of);
    let mut messages = TransferMessages::new(&request.response, &responder.apex, signer)?;
    let sent = timeout(TRANSFER_TIMEOUT, write(stream, &mut messages, &content));
    let sent = sent.await.map_err(io::Error::from).flatten();
    if sent.is_err() {
        responder.counts.fail();
    }
    sent?;
    let (kind, generation) = match &content {
        Content::Nothing { generation } => (Served::Unchanged, *generation),
        Content::Whole(copy) => (Served::Whole, copy.generation),
        Content::Differences { to, .. } => (Served::Difference, *to),
    };
    responder.counts.serve(kind);
    let since = match request.extent {
        Extent::Whole => None,
        Extent::Since(serial) => Some(serial),
    };
    info!(
        peer.addr = %peer,
        tsig.key = key.as_deref().unwrap_or("none"),
        transfer.kind = kind.name(),
        transfer.since = since,
        zone.serial = serial(generation),
        transfer.records = messages.records(),
        transfer.messages = messages.sent(),
        "zone transferred"
    );
    Ok(())
}

/// Decides about the records. Differences that are larger than the zone are not.
async fn content(responder: &Responder, extent: Extent) -> Result<Content, Untransferable> {
    if let Extent::Since(since) = extent {
        let served = responder.served();
        let to = served.zone.generation;
        // An equal or later serial (RFC 1982 §3.2) is answered with the SOA record (RFC 1995 §2).
        let behind = serial(to).wrapping_sub(since);
        if behind == 0 || behind >= 1 << 31 {
            return Ok(Content::Nothing { generation: to });
        }
        let names = served.zone.records.len();
        let from = Journal::generation_of(since, to);
        let found = from.and_then(|from| Some((from, served.journal.since(from)?)));
        drop(served);
        if let Some((from, steps)) = found
            && condense(&steps).len() <= names
        {
            return Ok(Content::Differences { from, to, steps });
        }
    }
    Ok(Content::Whole(copy(responder).await?))
}

/// Writes all records, and each message as soon as it is full.
async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    messages: &mut TransferMessages<'_>,
    content: &Content,
) -> io::Result<()> {
    match content {
        Content::Nothing { generation } => messages.soa(*generation),
        Content::Whole(copy) => {
            messages.soa(copy.generation);
            messages.own_records();
            for (name, address) in &copy.records {
                messages.address(name, (*address).into());
                write_full(stream, messages).await?;
            }
            messages.soa(copy.generation);
        }
        Content::Differences { from, to, steps } => {
            let changes = condense(steps);
            messages.soa(*to);
            messages.soa(*from);
            for (name, (before, _)) in &changes {
                if let Some(address) = before {
                    messages.address(name, (*address).into());
                    write_full(stream, messages).await?;
                }
            }
            messages.soa(*to);
            for (name, (_, after)) in &changes {
                if let Some(address) = after {
                    messages.address(name, (*address).into());
                    write_full(stream, messages).await?;
                }
            }
            messages.soa(*to);
        }
    }
    write_message(stream, messages).await
}

async fn write_full<S: AsyncWrite + Unpin>(
    stream: &mut S,
    messages: &mut TransferMessages<'_>,
) -> io::Result<()> {
    if messages.is_full() {
        write_message(stream, messages).await?;
    }
    Ok(())
}

async fn write_message<S: AsyncWrite + Unpin>(
    stream: &mut S,
    messages: &mut TransferMessages<'_>,
) -> io::Result<()> {
    let framed = framed(&messages.take(clock::now()))?;
    timeout(TRANSFER_WRITE_TIMEOUT, stream.write_all(&framed)).await??;
    // A client that reads fast must not keep the thread from queries.
    tokio::task::yield_now().await;
    Ok(())
}

/// Answers that the transfer is not possible now; the secondary tries again.
async fn fail<S: AsyncWrite + Unpin>(stream: &mut S, request: &TransferRequest) -> io::Result<()> {
    let mut response = request.response.clone();
    response.metadata.response_code = ResponseCode::ServFail;
    response.metadata.authoritative = false;
    let mut packet = response.to_vec().map_err(io::Error::other)?;
    if let Some(verified) = &request.verified {
        Signer::of(verified).sign(&mut packet, clock::now());
    }
    timeout(TRANSFER_WRITE_TIMEOUT, stream.write_all(&framed(&packet)?)).await?
}

/// A message with its length before it, which are sent in one segment (RFC 7766 §8).
pub(super) fn framed(packet: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(packet.len()).map_err(io::Error::other)?;
    let mut framed = Vec::with_capacity(2 + packet.len());
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(packet);
    Ok(framed)
}
