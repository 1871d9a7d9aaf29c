//! Notifications of secondaries about a new serial (RFC 1996).
//!
//! One task per secondary: it tells the latest serial, waits for the answer, and begins again. So a
//! secondary has at most one notification in flight, and a burst of changes costs few of them. The last
//! serial is told again some times, because a secondary may answer and yet not come.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{RData, Record, RecordType};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::net::UdpSocket;
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};
use underpass_model::serial::serial;
use underpass_model::zone::RECORD_TTL_SECONDS;

use super::answer::soa;
use super::clock;
use super::counts::Notified;
use super::responder::Responder;
use super::tsig::{Signature, TsigKey, sign_request};
use crate::limits::{
    MAX_UDP_QUERY_BYTES, NOTIFY_INTERVAL, NOTIFY_REPEATS, NOTIFY_RETRY, NOTIFY_TIMEOUT,
};

/// A name server that mirrors the zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secondary {
    /// Address and port to which notifications are sent.
    pub addr: SocketAddr,
    /// Key that signs them.
    pub key: Option<TsigKey>,
}

/// Tells a secondary every new serial, until it is dropped. `sources` are addresses of this server, from
/// which the secondary expects notifications.
pub(super) async fn run(secondary: Secondary, responder: Arc<Responder>, sources: Vec<IpAddr>) {
    let mut latest = responder.transferable();
    let source = source(secondary.addr, &sources);
    let mut told = 0;
    let mut is_silent = false;
    // The code of the last answer, if it was a refusal.
    let mut refused = None;
    // Times after which the last serial is told again.
    let mut repeats: &[Duration] = &[];
    loop {
        let changed = async {
            let changed = latest.wait_for(|generation| *generation != told).await;
            changed.is_ok()
        };
        let is_changed = match repeats.split_first() {
            Some((after, _)) => timeout(*after, changed).await,
            None => Ok(changed.await),
        };
        repeats = match is_changed {
            Ok(true) => &NOTIFY_REPEATS,
            // The responder outlives its receivers.
            Ok(false) => return,
            Err(_) => repeats.split_first().map_or(&[], |(_, rest)| rest),
        };
        let mut pause = NOTIFY_TIMEOUT;
        let code = loop {
            // The latest one, also after attempts without an answer.
            told = *latest.borrow_and_update();
            let over = sleep(pause);
            let answered = timeout(pause, attempt(&secondary, &responder, source, told)).await;
            let error = match answered {
                Ok(Ok(code)) => break code,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            responder.counts.notify(Notified::Unanswered);
            if !std::mem::replace(&mut is_silent, true) {
                warn!(
                    secondary.addr = %secondary.addr, zone.serial = serial(told), error,
                    "failed to notify a secondary; trying again until it answers"
                );
            }
            // Also after an error that comes immediately.
            over.await;
            pause = (pause * 2).min(NOTIFY_RETRY);
        };
        let is_refused = code != ResponseCode::NoError;
        responder.counts.notify(if is_refused {
            Notified::Refused
        } else {
            Notified::Accepted
        });
        let was_refused = std::mem::replace(&mut refused, is_refused.then_some(code));
        let was_silent = std::mem::replace(&mut is_silent, false);
        // Once for each refusal: names may change every second.
        if is_refused && was_refused != refused {
            warn!(
                secondary.addr = %secondary.addr, zone.serial = serial(told), answer = %code,
                "notification of a secondary failed: it refused"
            );
        } else if is_refused {
            debug!(secondary.addr = %secondary.addr, answer = %code, "notification of a secondary failed: it refused");
        } else if was_silent || was_refused.is_some() {
            info!(secondary.addr = %secondary.addr, zone.serial = serial(told), "secondary accepts notifications again");
        } else {
            debug!(secondary.addr = %secondary.addr, zone.serial = serial(told), "secondary notified");
        }
        sleep(NOTIFY_INTERVAL).await;
    }
}

/// Sends a notification and waits for its answer.
async fn attempt(
    secondary: &Secondary,
    responder: &Responder,
    source: IpAddr,
    generation: u64,
) -> io::Result<ResponseCode> {
    let id = random_id()?;
    let apex = &responder.apex;
    let mut message = Message::new(id, MessageType::Query, OpCode::Notify);
    message.metadata.authoritative = true;
    message.add_query(Query::query(apex.name.clone(), RecordType::SOA));
    // A hint (RFC 1996 §3.7).
    message.add_answer(Record::from_rdata(
        apex.name.clone(),
        RECORD_TTL_SECONDS,
        RData::SOA(soa(apex, generation)),
    ));
    let mut packet = message.to_vec().map_err(io::Error::other)?;
    let key = secondary.key.as_ref();
    let mac = key.map(|key| sign_request(key, &mut packet, clock::now()));
    // A port for each attempt, so that a late answer to an earlier one is not taken for this one's.
    let socket = UdpSocket::bind((source, 0)).await?;
    socket.connect(secondary.addr).await?;
    socket.send(&packet).await?;
    let mut buffer = vec![0; MAX_UDP_QUERY_BYTES];
    loop {
        let read = socket.recv(&mut buffer).await?;
        let answer = buffer.get(..read).unwrap_or_default();
        let signed = secondary.key.as_ref().zip(mac.as_deref());
        if let Some(code) = code_of(answer, id, signed) {
            return Ok(code);
        }
    }
}

/// The response code of the answer to a notification; `None` if the packet is another one, or not signed as
/// it must be.
pub(super) fn code_of(
    packet: &[u8],
    id: u16,
    signed: Option<(&TsigKey, &[u8])>,
) -> Option<ResponseCode> {
    let rest = match (Signature::take(packet).ok()?, signed) {
        (Some((signature, rest)), Some((key, mac))) => signature
            .answers(key, mac, &rest, clock::now())
            .then_some(rest)?,
        (None, None) => packet.to_vec(),
        (Some(_), None) | (None, Some(_)) => return None,
    };
    let answer = Message::from_vec(&rest).ok()?.metadata;
    let is_answer = answer.id == id
        && answer.message_type == MessageType::Response
        && answer.op_code == OpCode::Notify;
    is_answer.then_some(answer.response_code)
}

/// The address from which a secondary is notified: the first one of the server that can reach it.
fn source(secondary: SocketAddr, sources: &[IpAddr]) -> IpAddr {
    let unspecified = match secondary {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    let fits = |ip: &&IpAddr| {
        ip.is_ipv4() == secondary.is_ipv4()
            && !ip.is_unspecified()
            && ip.is_loopback() == secondary.ip().is_loopback()
    };
    sources.iter().find(fits).copied().unwrap_or(unspecified)
}

fn random_id() -> io::Result<u16> {
    let mut id = [0; 2];
    let drawn = SystemRandom::new().fill(&mut id);
    drawn.map_err(|_| io::Error::other("no random bytes"))?;
    Ok(u16::from_be_bytes(id))
}
