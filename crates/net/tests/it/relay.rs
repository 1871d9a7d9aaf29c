use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use underpass_net::{
    BackendAddr, FlowCounts, FlowLimit, ForwardingTable, ListenAddr, Refusal, RelaySet, Route,
};

use crate::peers::{
    Backend, DEADLINE, Dead, call, echoed, ending, fresh_addr, pattern, soon, until,
};

fn table<const N: usize>(
    generation: u64,
    routes: [(ListenAddr, &str, &[BackendAddr]); N],
) -> ForwardingTable {
    let routes = routes.into_iter().map(|(listen, owner, backends)| {
        (
            listen,
            Route {
                owner: owner.to_owned(),
                backends: backends.to_vec(),
            },
        )
    });
    ForwardingTable {
        generation,
        routes: routes.collect(),
    }
}

async fn apply(relays: &RelaySet, table: ForwardingTable) {
    let failures = soon(relays.apply(table)).await;
    assert!(failures.is_empty(), "{failures:?}");
}

async fn refuses(listen: ListenAddr) -> bool {
    let refused = soon(TcpStream::connect(listen.socket_addr())).await;
    refused.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

fn counts(relays: &RelaySet, listen: ListenAddr) -> FlowCounts {
    relays
        .flows()
        .remove(&listen)
        .expect("the listener is open")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_arrive_intact_both_ways_and_are_counted() {
    let (relays, listen, backend) = (RelaySet::new(), fresh_addr(), Backend::start(b'a').await);
    apply(&relays, table(1, [(listen, "link-1", &[backend.addr])])).await;

    let (mut stream, _) = call(listen).await.unwrap();
    let bytes = pattern(0, 3 * 1024 * 1024 + 17);
    assert!(echoed(&mut stream, &bytes).await == bytes);

    let sent = bytes.len() as u64;
    until(|| counts(&relays, listen).to_client_bytes == sent + 1).await;
    let seen = counts(&relays, listen);
    assert_eq!(seen.owner, "link-1");
    assert_eq!(
        (seen.accepted, seen.open, seen.to_backend_bytes),
        (1, 1, sent)
    );
    assert!(seen.refused.values().all(|&refused| refused == 0));
    drop(stream);
    until(|| counts(&relays, listen).open == 0).await;
}

#[tokio::test]
async fn all_listeners_of_a_process_have_a_limit_of_flows_together() {
    let limit = FlowLimit::with_total(3);
    let sets = [(); 2].map(|()| RelaySet::with_limit(limit.clone()));
    let listens = [fresh_addr(), fresh_addr()];
    let backend = Backend::start(b'a').await;
    for (relays, listen) in sets.iter().zip(listens) {
        apply(relays, table(1, [(listen, "link-1", &[backend.addr])])).await;
    }
    let mut open = Vec::new();
    for listen in [listens[0], listens[0], listens[1]] {
        open.push(call(listen).await.unwrap());
    }
    for (relays, listen) in sets.iter().zip(listens) {
        assert!(call(listen).await.is_err(), "it is refused");
        let refused = counts(relays, listen).refused;
        assert_eq!(refused[&Refusal::TooManyFlowsInAll], 1);
    }
    let text = limit.render();
    for line in ["flows 3\n", "flows_limit 3\n", "flows_refused_total 2\n"] {
        assert!(text.contains(&format!("underpass_relay_{line}")), "{text}");
    }
    // Established flows go on, and the end of one admits another.
    let (stream, _) = open.last_mut().unwrap();
    assert_eq!(echoed(stream, b"still").await, b"still");
    open.remove(0);
    until(|| limit.render().contains("underpass_relay_flows 2\n")).await;
    assert!(call(listens[1]).await.is_ok());
}

#[tokio::test]
async fn each_direction_ends_by_itself() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(
        &relays,
        table(1, [(listen, "o", &[server.local_addr().unwrap().into()])]),
    )
    .await;

    let mut client = soon(TcpStream::connect(listen.socket_addr()))
        .await
        .unwrap();
    let (mut accepted, _) = soon(server.accept()).await.unwrap();
    client.write_all(b"all I have to say").await.unwrap();
    client.shutdown().await.unwrap();
    let mut heard = String::new();
    soon(accepted.read_to_string(&mut heard)).await.unwrap();
    assert_eq!(heard, "all I have to say");

    accepted
        .write_all(b"an answer after the end of the question")
        .await
        .unwrap();
    accepted.shutdown().await.unwrap();
    heard.clear();
    soon(client.read_to_string(&mut heard)).await.unwrap();
    assert_eq!(heard, "an answer after the end of the question");
    until(|| counts(&relays, listen).open == 0).await;
}

#[tokio::test]
async fn a_reset_is_passed_on() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(
        &relays,
        table(1, [(listen, "o", &[server.local_addr().unwrap().into()])]),
    )
    .await;

    let mut client = soon(TcpStream::connect(listen.socket_addr()))
        .await
        .unwrap();
    let (accepted, _) = soon(server.accept()).await.unwrap();
    accepted.set_zero_linger().unwrap();
    drop(accepted);
    assert_eq!(ending(&mut client).await, Err(ErrorKind::ConnectionReset));

    let client = soon(TcpStream::connect(listen.socket_addr()))
        .await
        .unwrap();
    let (mut accepted, _) = soon(server.accept()).await.unwrap();
    client.set_zero_linger().unwrap();
    drop(client);
    assert_eq!(ending(&mut accepted).await, Err(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_removed_listener_refuses_and_its_flows_are_cut() {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let server_addr = server.local_addr().unwrap().into();
    let other = Backend::start(b'b').await;
    let (relays, listen, kept) = (RelaySet::new(), fresh_addr(), fresh_addr());
    let both = table(
        1,
        [
            (listen, "link-1", &[server_addr]),
            (kept, "link-2", &[other.addr]),
        ],
    );
    apply(&relays, both).await;
    let mut client = soon(TcpStream::connect(listen.socket_addr()))
        .await
        .unwrap();
    let (mut accepted, _) = soon(server.accept()).await.unwrap();
    let (mut neighbour, _) = call(kept).await.unwrap();

    apply(&relays, table(2, [(kept, "link-2", &[other.addr])])).await;
    assert!(refuses(listen).await);
    assert_eq!(ending(&mut client).await, Err(ErrorKind::ConnectionReset));
    assert_eq!(ending(&mut accepted).await, Err(ErrorKind::ConnectionReset));
    assert_eq!(echoed(&mut neighbour, b"still here").await, b"still here");
    assert_eq!(relays.flows().into_keys().collect::<Vec<_>>(), [kept]);

    apply(&relays, table(3, [(listen, "link-1", &[other.addr])])).await;
    assert_eq!(call(listen).await.unwrap().1, b'b');
}

#[tokio::test]
async fn new_backends_are_for_new_flows_only() {
    let (a, b) = (Backend::start(b'a').await, Backend::start(b'b').await);
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(&relays, table(1, [(listen, "link-1", &[a.addr])])).await;
    let (mut old, name) = call(listen).await.unwrap();
    assert_eq!(name, b'a');

    apply(&relays, table(2, [(listen, "link-1", &[b.addr])])).await;
    assert_eq!(call(listen).await.unwrap().1, b'b');
    assert_eq!(echoed(&mut old, b"still with a").await, b"still with a");
    assert_eq!(counts(&relays, listen).accepted, 2);
}

#[tokio::test]
async fn a_new_owner_inherits_no_flow() {
    let backend = Backend::start(b'a').await;
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(&relays, table(1, [(listen, "link-1", &[backend.addr])])).await;
    let (mut old, _) = call(listen).await.unwrap();

    apply(&relays, table(2, [(listen, "link-2", &[backend.addr])])).await;
    assert_eq!(ending(&mut old).await, Err(ErrorKind::ConnectionReset));
    assert_eq!(call(listen).await.unwrap().1, b'a');
    let seen = counts(&relays, listen);
    assert_eq!((seen.owner.as_str(), seen.accepted), ("link-2", 1));
}

#[tokio::test]
async fn a_dead_backend_is_skipped() {
    let (dead, alive) = (Dead::new(), Backend::start(b'a').await);
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(&relays, table(1, [(listen, "o", &[dead.addr, alive.addr])])).await;
    for _ in 0..4 {
        assert_eq!(call(listen).await.unwrap().1, b'a');
    }
    assert_eq!(counts(&relays, listen).refused[&Refusal::Unreachable], 0);
}

#[tokio::test]
async fn flows_are_spread_evenly() {
    let backends = [
        Backend::start(b'a').await,
        Backend::start(b'b').await,
        Backend::start(b'c').await,
    ];
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    let addrs = backends.each_ref().map(|backend| backend.addr);
    apply(&relays, table(1, [(listen, "o", &addrs)])).await;
    let mut taken = BTreeMap::new();
    for _ in 0..9 {
        *taken.entry(call(listen).await.unwrap().1).or_insert(0) += 1;
    }
    assert_eq!(taken, BTreeMap::from([(b'a', 3), (b'b', 3), (b'c', 3)]));
}

#[tokio::test]
async fn a_flow_without_a_backend_is_reset_and_its_reason_counted() {
    let dead = Dead::new();
    let (relays, empty, unreachable, circle) =
        (RelaySet::new(), fresh_addr(), fresh_addr(), fresh_addr());
    let routes = [
        (empty, "o", &[][..]),
        (unreachable, "o", &[dead.addr]),
        // Its backends are listeners of the same set, itself included.
        (
            circle,
            "o",
            &[circle, empty].map(|it| it.socket_addr().into()),
        ),
    ];
    apply(&relays, table(1, routes)).await;
    for (listen, reason) in [
        (empty, Refusal::NoBackends),
        (unreachable, Refusal::Unreachable),
        (circle, Refusal::OwnListener),
    ] {
        let error = call(listen).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{reason:?}");
        until(|| counts(&relays, listen).open == 0).await;
        let seen = counts(&relays, listen);
        assert_eq!(seen.accepted, 1);
        for (other, count) in seen.refused {
            assert_eq!(count, u64::from(other == reason), "{reason:?}: {other:?}");
        }
    }
}

#[tokio::test]
async fn an_older_table_is_ignored() {
    let backend = Backend::start(b'a').await;
    let (relays, listen, other) = (RelaySet::new(), fresh_addr(), fresh_addr());
    apply(&relays, table(5, [(listen, "o", &[backend.addr])])).await;
    apply(&relays, table(4, [(other, "o", &[backend.addr])])).await;
    assert!(refuses(other).await);
    assert_eq!(call(listen).await.unwrap().1, b'a');
}

#[tokio::test]
async fn a_taken_address_is_named_and_tried_again() {
    let backend = Backend::start(b'a').await;
    let (relays, listen, taken) = (RelaySet::new(), fresh_addr(), fresh_addr());
    let squatter = TcpListener::bind(taken.socket_addr()).await.unwrap();
    let routes = [
        (listen, "o", &[backend.addr][..]),
        (taken, "o", &[backend.addr]),
    ];

    let failures = relays.apply(table(1, routes)).await;
    let [failure] = failures.as_slice() else {
        panic!("{failures:?}")
    };
    assert_eq!(
        (failure.listen, failure.error.kind()),
        (taken, ErrorKind::AddrInUse)
    );
    assert!(
        failure
            .to_string()
            .starts_with(&format!("listen on {taken}: another program"))
    );
    let (mut flow, _) = call(listen).await.unwrap();

    drop(squatter);
    apply(&relays, table(1, routes)).await;
    assert_eq!(call(taken).await.unwrap().1, b'a');
    assert_eq!(echoed(&mut flow, b"untouched").await, b"untouched");
}

#[tokio::test]
async fn addresses_that_cannot_be_listened_on_are_named() {
    let relays = RelaySet::new();
    let (no_port, foreign) = (
        "127.0.0.1:0".parse().unwrap(),
        "192.0.2.1:20000".parse().unwrap(),
    );
    let failures = relays
        .apply(table(1, [(no_port, "o", &[]), (foreign, "o", &[])]))
        .await;
    let kinds: Vec<_> = failures
        .iter()
        .map(|failure| failure.error.kind())
        .collect();
    assert_eq!(
        kinds,
        [ErrorKind::InvalidInput, ErrorKind::AddrNotAvailable]
    );
    assert!(relays.flows().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_concurrent_flows_keep_their_bytes_apart() {
    const FLOWS: usize = 200;
    let (a, b) = (Backend::start(b'a').await, Backend::start(b'b').await);
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(&relays, table(1, [(listen, "o", &[a.addr, b.addr])])).await;

    let mut clients = JoinSet::new();
    for seed in 0..FLOWS {
        clients.spawn(async move {
            let (mut stream, _) = call(listen).await.unwrap();
            let bytes = pattern(seed, 50_000 + seed);
            assert!(echoed(&mut stream, &bytes).await == bytes);
            stream
        });
    }
    let streams = soon(clients.join_all()).await;
    assert_eq!(counts(&relays, listen).open, FLOWS as u64);

    apply(&relays, table(2, [])).await;
    for mut stream in streams {
        assert_eq!(ending(&mut stream).await, Err(ErrorKind::ConnectionReset));
    }
}

#[tokio::test]
async fn after_shutdown_nothing_opens_again() {
    let backend = Backend::start(b'a').await;
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(&relays, table(1, [(listen, "o", &[backend.addr])])).await;
    let (mut stream, _) = call(listen).await.unwrap();

    soon(relays.shutdown()).await;
    assert!(refuses(listen).await);
    assert_eq!(ending(&mut stream).await, Err(ErrorKind::ConnectionReset));
    apply(&relays, table(2, [(listen, "o", &[backend.addr])])).await;
    assert!(refuses(listen).await);
}

#[tokio::test]
async fn draining_lets_flows_end_by_themselves() {
    let backend = Backend::start(b'a').await;
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(&relays, table(1, [(listen, "o", &[backend.addr])])).await;
    let (mut stream, _) = call(listen).await.unwrap();

    let drained = tokio::spawn({
        let relays = relays.clone();
        async move { relays.drain(DEADLINE).await }
    });
    soon(async {
        while !refuses(listen).await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(echoed(&mut stream, b"last words").await, b"last words");
    assert!(!drained.is_finished());
    stream.shutdown().await.unwrap();
    assert_eq!(ending(&mut stream).await, Ok(()));
    soon(drained).await.unwrap();
}

#[tokio::test]
async fn what_is_dropped_stops_listening() {
    let backend = Backend::start(b'a').await;
    let (relays, listen) = (RelaySet::new(), fresh_addr());
    apply(&relays, table(1, [(listen, "o", &[backend.addr])])).await;
    let (mut stream, _) = call(listen).await.unwrap();
    drop(relays);
    assert_eq!(ending(&mut stream).await, Err(ErrorKind::ConnectionReset));
    assert!(refuses(listen).await);
}
