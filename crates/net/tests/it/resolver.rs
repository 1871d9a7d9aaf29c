//! A resolver for names of a [`Lookup`].

use std::net::{Ipv4Addr, SocketAddr};

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::watch;
use underpass_net::dns::{Authority, Found, FoundRecord, Lookup, RecordData, RecordKind, Resolver};

use crate::peers::soon;

/// One name with an address, an alias to it, and more text than a datagram takes.
struct Names;

impl Lookup for Names {
    fn look_up(&self, name: &str, kind: RecordKind) -> Found {
        if name == "broken.test" {
            return Found::Unavailable;
        }
        if name != "db.test" && !name.ends_with(".db.test") {
            return Found::Elsewhere;
        }
        let record = |owner: &str, data| FoundRecord {
            owner: owner.to_owned(),
            ttl: 7,
            data,
        };
        let address = || {
            record(
                "pg.db.test",
                RecordData::Address(Ipv4Addr::new(127, 1, 2, 3)),
            )
        };
        let records = match (name, kind) {
            ("pg.db.test", RecordKind::Address) => vec![address()],
            ("alias.db.test", RecordKind::Address) => vec![
                record(name, RecordData::Alias("pg.db.test".to_owned())),
                address(),
            ],
            ("pg.db.test", RecordKind::Text) => {
                vec![record(name, RecordData::Text(vec!["x".repeat(250); 8]))]
            }
            _ => Vec::new(),
        };
        Found::InZone {
            authority: Authority {
                zone: "db.test".to_owned(),
                host: "host.test".to_owned(),
                contact: "contact.test".to_owned(),
                serial: 1,
                refresh: 2,
                retry: 3,
                expire: 4,
                minimum: 5,
                ttl: 6,
            },
            exists: ["db.test", "pg.db.test", "alias.db.test"].contains(&name),
            records,
        }
    }
}

async fn start() -> (SocketAddr, watch::Sender<bool>) {
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    let resolver = Resolver::bind(any.into(), Names).await.unwrap();
    let address = resolver.local_addr().socket_addr();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(resolver.run(stopped));
    (address, stop)
}

fn query(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(9, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message.to_vec().unwrap()
}

async fn over_udp(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(&query(name, kind)).await.unwrap();
    let mut buffer = [0; 4096];
    let read = soon(socket.recv(&mut buffer)).await.unwrap();
    Message::from_vec(&buffer[..read]).unwrap()
}

async fn over_tcp(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = query(name, kind);
    stream
        .write_u16(request.len().try_into().unwrap())
        .await
        .unwrap();
    stream.write_all(&request).await.unwrap();
    let length = soon(stream.read_u16()).await.unwrap();
    let mut reply = vec![0; length.into()];
    soon(stream.read_exact(&mut reply)).await.unwrap();
    Message::from_vec(&reply).unwrap()
}

#[tokio::test]
async fn addresses_and_aliases_are_answered_with_the_case_of_the_question() {
    let (server, _stop) = start().await;
    let reply = over_udp(server, "PG.db.Test.", RecordType::A).await;
    assert_eq!(reply.metadata.response_code, ResponseCode::NoError);
    assert!(reply.metadata.recursion_available);
    let [record] = reply.answers.as_slice() else {
        panic!("one record: {reply:?}");
    };
    assert_eq!(record.name.to_ascii(), "PG.db.Test.");
    assert_eq!(record.ttl, 7);
    assert!(matches!(&record.data, RData::A(it) if it.0 == Ipv4Addr::new(127, 1, 2, 3)));
    let reply = over_tcp(server, "alias.db.test.", RecordType::A).await;
    let kinds: Vec<RecordType> = reply.answers.iter().map(Record::record_type).collect();
    assert_eq!(kinds, [RecordType::CNAME, RecordType::A]);
    assert_eq!(reply.answers[1].name.to_ascii(), "pg.db.test.");
}

#[tokio::test]
async fn missing_names_and_types_have_the_record_of_the_zone() {
    let (server, _stop) = start().await;
    for (name, kind, code) in [
        ("no.db.test.", RecordType::A, ResponseCode::NXDomain),
        ("pg.db.test.", RecordType::AAAA, ResponseCode::NoError),
    ] {
        let reply = over_udp(server, name, kind).await;
        assert_eq!(reply.metadata.response_code, code, "{name}");
        assert!(reply.answers.is_empty());
        assert_eq!(reply.authorities[0].name.to_ascii(), "db.test.");
        assert!(matches!(&reply.authorities[0].data, RData::SOA(soa) if soa.minimum == 5));
    }
    let own = over_udp(server, "db.test.", RecordType::SOA).await;
    assert_eq!(own.answers.len(), 1);
}

#[tokio::test]
async fn names_of_others_and_transfers_are_refused() {
    let (server, _stop) = start().await;
    for (name, kind, code) in [
        ("example.com.", RecordType::A, ResponseCode::Refused),
        ("db.test.", RecordType::AXFR, ResponseCode::Refused),
        ("broken.test.", RecordType::A, ResponseCode::ServFail),
    ] {
        let reply = over_tcp(server, name, kind).await;
        assert_eq!(reply.metadata.response_code, code, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_a_datagram_does_not_take_is_asked_for_over_tcp() {
    let (server, _stop) = start().await;
    let cut = over_udp(server, "pg.db.test.", RecordType::TXT).await;
    assert!(cut.metadata.truncation);
    let whole = over_tcp(server, "pg.db.test.", RecordType::TXT).await;
    assert!(matches!(&whole.answers[0].data, RData::TXT(it) if it.txt_data.len() == 8));
}
