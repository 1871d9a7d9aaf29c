use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use underpass_net::Zone;
use underpass_net::dns::{Error, Handle, Options};

use crate::peers::{ending, soon, until};

const HOST: &str = "privatelink-1-pg-1-demo.underpass.test";
const MIXED: &str = "PrivateLink-1-pg-1-Demo.UNDERPASS.test.";

struct Server {
    addr: SocketAddr,
    handle: Handle,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

async fn start() -> Server {
    let options = Options::new([any_port().into()], "Underpass.Test.");
    let service = options.bind().await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let (addr, handle) = (service.local_addrs()[0].socket_addr(), service.handle());
    let task = tokio::spawn(service.run(stopped));
    Server {
        addr,
        handle,
        stop,
        task,
    }
}

fn zone(generation: u64, address: [u8; 4]) -> Zone {
    let mut zone = Zone::empty("underpass.test");
    zone.generation = generation;
    zone.records.insert(HOST.to_owned(), address.into());
    zone
}

fn query(id: u16, name: &str) -> Vec<u8> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), RecordType::A));
    message.to_vec().unwrap()
}

async fn over_udp(server: SocketAddr, request: &[u8]) -> Message {
    let socket = UdpSocket::bind(any_port()).await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(request).await.unwrap();
    let mut buffer = [0; 4096];
    let length = soon(socket.recv(&mut buffer)).await.unwrap();
    Message::from_vec(&buffer[..length]).unwrap()
}

async fn write_tcp(stream: &mut TcpStream, request: &[u8]) {
    stream
        .write_u16(u16::try_from(request.len()).unwrap())
        .await
        .unwrap();
    stream.write_all(request).await.unwrap();
}

async fn read_tcp(stream: &mut TcpStream) -> io::Result<Message> {
    let length = soon(stream.read_u16()).await?;
    let mut response = vec![0; usize::from(length)];
    soon(stream.read_exact(&mut response)).await?;
    Ok(Message::from_vec(&response).unwrap())
}

async fn over_tcp(server: SocketAddr, request: &[u8]) -> Message {
    let mut stream = soon(TcpStream::connect(server)).await.unwrap();
    write_tcp(&mut stream, request).await;
    read_tcp(&mut stream).await.unwrap()
}

fn address(response: &Message) -> Option<Ipv4Addr> {
    match response.answers.as_slice() {
        [record] => match record.data {
            RData::A(address) => Some(address.0),
            _ => None,
        },
        _ => None,
    }
}

#[tokio::test]
async fn both_transports_answer_on_one_port() {
    let server = start().await;
    server.handle.publish(zone(1, [127, 64, 0, 4]));
    let request = query(7, MIXED);
    for response in [
        over_udp(server.addr, &request).await,
        over_tcp(server.addr, &request).await,
    ] {
        assert_eq!(response.metadata.id, 7);
        assert_eq!(response.metadata.response_code, ResponseCode::NoError);
        assert!(response.metadata.authoritative);
        assert_eq!(response.queries[0].name.to_ascii(), MIXED);
        assert_eq!(response.answers[0].name.to_ascii(), MIXED);
        assert_eq!(response.answers[0].ttl, 30);
        assert_eq!(address(&response), Some([127, 64, 0, 4].into()));
    }
}

#[tokio::test]
async fn a_published_zone_is_served_immediately_and_an_older_one_never() {
    let server = start().await;
    let request = query(1, HOST);
    let before = over_udp(server.addr, &request).await;
    assert_eq!(before.metadata.response_code, ResponseCode::ServFail);

    server.handle.publish(zone(3, [127, 64, 0, 3]));
    assert_eq!(
        address(&over_udp(server.addr, &request).await),
        Some([127, 64, 0, 3].into())
    );
    server.handle.publish(zone(2, [127, 64, 0, 2]));
    assert_eq!(
        address(&over_udp(server.addr, &request).await),
        Some([127, 64, 0, 3].into())
    );

    let mut foreign = zone(9, [127, 64, 0, 9]);
    foreign.domain = "example.org".to_owned();
    server.handle.publish(foreign);
    assert_eq!(server.handle.generation(), 3);

    let mut emptied = Zone::empty("underpass.test");
    emptied.generation = 4;
    server.handle.publish(emptied);
    let after = over_udp(server.addr, &request).await;
    assert_eq!(after.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(after.authorities[0].ttl, 5);
}

#[tokio::test]
async fn one_connection_carries_many_queries() {
    let server = start().await;
    server.handle.publish(zone(1, [127, 64, 0, 4]));
    let mut stream = soon(TcpStream::connect(server.addr)).await.unwrap();
    for id in 0..50 {
        write_tcp(&mut stream, &query(id, HOST)).await;
    }
    for id in 0..50 {
        let response = read_tcp(&mut stream).await.unwrap();
        assert_eq!(response.metadata.id, id);
        assert_eq!(address(&response), Some([127, 64, 0, 4].into()));
    }
    stream.shutdown().await.unwrap();
    assert_eq!(ending(&mut stream).await, Ok(()));
}

#[tokio::test]
async fn garbage_is_dropped_and_the_next_query_answered() {
    let server = start().await;
    server.handle.publish(zone(1, [127, 64, 0, 4]));
    let socket = UdpSocket::bind(any_port()).await.unwrap();
    socket.connect(server.addr).await.unwrap();
    socket.send(b"").await.unwrap();
    socket.send(b"too short").await.unwrap();
    socket.send(&query(5, HOST)).await.unwrap();
    let mut buffer = [0; 512];
    let length = soon(socket.recv(&mut buffer)).await.unwrap();
    assert_eq!(Message::from_vec(&buffer[..length]).unwrap().metadata.id, 5);

    let mut stream = soon(TcpStream::connect(server.addr)).await.unwrap();
    write_tcp(&mut stream, b"too short").await;
    assert_eq!(
        ending(&mut stream).await,
        Ok(()),
        "a stream of garbage is closed"
    );
}

#[tokio::test]
async fn connections_that_send_nothing_give_way_to_queries() {
    let server = start().await;
    let request = query(7, "fresh.underpass.test");
    let mut idle = Vec::new();
    for count in 0..600 {
        idle.push(soon(TcpStream::connect(server.addr)).await.unwrap());
        if count % 10 == 9 {
            assert_eq!(over_tcp(server.addr, &request).await.metadata.id, 7);
        }
    }
    assert_eq!(over_udp(server.addr, &request).await.metadata.id, 7);
    assert_eq!(ending(&mut idle.remove(0)).await, Ok(()), "it was closed");
}

#[tokio::test]
async fn a_stopped_server_gives_its_port_back() {
    let server = start().await;
    let mut open = soon(TcpStream::connect(server.addr)).await.unwrap();
    write_tcp(&mut open, &query(1, HOST)).await;
    read_tcp(&mut open).await.unwrap();
    server.stop.send(true).unwrap();
    soon(server.task).await.unwrap();
    assert_eq!(ending(&mut open).await, Ok(()));
    let again = Options::new([server.addr.into()], "underpass.test");
    again.bind().await.unwrap();
}

#[tokio::test]
async fn a_server_whose_owner_is_gone_stops() {
    let server = start().await;
    drop(server.stop);
    until(|| server.task.is_finished()).await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind(any_port())
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let squatter = TcpListener::bind(taken).await.unwrap();
    let options = Options::new([taken.into()], "underpass.test");
    let error = options.clone().bind().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Listen {
                transport: "TCP",
                ..
            }
        ),
        "{error}"
    );
    drop(squatter);
    let _squatter = UdpSocket::bind(taken).await.unwrap();
    let error = options.bind().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Listen {
                transport: "UDP",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_domain_that_is_no_name_is_refused() {
    for domain in ["", "under pass.test", "-.test"] {
        let options = Options::new([any_port().into()], domain);
        let error = options.bind().await.unwrap_err();
        assert!(matches!(error, Error::Domain { .. }), "{error}");
    }
}
