//! Asks one DNS server for one name.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;

use crate::failure::Failure;

/// Longest wait for an answer: 2 s; the server is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// Largest answer over UDP without extensions (RFC 1035 §4.2.1).
const MAX_ANSWER: usize = 512;

/// The address of a name; none if there is no such name.
pub(super) async fn resolve(server: SocketAddr, name: &str) -> Result<Option<Ipv4Addr>, Failure> {
    let action = format!("ask {server} for {name}");
    let name =
        Name::from_ascii(format!("{name}.")).map_err(|error| Failure::caused(&action, &error))?;
    // Any number does: the socket takes answers of the server alone.
    let mut question = Message::new(1, MessageType::Query, OpCode::Query);
    question.add_query(Query::query(name, RecordType::A));
    let question = question
        .to_vec()
        .map_err(|error| Failure::caused(&action, &error))?;
    let exchange = async {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await?;
        socket.connect(server).await?;
        socket.send(&question).await?;
        let mut answer = vec![0; MAX_ANSWER];
        let length = socket.recv(&mut answer).await?;
        answer.truncate(length);
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(PATIENCE, exchange)
        .await
        .map_err(|_| Failure::refused(format!("{action}: no answer")))?
        .map_err(|error| Failure::caused(&action, &error))?;
    let answer = Message::from_vec(&answer).map_err(|error| Failure::caused(&action, &error))?;
    match answer.metadata.response_code {
        ResponseCode::NXDomain => Ok(None),
        ResponseCode::NoError => Ok(answer.answers.iter().find_map(|record| match record.data {
            RData::A(address) => Some(address.0),
            _ => None,
        })),
        code => Err(Failure::refused(format!("{action}: {code}"))),
    }
}
