//! DNS query for the address of a name, sent to one server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::net::UdpSocket;

use crate::failure::Failure;

/// Longest wait for an answer: 2 s.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Largest answer over UDP without extensions (RFC 1035 §4.2.1).
const MAX_ANSWER: usize = 512;

/// Address of a name; `None` if the name does not exist.
///
/// # Errors
/// If the server does not answer in time or answers with an error.
pub(crate) async fn resolve(server: SocketAddr, name: &str) -> Result<Option<Ipv4Addr>, Failure> {
    let action = format!("query {server} for {name}");
    let name =
        Name::from_ascii(format!("{name}.")).map_err(|error| Failure::caused(&action, &error))?;
    // Any ID will do: the connected socket receives only answers of the server.
    let mut query = Message::new(1, MessageType::Query, OpCode::Query);
    query.add_query(Query::query(name, RecordType::A));
    let query = query
        .to_vec()
        .map_err(|error| Failure::caused(&action, &error))?;
    let answering = async {
        let unspecified: IpAddr = if server.is_ipv4() {
            Ipv4Addr::UNSPECIFIED.into()
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        };
        let socket = UdpSocket::bind((unspecified, 0)).await?;
        socket.connect(server).await?;
        socket.send(&query).await?;
        let mut answer = vec![0; MAX_ANSWER];
        let length = socket.recv(&mut answer).await?;
        answer.truncate(length);
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(TIMEOUT, answering)
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
