//! Zone transfers and notifications.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::SOA;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::watch;
use underpass_model::zone::ZoneChange;
use underpass_net::dns::{Handle, Options, Secondary, TransferRule};
use underpass_net::{ListenAddr, Zone};

use crate::peers::{ending, soon};

const DOMAIN: &str = "underpass.test";

struct Server {
    addrs: Vec<SocketAddr>,
    handle: Handle,
    /// Its drop ends the server.
    _stop: watch::Sender<bool>,
}

async fn start(edit: impl FnOnce(&mut Options)) -> Server {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut options = Options::new([any_port.into()], DOMAIN);
    options.transfers.push(TransferRule {
        peers: Some("127.0.0.0/8".parse().unwrap()),
        key: None,
    });
    edit(&mut options);
    let service = options.bind().await.unwrap();
    let addrs = service.local_addrs().iter().map(ListenAddr::socket_addr);
    let (addrs, handle) = (addrs.collect(), service.handle());
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(service.run(stopped));
    Server {
        addrs,
        handle,
        _stop: stop,
    }
}

fn name(number: usize) -> String {
    format!("privatelink-{number}-pg-1-demo.{DOMAIN}")
}

fn zone(generation: u64, names: usize) -> Zone {
    let mut zone = Zone::empty(DOMAIN);
    zone.generation = generation;
    zone.records = (0..names)
        .map(|it| (name(it), Ipv4Addr::new(10, 0, 0, 1)))
        .collect();
    zone
}

fn change(generation: u64, removed: &[usize], written: &[(usize, u8)]) -> ZoneChange {
    ZoneChange {
        generation,
        removed: removed.iter().map(|it| name(*it)).collect(),
        written: written
            .iter()
            .map(|(it, last)| (name(*it), Ipv4Addr::new(10, 0, 0, *last)))
            .collect(),
        ..ZoneChange::default()
    }
}

fn request(kind: RecordType, since: Option<u32>) -> Vec<u8> {
    let apex = Name::from_ascii("underpass.test.").unwrap();
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(apex.clone(), kind));
    if let Some(serial) = since {
        let soa = SOA::new(Name::root(), Name::root(), serial, 0, 0, 0, 0);
        message.add_authority(Record::from_rdata(apex, 0, RData::SOA(soa)));
    }
    message.to_vec().unwrap()
}

async fn connect(addr: SocketAddr, request: &[u8]) -> TcpStream {
    let mut stream = soon(TcpStream::connect(addr)).await.unwrap();
    let length = u16::try_from(request.len()).unwrap();
    stream.write_u16(length).await.unwrap();
    stream.write_all(request).await.unwrap();
    stream
}

async fn read(stream: &mut TcpStream) -> Message {
    let length = soon(stream.read_u16()).await.unwrap();
    let mut packet = vec![0; usize::from(length)];
    soon(stream.read_exact(&mut packet)).await.unwrap();
    Message::from_vec(&packet).unwrap()
}

fn serial(record: &Record) -> Option<u32> {
    match &record.data {
        RData::SOA(soa) => Some(soa.serial),
        _ => None,
    }
}

/// All records of a transfer, which ends with the SOA record that it begins with.
async fn transferred(addr: SocketAddr, kind: RecordType, since: Option<u32>) -> Vec<Record> {
    let mut stream = connect(addr, &request(kind, since)).await;
    let mut records: Vec<Record> = Vec::new();
    loop {
        let message = read(&mut stream).await;
        assert_eq!(message.metadata.response_code, ResponseCode::NoError);
        assert!(message.metadata.authoritative);
        records.extend(message.answers);
        let newest = serial(&records[0]);
        let times = records.iter().filter(|it| serial(it) == newest).count();
        // A difference has the newest serial in its middle, too; the SOA record alone is no difference.
        let is_difference =
            records.len() > 1 && records.get(1).is_some_and(|it| serial(it).is_some());
        let expected = if is_difference { 3 } else { 2 };
        let is_unchanged = since.is_some() && records.len() == 1;
        if times == expected || is_unchanged {
            return records;
        }
    }
}

fn addresses(records: &[Record]) -> BTreeMap<String, String> {
    let addresses = records.iter().filter_map(|record| match &record.data {
        RData::A(address) => Some((record.name.to_ascii(), address.to_string())),
        _ => None,
    });
    addresses.collect()
}

/// Serials and, for others, the number in the name and the last octet of the address.
fn shown(records: &[Record]) -> Vec<String> {
    let show = |record: &Record| match &record.data {
        RData::SOA(soa) => soa.serial.to_string(),
        RData::A(address) => {
            let name = record.name.to_ascii();
            format!(
                "{}={}",
                name.split('-').nth(1).unwrap_or("ns"),
                address.octets()[3]
            )
        }
        other => other.to_string(),
    };
    records.iter().map(show).collect()
}

#[tokio::test]
async fn a_whole_zone_is_transferred_in_order_and_in_many_messages() {
    let server = start(|_| {}).await;
    server.handle.publish(zone((3 << 32) + 8, 5_000));
    let records = transferred(server.addrs[0], RecordType::AXFR, None).await;
    assert_eq!(records.len(), 5_000 + 4);
    assert_eq!(serial(&records[0]), Some(8));
    assert_eq!(records[1].data.to_string(), "ns.underpass.test.");
    assert_eq!(records[2].name.to_ascii(), "ns.underpass.test.");
    assert_eq!(records.last(), records.first());
    let names: Vec<_> = records[3..5_003]
        .iter()
        .map(|it| it.name.to_ascii())
        .collect();
    assert!(names.is_sorted());
}

#[tokio::test]
async fn what_changed_is_transferred_in_one_difference() {
    let server = start(|_| {}).await;
    server.handle.publish(zone(10, 4));
    let ask =
        async |since| shown(&transferred(server.addrs[0], RecordType::IXFR, Some(since)).await);
    assert_eq!(ask(10).await, ["10"], "not behind");
    server.handle.change(change(11, &[1], &[(2, 5)]));
    server.handle.change(change(12, &[], &[(2, 6), (7, 1)]));
    // Names that came and went are left out.
    server.handle.change(change(13, &[7], &[]));
    assert_eq!(ask(10).await, ["13", "10", "1=1", "2=1", "13", "2=6", "13"]);
    assert_eq!(ask(12).await, ["13", "12", "7=1", "13", "13"]);
    assert_eq!(ask(13).await, ["13"]);
    // A later serial than any that was served.
    assert_eq!(ask(14).await, ["13"]);
    // A serial that was never served, or is no longer known.
    let whole = ["13", "ns.underpass.test.", "127.0.0.1"];
    assert_eq!(ask(9).await.len(), 4 + 3);
    assert_eq!(ask(9).await[..2], whole[..2]);
    for line in [
        "underpass_dns_zone_serial 13\n",
        "underpass_dns_transfers_total{kind=\"axfr\"} 2\n",
        "underpass_dns_transfers_total{kind=\"ixfr\"} 2\n",
        "underpass_dns_transfers_total{kind=\"unchanged\"} 3\n",
    ] {
        // A transfer is counted after its client has it.
        let counted = async {
            while !server.handle.metrics().contains(line) {
                tokio::task::yield_now().await;
            }
        };
        soon(counted).await;
    }
}

#[tokio::test]
async fn differences_are_not_kept_across_a_new_beginning() {
    let server = start(|_| {}).await;
    server.handle.publish(zone(10, 3));
    server.handle.change(change(11, &[], &[(0, 9)]));
    let ask =
        async |since| shown(&transferred(server.addrs[0], RecordType::IXFR, Some(since)).await);
    assert_eq!(ask(10).await.len(), 6);
    let begins = ZoneChange {
        begins_history: true,
        ..change(500, &[], &[(1, 9)])
    };
    server.handle.change(begins);
    assert_eq!(ask(11).await.len(), 3 + 4, "the whole zone");
    server.handle.change(change(501, &[], &[(2, 9)]));
    assert_eq!(ask(500).await, ["501", "500", "2=1", "501", "2=9", "501"]);
}

#[tokio::test]
async fn a_provisional_zone_answers_and_is_not_transferred() {
    let server = start(|_| {}).await;
    let code = async |kind| {
        let mut stream = connect(server.addrs[0], &request(kind, None)).await;
        read(&mut stream).await.metadata.response_code
    };
    assert_eq!(code(RecordType::AXFR).await, ResponseCode::ServFail);
    server.handle.publish(zone(10, 3));
    let provisional = ZoneChange {
        is_provisional: true,
        ..change(11, &[], &[(1, 9)])
    };
    server.handle.change(provisional);
    assert_eq!(code(RecordType::AXFR).await, ResponseCode::ServFail);
    assert_eq!(code(RecordType::SOA).await, ResponseCode::NoError);
    // The same generation, confirmed.
    server.handle.change(change(11, &[], &[]));
    let records = transferred(server.addrs[0], RecordType::AXFR, None).await;
    assert_eq!(addresses(&records)[&format!("{}.", name(1))], "10.0.0.9");
}

#[tokio::test]
async fn transfers_while_names_change_are_of_one_generation() {
    let server = start(|_| {}).await;
    // Each change moves every tenth name to the same address, so a mixture would show.
    server.handle.publish(zone(1, 3_000));
    let changed: Vec<_> = (0..3_000).step_by(10).collect();
    let handle = server.handle.clone();
    let writer = tokio::spawn(async move {
        for round in 2..60_u64 {
            let last = u8::try_from(round).unwrap();
            let written: Vec<_> = changed.iter().map(|it| (*it, last)).collect();
            handle.change(change(round, &[], &written));
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..10 {
        let records = transferred(server.addrs[0], RecordType::AXFR, None).await;
        let newest = serial(&records[0]).unwrap();
        let addresses = addresses(&records);
        for it in (0..3_000).step_by(10) {
            let address = &addresses[&format!("{}.", name(it))];
            assert_eq!(*address, format!("10.0.0.{newest}"));
        }
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn slow_readers_are_bounded_and_delay_no_answer() {
    let server = start(|_| {}).await;
    server.handle.publish(zone(1, 200_000));
    let asked = request(RecordType::AXFR, None);
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(server.addrs[0], &asked).await;
        read(&mut stream).await;
        slow.push(stream);
    }
    // The third of one address fails immediately.
    let mut third = connect(server.addrs[0], &asked).await;
    let answer = read(&mut third).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
    for _ in 0..100 {
        let mut stream = connect(server.addrs[0], &request(RecordType::SOA, None)).await;
        assert_eq!(serial(&read(&mut stream).await.answers[0]), Some(1));
        server
            .handle
            .change(change(server.handle.generation(), &[], &[]));
    }
    drop(slow.pop());
    until_transferred(&server).await;
}

async fn until_transferred(server: &Server) {
    let deadline = tokio::time::sleep(Duration::from_secs(10));
    tokio::pin!(deadline);
    loop {
        let mut stream = connect(server.addrs[0], &request(RecordType::AXFR, None)).await;
        let code = tokio::select! {
            message = read(&mut stream) => message.metadata.response_code,
            () = &mut deadline => panic!("no place became free"),
        };
        if code == ResponseCode::NoError {
            return;
        }
    }
}

#[tokio::test]
async fn peers_without_a_rule_are_refused_over_both_transports() {
    let server = start(|options| {
        options.transfers[0].peers = Some("10.0.0.0/8".parse().unwrap());
    })
    .await;
    server.handle.publish(zone(1, 3));
    for kind in [RecordType::AXFR, RecordType::IXFR] {
        let mut stream = connect(server.addrs[0], &request(kind, Some(0))).await;
        let answer = read(&mut stream).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::Refused);
        assert_eq!(answer.answers, []);
    }
    let metrics = server.handle.metrics();
    let line = "underpass_dns_transfers_refused_total{reason=\"not_allowed\"} 2\n";
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn a_question_about_a_transfer_over_udp_gets_one_record() {
    let server = start(|_| {}).await;
    server.handle.publish(zone(12, 3));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.connect(server.addrs[0]).await.unwrap();
    let ask = async |request: Vec<u8>| {
        socket.send(&request).await.unwrap();
        let mut buffer = [0; 512];
        let length = soon(socket.recv(&mut buffer)).await.unwrap();
        Message::from_vec(&buffer[..length]).unwrap()
    };
    let answer = ask(request(RecordType::IXFR, Some(5))).await;
    assert_eq!(
        answer.answers.iter().map(serial).collect::<Vec<_>>(),
        [Some(12)]
    );
    let answer = ask(request(RecordType::IXFR, None)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::FormErr);
    let answer = ask(request(RecordType::AXFR, None)).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::Refused);
}

#[tokio::test]
async fn every_listener_answers_ipv6_too() {
    let server = start(|options| {
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
        options.listen.push(v6.into());
        let peers = Some("::1/128".parse().unwrap());
        options.transfers.push(TransferRule { peers, key: None });
    })
    .await;
    server.handle.publish(zone(12, 3));
    for addr in &server.addrs {
        let records = transferred(*addr, RecordType::AXFR, None).await;
        let own: Vec<_> = records[1..4].iter().map(|it| it.data.to_string()).collect();
        assert_eq!(own, ["ns.underpass.test.", "127.0.0.1", "::1"]);
    }
}

/// A secondary that counts notifications, and answers them if it is told to.
async fn secondary() -> (UdpSocket, Secondary) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = socket.local_addr().unwrap();
    (socket, Secondary { addr, key: None })
}

async fn notified(socket: &UdpSocket) -> (Message, SocketAddr) {
    let mut buffer = [0; 512];
    let (length, from) = soon(socket.recv_from(&mut buffer)).await.unwrap();
    (Message::from_vec(&buffer[..length]).unwrap(), from)
}

async fn acknowledge(socket: &UdpSocket, message: &Message, to: SocketAddr) {
    let mut answer = message.clone();
    answer.metadata.message_type = MessageType::Response;
    answer.answers.clear();
    socket.send_to(&answer.to_vec().unwrap(), to).await.unwrap();
}

#[tokio::test]
async fn a_burst_of_changes_is_told_in_few_notifications() {
    let (socket, of_options) = secondary().await;
    let server = start(|options| options.secondaries.push(of_options)).await;
    server.handle.publish(zone(1, 3));
    let (first, from) = notified(&socket).await;
    assert_eq!(first.metadata.op_code, OpCode::Notify);
    assert!(first.metadata.authoritative);
    assert_eq!(first.queries[0].query_type, RecordType::SOA);
    assert_eq!(serial(&first.answers[0]), Some(1));
    assert_eq!(from.ip(), server.addrs[0].ip());
    acknowledge(&socket, &first, from).await;
    for generation in 2..=1_001 {
        server.handle.change(change(generation, &[], &[(1, 2)]));
    }
    let mut count = 0;
    loop {
        let (message, from) = notified(&socket).await;
        acknowledge(&socket, &message, from).await;
        count += 1;
        if serial(&message.answers[0]) == Some(1_001) {
            break;
        }
    }
    assert!(count <= 3, "{count}");
    // The last serial is told again, for a secondary that answers and does not come.
    let (repeated, _) = notified(&socket).await;
    assert_eq!(serial(&repeated.answers[0]), Some(1_001));
}

#[tokio::test]
async fn a_secondary_that_does_not_answer_is_told_again_with_the_latest_serial() {
    let (socket, of_options) = secondary().await;
    let server = start(|options| options.secondaries.push(of_options)).await;
    server.handle.publish(zone(1, 3));
    let (first, _) = notified(&socket).await;
    assert_eq!(serial(&first.answers[0]), Some(1));
    server.handle.change(change(2, &[], &[(1, 2)]));
    // An answer with another ID is not one.
    let (second, from) = notified(&socket).await;
    assert_eq!(serial(&second.answers[0]), Some(2));
    let mut other = second.clone();
    other.metadata.id = second.metadata.id.wrapping_add(1);
    acknowledge(&socket, &other, from).await;
    let (third, from) = notified(&socket).await;
    assert_eq!(serial(&third.answers[0]), Some(2));
    acknowledge(&socket, &third, from).await;
    let metrics = server.handle.metrics();
    let line = "underpass_dns_notifications_total{answer=\"unanswered\"} 2\n";
    assert!(metrics.contains(line), "{metrics}");
    // Queries are answered all the time.
    let mut stream = connect(server.addrs[0], &request(RecordType::SOA, None)).await;
    assert_eq!(serial(&read(&mut stream).await.answers[0]), Some(2));
}

#[tokio::test]
async fn a_client_that_is_gone_frees_its_place() {
    let server = start(|_| {}).await;
    server.handle.publish(zone(1, 50_000));
    for _ in 0..30 {
        let stream = connect(server.addrs[0], &request(RecordType::AXFR, None)).await;
        drop(stream);
    }
    until_transferred(&server).await;
    // A message that cannot be decoded ends the connection, as for queries.
    let mut stream = connect(server.addrs[0], b"short").await;
    assert_eq!(ending(&mut stream).await, Ok(()));
}
