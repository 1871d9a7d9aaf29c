use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::time::timeout;

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Longest time for what happens immediately.
const DEADLINE: Duration = Duration::from_secs(10);

fn stranger(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn connections(total: usize, per_address: usize, loopback_reserve: usize) -> Connections {
    Connections::new(ConnectionLimits {
        total,
        per_address,
        loopback_reserve,
        probe_reserve: 0,
    })
}

async fn admit(connections: &Connections, client: IpAddr) -> Option<Connection> {
    timeout(DEADLINE, connections.admit(client)).await.unwrap()
}

/// Admits a connection that needs another one closed; returns it with the closed one.
async fn displace(
    connections: &Connections,
    client: IpAddr,
    closed: Connection,
) -> Option<Connection> {
    let end = async {
        timeout(DEADLINE, closed.evicted()).await.unwrap();
        drop(closed);
    };
    tokio::join!(admit(connections, client), end).0
}

#[tokio::test]
async fn the_longest_wait_ends_for_a_new_connection() {
    let all = connections(3, 3, 0);
    let first = admit(&all, stranger(1)).await.unwrap();
    let second = admit(&all, stranger(2)).await.unwrap();
    let third = admit(&all, stranger(3)).await.unwrap();
    // The first one had a request answered meanwhile, so the second has waited longest.
    assert!(first.answer());
    first.await_request();
    let fourth = displace(&all, stranger(4), second).await;
    assert!(fourth.is_some());
    assert_eq!(all.counts().open, 3);
    assert_eq!(all.counts().ended(Ended::Evicted), 1);
    drop((first, third, fourth));
    assert_eq!(all.counts().open, 0);
}

#[tokio::test]
async fn an_answered_request_is_never_cut() {
    let all = connections(2, 2, 0);
    let first = admit(&all, stranger(1)).await.unwrap();
    let second = admit(&all, stranger(2)).await.unwrap();
    assert!(first.answer() && second.answer());
    assert!(admit(&all, stranger(3)).await.is_none());
    assert_eq!(all.counts().ended(Ended::Total), 1);
    // A body that does not arrive is a wait again, since the beginning of its request.
    second.await_rest();
    assert!(displace(&all, stranger(3), second).await.is_some());
    drop(first);
}

#[tokio::test]
async fn a_request_of_a_connection_that_is_being_closed_does_not_begin() {
    let all = connections(1, 1, 0);
    let first = admit(&all, LOOPBACK).await.unwrap();
    all.evict_one();
    assert!(!first.answer());
    first.await_request();
    assert!(!first.answer(), "it stays so");
}

#[tokio::test]
async fn an_address_has_its_own_limit_and_loopback_has_none() {
    let all = connections(8, 2, 0);
    let held = [
        admit(&all, stranger(1)).await.unwrap(),
        admit(&all, stranger(1)).await.unwrap(),
    ];
    assert!(held.iter().all(Connection::answer));
    assert!(admit(&all, stranger(1)).await.is_none());
    assert_eq!(all.counts().ended(Ended::Address), 1);
    let _other = admit(&all, stranger(2)).await.unwrap();
    for _ in 0..3 {
        let connection = admit(&all, LOOPBACK).await.unwrap();
        assert!(connection.answer());
        std::mem::forget(connection);
    }
    // Its own idle connection closes, not one of another address.
    let [first, second] = held;
    first.await_request();
    assert!(displace(&all, stranger(1), first).await.is_some());
    drop(second);
}

#[tokio::test]
async fn one_network_of_ipv6_is_one_address() {
    let all = connections(8, 1, 0);
    let held = admit(&all, "2001:db8::1".parse().unwrap()).await.unwrap();
    assert!(held.answer());
    assert!(
        admit(&all, "2001:db8::2".parse().unwrap()).await.is_none(),
        "same /64"
    );
    let other = admit(&all, "2001:db8:0:1::1".parse().unwrap()).await;
    assert!(other.is_some());
    let mapped = admit(&all, "::ffff:127.0.0.1".parse().unwrap()).await;
    let again = admit(&all, "::ffff:127.0.0.1".parse().unwrap()).await;
    assert!(mapped.is_some() && again.is_some(), "loopback");
}

#[tokio::test]
async fn loopback_keeps_a_reserve_and_closes_last() {
    let all = connections(4, 4, 1);
    let idle = admit(&all, LOOPBACK).await.unwrap();
    let mut strangers = Vec::new();
    for last in 1..=3 {
        strangers.push(admit(&all, stranger(last)).await.unwrap());
    }
    // Full for strangers: one of theirs closes, though that of loopback has waited longer.
    let first = strangers.remove(0);
    strangers.push(displace(&all, stranger(4), first).await.unwrap());
    assert!(strangers.iter().all(Connection::answer));
    assert!(admit(&all, stranger(5)).await.is_none());
    drop(idle);
    assert!(admit(&all, LOOPBACK).await.is_some());
}

#[test]
fn the_limits_leave_descriptors_to_others() {
    let limits = ConnectionLimits::of_http();
    assert!(limits.total >= 16 && limits.total <= 4_096, "{limits:?}");
    let few = ConnectionLimits::with_total(16);
    assert_eq!((few.per_address, few.loopback_reserve), (4, 4));
    assert!(ConnectionLimits::of_dns(256).total <= 256);
}

#[tokio::test]
async fn metrics_name_every_reason() {
    let all = connections(2, 1, 0);
    let _held = admit(&all, LOOPBACK).await.unwrap();
    all.count(Ended::Head);
    let text = all.counts().render_http();
    assert!(text.contains("underpass_http_connections 1\n"), "{text}");
    assert!(
        text.contains("underpass_http_connections_limit 2\n"),
        "{text}"
    );
    assert!(
        text.contains("underpass_http_connections_ended_total{reason=\"head_timeout\"} 1\n"),
        "{text}"
    );
    for reason in Ended::ALL {
        assert!(text.contains(&format!("\"{}\"", reason.as_str())), "{text}");
    }
}

#[tokio::test]
async fn a_reader_that_accepts_nothing_gives_way_and_one_that_does_is_kept() {
    let all = connections(2, 2, 0);
    let slow = admit(&all, stranger(1)).await.unwrap();
    let stuck = admit(&all, stranger(2)).await.unwrap();
    assert!(slow.answer() && stuck.answer());
    assert!(admit(&all, stranger(3)).await.is_none());
    // The first one stalls before, and accepts bytes again.
    slow.await_reader();
    stuck.await_reader();
    assert!(slow.answer());
    slow.await_reader();
    let third = displace(&all, stranger(3), stuck).await.unwrap();
    assert!(slow.answer() && third.answer());
    assert!(admit(&all, stranger(4)).await.is_none());
}

#[tokio::test]
async fn a_connection_of_a_proxy_counts_for_the_client_of_its_request() {
    let all = connections(8, 2, 0);
    let proxy = stranger(100);
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(
            timeout(DEADLINE, all.admit_proxy(proxy))
                .await
                .unwrap()
                .unwrap(),
        );
    }
    let [first, second, third, fourth] = open.try_into().unwrap();
    for connection in [&first, &second, &third, &fourth] {
        assert!(connection.answer());
    }
    assert!(first.forward(stranger(1)) && second.forward(stranger(1)));
    assert!(
        !third.forward(stranger(1)),
        "both others are being answered"
    );
    assert_eq!(all.counts().ended(Ended::Address), 1);
    assert!(third.forward(stranger(2)));
    // A connection from the address itself counts with those of the proxy.
    assert!(admit(&all, stranger(1)).await.is_none());
    // One whose body does not arrive gives way.
    second.await_rest();
    assert!(fourth.forward(stranger(1)));
    timeout(DEADLINE, second.evicted()).await.unwrap();
    drop(second);
    // The next request of a connection may be of another client.
    first.await_request();
    assert!(third.forward(stranger(1)));
    drop((first, third, fourth));
    assert!(admit(&all, stranger(1)).await.is_some());
}

/// Fills all connections with requests that are being answered.
async fn all_answering() -> (Connections, Vec<Connection>) {
    let all = Connections::new(ConnectionLimits {
        total: 2,
        per_address: 2,
        loopback_reserve: 0,
        probe_reserve: 1,
    });
    let mut held = Vec::new();
    for last in 1..=2 {
        let connection = admit(&all, stranger(last)).await.unwrap();
        assert!(connection.answer());
        held.push(connection);
    }
    (all, held)
}

async fn admit_beside(all: &Connections, client: IpAddr) -> Option<Connection> {
    let admission = all.clone().with_probes();
    timeout(DEADLINE, admission.admit(client)).await.unwrap()
}

#[tokio::test]
async fn a_probe_has_a_place_beside_the_limit() {
    let (all, _held) = all_answering().await;
    assert!(
        admit(&all, stranger(3)).await.is_none(),
        "no listener of probes"
    );
    let probe = admit_beside(&all, stranger(3)).await.unwrap();
    assert!(probe.answer() && probe.is_reserved());
    assert!(
        admit_beside(&all, stranger(4)).await.is_none(),
        "it is being answered"
    );
    drop(probe);
    // One that sends nothing gives way.
    let silent = admit_beside(&all, stranger(4)).await.unwrap();
    let end = async {
        timeout(DEADLINE, silent.evicted()).await.unwrap();
        drop(silent);
    };
    let (next, ()) = tokio::join!(admit_beside(&all, stranger(5)), end);
    assert!(next.is_some_and(|next| next.answer() && next.is_reserved()));
}

#[tokio::test]
async fn a_place_beside_the_limit_becomes_a_usual_one_when_there_is_room() {
    let (all, mut held) = all_answering().await;
    let reserved = admit_beside(&all, stranger(3)).await.unwrap();
    drop(held.pop());
    assert!(reserved.answer() && !reserved.is_reserved());
    let probe = admit_beside(&all, stranger(4)).await.unwrap();
    assert!(probe.answer() && probe.is_reserved(), "the limit holds");
    drop((held, reserved, probe));
    assert_eq!(all.counts().open, 0);
    for last in 1..=2 {
        std::mem::forget(admit(&all, stranger(last)).await.unwrap());
    }
}
