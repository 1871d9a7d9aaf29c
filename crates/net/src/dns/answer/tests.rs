use std::net::Ipv4Addr;

use super::*;
use crate::addr::ListenAddr;
use crate::dns::{Delegation, NameServer};

const HOST: &str = "privatelink-1-pg-1-demo.underpass.test";
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 64, 0, 4);
const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn apex(domain: &str) -> Option<Apex> {
    let listener = ListenAddr::new(SERVER.into(), 53);
    Apex::new(domain, &Delegation::default(), &[listener]).ok()
}

fn zone() -> Zone {
    let mut zone = Zone::empty("underpass.test");
    zone.generation = 7;
    zone.records.insert(HOST.to_owned(), ADDRESS);
    zone
}

fn ask_class(name: &str, query_type: RecordType, class: DNSClass) -> Answer {
    let zone = zone();
    let apex = apex(&zone.domain).unwrap();
    let authority = Authority {
        zone: &zone,
        apex: &apex,
    };
    let mut query = Query::query(Name::from_ascii(name).unwrap(), query_type);
    query.query_class = class;
    answer(&authority, &query)
}

fn ask(name: &str, query_type: RecordType) -> Answer {
    ask_class(name, query_type, DNSClass::IN)
}

fn assert_negative(answer: &Answer, code: ResponseCode) {
    assert_eq!(answer.code, code);
    assert!(answer.authoritative);
    assert_eq!(answer.answers, []);
    let [record] = answer.authorities.as_slice() else {
        panic!("{answer:?}")
    };
    assert_eq!(record.ttl, NEGATIVE_TTL_SECONDS);
    let RData::SOA(soa) = &record.data else {
        panic!("{record:?}")
    };
    assert_eq!(soa.minimum, NEGATIVE_TTL_SECONDS);
    assert_eq!(soa.serial, 7);
}

fn assert_one(answer: &Answer, owner: &str, data: &RData) {
    assert_eq!(answer.code, ResponseCode::NoError);
    assert!(answer.authoritative);
    assert_eq!(answer.authorities, []);
    let [record] = answer.answers.as_slice() else {
        panic!("{answer:?}")
    };
    assert_eq!(record.name.to_ascii(), owner);
    assert_eq!(record.ttl, RECORD_TTL_SECONDS);
    assert_eq!(&record.data, data);
}

#[test]
fn an_active_name_has_its_address() {
    let answer = ask("privatelink-1-pg-1-demo.underpass.test.", RecordType::A);
    assert_one(
        &answer,
        "privatelink-1-pg-1-demo.underpass.test.",
        &RData::A(A(ADDRESS)),
    );
}

#[test]
fn the_letters_come_back_as_they_were_asked() {
    let answer = ask("pRivateLink-1-PG-1-demo.UnderPass.tEst.", RecordType::A);
    assert_one(
        &answer,
        "pRivateLink-1-PG-1-demo.UnderPass.tEst.",
        &RData::A(A(ADDRESS)),
    );

    let answer = ask("gone.UnderPass.tEst.", RecordType::A);
    let [record] = answer.authorities.as_slice() else {
        panic!("{answer:?}")
    };
    assert_eq!(record.name.to_ascii(), "UnderPass.tEst.");
}

#[test]
fn an_unknown_name_does_not_exist() {
    for name in [
        "privatelink-2-pg-1-demo.underpass.test.",
        "below.privatelink-1-pg-1-demo.underpass.test.",
        "*.underpass.test.",
        "below.ns.underpass.test.",
        "privatelink-1-pg-1-demo\\.underpass.underpass.test.",
        "a\\.b.underpass.test.",
    ] {
        assert_negative(&ask(name, RecordType::A), ResponseCode::NXDomain);
        assert_negative(&ask(name, RecordType::ANY), ResponseCode::NXDomain);
        assert_negative(&ask(name, RecordType::AAAA), ResponseCode::NXDomain);
    }
}

#[test]
fn other_types_of_a_name_are_empty() {
    for query_type in [
        RecordType::AAAA,
        RecordType::CNAME,
        RecordType::HTTPS,
        RecordType::MX,
        RecordType::NS,
        RecordType::SOA,
        RecordType::TXT,
        RecordType::Unknown(65_280),
    ] {
        let answer = ask("privatelink-1-pg-1-demo.underpass.test.", query_type);
        assert_negative(&answer, ResponseCode::NoError);
    }
    assert_negative(
        &ask("underpass.test.", RecordType::A),
        ResponseCode::NoError,
    );
    assert_negative(
        &ask("underpass.test.", RecordType::DNSKEY),
        ResponseCode::NoError,
    );
    assert_negative(
        &ask("ns.underpass.test.", RecordType::AAAA),
        ResponseCode::NoError,
    );
}

#[test]
fn the_apex_says_who_serves_it() {
    let answer = ask("underpass.test.", RecordType::SOA);
    assert_eq!(answer.answers.len(), 1);
    assert_eq!(answer.answers[0].ttl, RECORD_TTL_SECONDS);
    let RData::SOA(soa) = &answer.answers[0].data else {
        panic!("{answer:?}")
    };
    assert_eq!(soa.mname.to_ascii(), "ns.underpass.test.");
    assert_eq!(soa.rname.to_ascii(), "hostmaster.underpass.test.");
    assert_eq!(soa.serial, 7);
    assert_eq!(soa.minimum, NEGATIVE_TTL_SECONDS);

    let server = Name::from_ascii("ns.underpass.test.").unwrap();
    let answer = ask("underpass.test.", RecordType::NS);
    assert_one(&answer, "underpass.test.", &RData::NS(NS(server)));

    let answer = ask("ns.underpass.test.", RecordType::A);
    assert_one(&answer, "ns.underpass.test.", &RData::A(A(SERVER)));
}

#[test]
fn a_server_without_a_known_address_exists_but_has_none() {
    let zone = zone();
    let apex = Apex::new(&zone.domain, &Delegation::default(), &[]).unwrap();
    let authority = Authority {
        zone: &zone,
        apex: &apex,
    };
    let query = Query::query(
        Name::from_ascii("ns.underpass.test.").unwrap(),
        RecordType::A,
    );
    assert_negative(&answer(&authority, &query), ResponseCode::NoError);
}

#[test]
fn a_question_for_anything_gets_one_record() {
    let answer = ask("privatelink-1-pg-1-demo.underpass.test.", RecordType::ANY);
    assert_one(
        &answer,
        "privatelink-1-pg-1-demo.underpass.test.",
        &RData::A(A(ADDRESS)),
    );
    let answer = ask("underpass.test.", RecordType::ANY);
    assert_eq!(answer.answers.len(), 1);
    assert_eq!(answer.answers[0].record_type(), RecordType::SOA);
}

#[test]
fn names_outside_the_domain_are_refused() {
    for name in [
        ".",
        "test.",
        "example.org.",
        "notunderpass.test.",
        "underpass.test.example.org.",
        // One label that only looks like two.
        "evil\\.underpass.test.",
    ] {
        assert_eq!(ask(name, RecordType::A), Answer::refused(), "{name}");
    }
}

#[test]
fn other_classes_are_refused() {
    for class in [DNSClass::CH, DNSClass::HS, DNSClass::ANY] {
        assert_eq!(
            ask_class("underpass.test.", RecordType::A, class),
            Answer::refused()
        );
    }
}

#[test]
fn serials_are_the_low_half_of_the_generation() {
    let apex = apex("underpass.test").unwrap();
    assert_eq!(soa(&apex, 5).serial, 5);
    assert_eq!(soa(&apex, u64::from(u32::MAX)).serial, u32::MAX);
    assert_eq!(soa(&apex, (1 << 32) + 3).serial, 3);
}

#[test]
fn a_domain_is_a_host_name_with_room_below() {
    let long = format!("{}test", "abcdefg.".repeat(24));
    for domain in ["test", "underpass.test", "a-b.c1", long.as_str()] {
        assert!(apex(domain).is_some(), "{domain}");
    }
    let too_long = format!("{}test", "abcdefg.".repeat(25));
    let label_too_long = format!("{}.test", "a".repeat(64));
    for domain in [
        "", "a..b", ".test", "-a.test", "a-.test", "a b", "a_b", "ü.test", "a\\.b",
    ]
    .into_iter()
    .chain([too_long.as_str(), label_too_long.as_str()])
    {
        assert_eq!(apex(domain), None, "{domain}");
    }
}

#[test]
fn a_zone_that_was_never_published_fails() {
    let zone = Zone::empty("underpass.test");
    let apex = apex("underpass.test").unwrap();
    let authority = Authority {
        zone: &zone,
        apex: &apex,
    };
    let name = Name::from_ascii("privatelink-1-pg-1-demo.underpass.test.").unwrap();
    let query = Query::query(name, RecordType::A);
    assert_eq!(answer(&authority, &query), Answer::failed());
}

#[test]
fn configured_name_servers_are_at_the_apex_with_their_addresses() {
    let delegation = Delegation {
        name_servers: vec![
            NameServer {
                name: "a.underpass.test".to_owned(),
                addresses: vec!["10.0.0.5".parse().unwrap(), "fd00::5".parse().unwrap()],
            },
            NameServer {
                name: "ns.example.net".to_owned(),
                addresses: Vec::new(),
            },
        ],
        contact: Some("dns@example.com".to_owned()),
    };
    let zone = zone();
    let apex = Apex::new(&zone.domain, &delegation, &[]).unwrap();
    let ask = |name: &str, kind| {
        let authority = Authority {
            zone: &zone,
            apex: &apex,
        };
        let query = Query::query(Name::from_ascii(name).unwrap(), kind);
        answer(&authority, &query)
    };
    let data =
        |records: &[Record]| -> Vec<_> { records.iter().map(|it| it.data.to_string()).collect() };
    let servers = ask("Underpass.test.", RecordType::NS);
    assert_eq!(
        data(&servers.answers),
        ["a.Underpass.test.", "ns.example.net."]
    );
    assert_eq!(data(&servers.additionals), ["10.0.0.5", "fd00::5"]);
    let soa = ask("underpass.test.", RecordType::SOA);
    let RData::SOA(soa) = &soa.answers[0].data else {
        panic!("{soa:?}")
    };
    assert_eq!(soa.mname.to_ascii(), "a.underpass.test.");
    assert_eq!(soa.rname.to_ascii(), "dns.example.com.");
    let v6 = ask("A.underpass.test.", RecordType::AAAA);
    assert_eq!(data(&v6.answers), ["fd00::5"]);
    assert_eq!(ask("a.underpass.test.", RecordType::TXT).answers, []);
    assert_eq!(
        ask("ns.underpass.test.", RecordType::A).code,
        ResponseCode::NXDomain
    );
}
