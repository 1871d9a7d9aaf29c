use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Binding, EndpointRelay, Endpoints, RelayState, endpoints};
use crate::journal::{Journal, Position};

/// A running relay, and the resources that end with the test.
struct Fixture {
    endpoints: Endpoints,
    _stop: watch::Sender<bool>,
    _tasks: JoinSet<()>,
    _directory: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open::<u32>(directory.path(), "test").unwrap();
        let consumers = Some("127.80.0.0/16".parse().unwrap());
        let (endpoints, relay): (_, EndpointRelay) = endpoints(Arc::new(journal), consumers);
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(relay.run(stopped));
        Self {
            endpoints,
            _stop: stop,
            _tasks: tasks,
            _directory: directory,
        }
    }

    /// Replaces the list; returns the state of each listener, in its order.
    async fn reconcile(&self, desired: &[Binding]) -> Vec<RelayState> {
        self.endpoints
            .set_desired(desired.to_vec(), Position::default());
        self.endpoints
            .synced(self.endpoints.newest())
            .await
            .unwrap();
        self.endpoints
            .statuses()
            .into_iter()
            .map(|status| status.state)
            .collect()
    }
}

fn desired(connection: &str, listen: SocketAddr, backend: SocketAddr) -> Binding {
    Binding {
        endpoint: format!("endpoint of {connection}"),
        connection: connection.to_owned(),
        rule: "rule".to_owned(),
        listen: listen.into(),
        backends: vec![backend.into()],
    }
}

/// A server that sends a greeting on each connection.
async fn greeter(address: &str, tasks: &mut JoinSet<()>) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let local = listener.local_addr().unwrap();
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"hello").await.unwrap();
        }
    });
    local
}

/// A free port of `address`.
async fn free(address: &str) -> SocketAddr {
    TcpListener::bind((address, 0))
        .await
        .unwrap()
        .local_addr()
        .unwrap()
}

async fn greeting(address: SocketAddr) -> std::io::Result<String> {
    let mut text = String::new();
    TcpStream::connect(address)
        .await?
        .read_to_string(&mut text)
        .await?;
    Ok(text)
}

#[tokio::test]
async fn an_endpoint_carries_bytes_until_it_leaves_the_list() {
    let mut tasks = JoinSet::new();
    let backend = greeter("127.0.0.1:0", &mut tasks).await;
    let fixture = Fixture::new();
    let listen = free("127.80.0.4").await;

    assert_eq!(
        fixture.reconcile(&[desired("a", listen, backend)]).await,
        [RelayState::Listening]
    );
    assert_eq!(greeting(listen).await.unwrap(), "hello");
    assert_eq!(fixture.reconcile(&[]).await, []);
    let error = greeting(listen).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn an_endpoint_elsewhere_says_which_range_carries_bytes() {
    let fixture = Fixture::new();
    let outside = ["10.0.0.4:5432", "127.0.0.1:5432", "[::1]:5432"];
    let desired: Vec<_> = outside
        .iter()
        .map(|listen| desired(listen, listen.parse().unwrap(), free_backend()))
        .collect();
    for state in fixture.reconcile(&desired).await {
        let RelayState::Elsewhere { reason } = state else {
            panic!("{state:?}")
        };
        assert!(reason.contains("127.80.0.0/16"), "{reason}");
    }
}

#[tokio::test]
async fn an_address_on_which_a_server_answers_already_is_refused_and_tried_again() {
    let mut tasks = JoinSet::new();
    let everywhere = greeter("0.0.0.0:0", &mut tasks).await;
    let backend = greeter("127.0.0.1:0", &mut tasks).await;
    let fixture = Fixture::new();
    let listen = SocketAddr::new("127.80.1.4".parse().unwrap(), everywhere.port());

    let first = desired("a", listen, backend);
    let statuses = fixture.reconcile(std::slice::from_ref(&first)).await;
    let [RelayState::Refused { reason }] = &statuses[..] else {
        panic!("{statuses:?}")
    };
    assert!(reason.contains("bind it to 127.0.0.1"), "{reason}");

    tasks.shutdown().await;
    let second = Binding {
        rule: "changed".to_owned(),
        ..first
    };
    assert_eq!(fixture.reconcile(&[second]).await, [RelayState::Listening]);
}

#[tokio::test]
async fn of_two_endpoints_with_one_address_the_first_to_have_it_keeps_it() {
    let fixture = Fixture::new();
    let listen = free("127.80.2.4").await;
    let late = desired("a", listen, free_backend());
    let early = desired("b", listen, free_backend());
    assert_eq!(
        fixture.reconcile(std::slice::from_ref(&early)).await,
        [RelayState::Listening]
    );

    let statuses = fixture.reconcile(&[late.clone(), early]).await;
    let [RelayState::Refused { reason }, RelayState::Listening] = &statuses[..] else {
        panic!("{statuses:?}")
    };
    assert!(reason.contains("endpoint of b"), "{reason}");
    assert_eq!(fixture.reconcile(&[late]).await, [RelayState::Listening]);
}

#[tokio::test]
async fn a_new_connection_on_the_same_address_cuts_the_old_ones_flows() {
    let mut tasks = JoinSet::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let backend = silent.local_addr().unwrap();
    tasks.spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            held.push(stream);
        }
    });
    let fixture = Fixture::new();
    let listen = free("127.80.3.4").await;
    fixture.reconcile(&[desired("a", listen, backend)]).await;
    let mut flow = TcpStream::connect(listen).await.unwrap();
    assert_eq!(
        fixture.reconcile(&[desired("b", listen, backend)]).await,
        [RelayState::Listening]
    );
    // The flow is cut, by FIN or by RST.
    assert!(!matches!(flow.read(&mut [0; 1]).await, Ok(1..)));
}

/// A backend to which no test connects.
fn free_backend() -> SocketAddr {
    "127.0.0.1:1".parse().unwrap()
}
