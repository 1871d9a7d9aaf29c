use std::net::Ipv4Addr;

use hickory_proto::op::Query;
use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use underpass_model::zone::Zone;

use super::*;
use crate::dns::Delegation;
use crate::dns::delegation::Apex;

const HOST: &str = "pRivatelink-1-pg-1-demo.underpass.TEST.";

fn respond_from(zone: &Zone, request: &[u8], transport: Transport) -> Option<Vec<u8>> {
    let apex = Apex::new(&zone.domain, &Delegation::default(), &[]).unwrap();
    let authority = Authority { zone, apex: &apex };
    let responded = respond(&Request {
        authority,
        keys: &[],
        transfers: &[],
        packet: request,
        transport,
        peer: Ipv4Addr::LOCALHOST.into(),
        now: 0,
    });
    match responded.reply {
        Reply::Silence => None,
        Reply::Packet(packet) => Some(packet),
        Reply::Transfer(_) => panic!("no transfer is allowed"),
    }
}

fn respond_to(request: &[u8], transport: Transport) -> Option<Vec<u8>> {
    let mut zone = Zone::empty("underpass.test");
    zone.generation = 1;
    zone.records.insert(
        "privatelink-1-pg-1-demo.underpass.test".to_owned(),
        Ipv4Addr::new(127, 64, 0, 4),
    );
    respond_from(&zone, request, transport)
}

fn query(name: &str, query_type: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), query_type));
    message
}

fn edns(version: u8, payload: u16) -> Edns {
    let mut edns = Edns::new();
    edns.set_version(version).set_max_payload(payload);
    edns
}

fn ask(message: &Message) -> Message {
    let response = respond_to(&message.to_vec().unwrap(), Transport::Udp).unwrap();
    let response = Message::from_vec(&response).unwrap();
    assert_eq!(response.metadata.id, 4711);
    assert_eq!(response.metadata.message_type, MessageType::Response);
    response
}

#[test]
fn an_answer_repeats_the_question_to_the_letter() {
    let response = ask(&query(HOST, RecordType::A));
    assert_eq!(response.metadata.response_code, ResponseCode::NoError);
    assert!(response.metadata.authoritative);
    assert!(response.metadata.recursion_desired);
    assert!(!response.metadata.recursion_available);
    assert!(!response.metadata.truncation);
    assert_eq!(response.queries[0].name.to_ascii(), HOST);
    assert_eq!(response.answers[0].name.to_ascii(), HOST);
    assert_eq!(response.edns, None);
}

#[test]
fn edns_is_answered_with_edns() {
    let mut message = query(HOST, RecordType::A);
    message.set_edns(edns(0, 4096));
    message.edns.as_mut().unwrap().set_dnssec_ok(true);
    let response = ask(&message);
    let edns = response.edns.unwrap();
    assert_eq!(edns.max_payload(), 1232);
    assert_eq!(edns.version(), 0);
    assert!(edns.flags().dnssec_ok);
    assert_eq!(response.answers.len(), 1);
}

#[test]
fn a_later_edns_is_not_understood() {
    let mut message = query(HOST, RecordType::A);
    message.set_edns(edns(1, 1232));
    let response = ask(&message);
    // 16 reads as BADSIG: RFC 6891 and RFC 8945 share the number.
    assert_eq!(
        u16::from(response.metadata.response_code),
        u16::from(ResponseCode::BADVERS)
    );
    assert_eq!(response.edns.unwrap().version(), 0);
    assert_eq!(response.answers, []);
}

#[test]
fn other_operations_are_not_implemented() {
    for op_code in [
        OpCode::Status,
        OpCode::Notify,
        OpCode::Update,
        OpCode::Unknown(15),
    ] {
        let mut message = query("underpass.test.", RecordType::SOA);
        message.metadata.op_code = op_code;
        let response = ask(&message);
        assert_eq!(response.metadata.response_code, ResponseCode::NotImp);
        assert_eq!(response.metadata.op_code, op_code);
    }
}

#[test]
fn a_header_without_one_question_is_malformed() {
    let mut none = query(HOST, RecordType::A);
    none.queries.clear();
    let mut two = query(HOST, RecordType::A);
    two.add_query(Query::query(Name::root(), RecordType::A));
    for message in [none, two] {
        assert_eq!(ask(&message).metadata.response_code, ResponseCode::FormErr);
    }
}

#[test]
fn garbage_behind_a_header_is_malformed() {
    let whole = query(HOST, RecordType::A).to_vec().unwrap();
    for length in 12..whole.len() {
        let response = respond_to(&whole[..length], Transport::Udp).unwrap();
        assert_eq!(response.len(), 12, "a bare header");
        let response = Message::from_vec(&response).unwrap();
        assert_eq!(response.metadata.response_code, ResponseCode::FormErr);
        assert_eq!(response.metadata.id, 4711);
    }
    // As many questions as a header can claim.
    let mut claims = vec![0; 12];
    claims[4..12].fill(0xff);
    let response = Message::from_vec(&respond_to(&claims, Transport::Udp).unwrap()).unwrap();
    assert_eq!(response.metadata.response_code, ResponseCode::FormErr);
}

#[test]
fn two_edns_records_are_malformed() {
    let mut message = query(HOST, RecordType::A);
    message.set_edns(edns(0, 1232));
    let mut request = message.to_vec().unwrap();
    let option = request[request.len() - 11..].to_vec();
    request.extend_from_slice(&option);
    request[11] = 2;
    let response = Message::from_vec(&respond_to(&request, Transport::Udp).unwrap()).unwrap();
    assert_eq!(response.metadata.response_code, ResponseCode::FormErr);
}

#[test]
fn what_has_no_header_or_is_an_answer_is_dropped() {
    let whole = query(HOST, RecordType::A).to_vec().unwrap();
    for length in 0..12 {
        assert_eq!(respond_to(&whole[..length], Transport::Udp), None);
    }
    let mut answer = query(HOST, RecordType::A);
    answer.metadata.message_type = MessageType::Response;
    assert_eq!(respond_to(&answer.to_vec().unwrap(), Transport::Udp), None);
}

#[test]
fn no_bytes_make_it_panic() {
    let mut message = query(HOST, RecordType::A);
    message.set_edns(edns(0, 1232));
    let whole = message.to_vec().unwrap();
    for position in 0..whole.len() {
        for byte in 0..=u8::MAX {
            let mut request = whole.clone();
            request[position] = byte;
            let _ = respond_to(&request, Transport::Udp);
        }
    }
}

#[test]
fn the_longest_names_fit_a_plain_datagram() {
    let domain = format!("{}test", "abcdefg.".repeat(24));
    let mut zone = Zone::empty(&domain);
    zone.generation = 1;
    let name = format!("{}.{domain}.", "A".repeat(50));
    let mut message = query(&name, RecordType::A);
    message.set_edns(edns(0, 512));
    let response = respond_from(&zone, &message.to_vec().unwrap(), Transport::Udp).unwrap();
    assert!(response.len() <= 512);
    let response = Message::from_vec(&response).unwrap();
    assert!(!response.metadata.truncation);
    assert_eq!(response.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(response.authorities.len(), 1);
}

#[test]
fn an_answer_over_the_limit_is_cut_to_its_question() {
    let mut response = query(HOST, RecordType::TXT);
    response.metadata.message_type = MessageType::Response;
    let text = TXT::new(vec!["x".repeat(200); 5]);
    response.add_answer(Record::from_rdata(Name::root(), 1, RData::TXT(text)));

    let whole = Message::from_vec(&encode(&response, 65_535).unwrap()).unwrap();
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 1);

    let packet = encode(&response, 512).unwrap();
    assert!(packet.len() <= 512);
    let cut = Message::from_vec(&packet).unwrap();
    assert!(cut.metadata.truncation);
    assert_eq!(cut.answers, []);
    assert_eq!(cut.queries, response.queries);
    assert_eq!(cut.metadata.id, 4711);
}

#[test]
fn datagrams_are_bounded_by_what_both_sides_take() {
    assert_eq!(limit(Transport::Udp, None), 512);
    assert_eq!(limit(Transport::Udp, Some(&edns(0, 0))), 512);
    assert_eq!(limit(Transport::Udp, Some(&edns(0, 800))), 800);
    assert_eq!(limit(Transport::Udp, Some(&edns(0, 4096))), 1232);
    assert_eq!(limit(Transport::Tcp, Some(&edns(0, 512))), 65_535);
}

#[test]
fn refusals_carry_no_authority() {
    let mut chaos = query("version.bind.", RecordType::TXT);
    chaos.queries[0].query_class = DNSClass::CH;
    for message in [query("example.org.", RecordType::A), chaos] {
        let response = ask(&message);
        assert_eq!(response.metadata.response_code, ResponseCode::Refused);
        assert!(!response.metadata.authoritative);
        assert_eq!(response.authorities, []);
        assert_eq!(response.queries.len(), 1);
    }
}

#[test]
fn transfers_are_refused_without_a_rule() {
    for kind in [RecordType::AXFR, RecordType::IXFR] {
        let message = query("underpass.test.", kind);
        for transport in [Transport::Udp, Transport::Tcp] {
            let response = respond_to(&message.to_vec().unwrap(), transport).unwrap();
            let response = Message::from_vec(&response).unwrap();
            assert_eq!(response.metadata.response_code, ResponseCode::Refused);
            assert_eq!(response.answers, []);
        }
    }
}

/// A query whose signature names the key and the algorithm by pointers to a part of its question.
fn signed_by_pointers(name: &str) -> Vec<u8> {
    let mut packet = query(name, RecordType::A).to_vec().unwrap();
    packet[11] = 1;
    packet.extend(b"\xC0\x0C\x00\xFA\x00\xFF\x00\x00\x00\x00\x00\x32");
    packet.extend(b"\xC0\x0C");
    packet.extend([0; 6]);
    packet.extend(b"\x01\x2C\x00\x20");
    packet.extend([7; 32]);
    packet.extend([0; 6]);
    packet
}

#[test]
fn a_rejected_signature_is_answered_within_the_limit() {
    let labels = |count| "long-label-of-a-name.".repeat(count);
    for (name, questions, additionals) in [
        (format!("{}test.", labels(1)), 1, 1),
        (format!("{}test.", labels(8)), 0, 1),
        (format!("{}test.", labels(11)), 0, 1),
        (format!("{}tests.", labels(11)), 0, 0),
    ] {
        let packet = signed_by_pointers(&name);
        let answer = respond_to(&packet, Transport::Udp).unwrap();
        assert!(answer.len() <= 512, "{name}: {}", answer.len());
        assert_eq!((answer[5], answer[11]), (questions, additionals), "{name}");
        assert_eq!(answer[3] & 0x0F, 9, "NOTAUTH");
        let over_tcp = respond_to(&packet, Transport::Tcp).unwrap();
        assert_eq!((over_tcp[5], over_tcp[11]), (1, 1), "{name}");
    }
}
