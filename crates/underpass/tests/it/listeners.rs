//! Clients that do not complete their requests, on every listener of `up`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::running::Running;

/// Longest wait for an answer: three times the longest time limit of a request.
const DEADLINE: Duration = Duration::from_mins(1);

/// Listeners that speak HTTP without TLS, by their member of the ready line.
const HTTP_LISTENERS: [&str; 4] = ["/api", "/google/url", "/azure/portal", "/google/portal"];

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}

/// Sends text; returns the connection.
fn send(to: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// Status and body of what is answered until the connection ends.
fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{ended:?}: {text}"));
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap(), body.to_owned())
}

fn get(to: SocketAddr, path: &str) -> (u16, String) {
    let text = format!("GET {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n\r\n");
    answer(send(to, &text))
}

/// Checks that a refusal is JSON in the form of its listener.
fn assert_form(listener: &str, status: u16, body: &str) {
    let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{listener}: {body}"));
    let (status_at, message_at) = match listener {
        "/api" => (Some("/errors/0/status"), "/message"),
        "/google/url" => (Some("/error/code"), "/error/message"),
        _ => (None, "/message"),
    };
    if let Some(at) = status_at {
        assert_eq!(body.pointer(at), Some(&status.into()), "{body}");
    }
    let message = body.pointer(message_at);
    assert!(message.is_some_and(Value::is_string), "{listener}: {body}");
}

#[test]
fn invalid_and_late_requests_are_refused_in_the_form_of_their_listener() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let token = std::fs::read_to_string(running.text("/token_file")).unwrap();
    let token = token.trim();
    let late = |to: SocketAddr, text: String| -> JoinHandle<(u16, String)> {
        let stream = send(to, &text);
        std::thread::spawn(move || answer(stream))
    };
    let mut waiting = Vec::new();
    for listener in HTTP_LISTENERS {
        let to = address(&running.text(listener));
        waiting.push((
            listener,
            late(to, "GET / HTTP/1.1\r\nhost: a\r\nx: ".to_owned()),
        ));
        let (status, body) = answer(send(to, "not HTTP\r\n\r\n"));
        assert_eq!(status, 400, "{listener}");
        assert_form(listener, status, &body);
        let large = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(100_000));
        let (status, body) = answer(send(to, &large));
        assert_eq!(status, 431, "{listener}");
        assert_form(listener, status, &body);
    }
    for (listener, path) in [
        ("/api", "/v1/access_token"),
        ("/google/url", "/token"),
        ("/google/url", "/compute/v1/projects/p/global/networks"),
    ] {
        let to = address(&running.text(listener));
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {to}\r\nauthorization: Bearer {token}\r\n\
             connection: close\r\n"
        );
        // Answered without `100 Continue`, which `answer` would take for the status.
        let large = format!("{head}expect: 100-continue\r\ncontent-length: 99000000\r\n\r\n");
        let (status, body) = answer(send(to, &large));
        assert_eq!(status, 413, "{path}: {body}");
        serde_json::from_str::<Value>(&body).unwrap();
        waiting.push((path, late(to, format!("{head}content-length: 9\r\n\r\n{{"))));
    }
    for (listener, late) in waiting {
        let (status, body) = late.join().unwrap();
        assert_eq!(status, 408, "{listener}: {body}");
        if HTTP_LISTENERS.contains(&listener) {
            assert_form(listener, status, &body);
        } else {
            serde_json::from_str::<Value>(&body).unwrap();
        }
    }
}

#[test]
fn every_listener_limits_heads_exactly_and_refuses_ambiguous_ones() {
    const HEAD_BYTES: usize = 32 * 1024;
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    for listener in HTTP_LISTENERS {
        let to = address(&running.text(listener));
        let own = format!("host: {to}\r\nconnection: close\r\n");
        let before = format!("GET / HTTP/1.1\r\n{own}x: ");
        let filled = |size: usize| {
            let filler = "x".repeat(size - before.len() - 4);
            format!("{before}{filler}\r\n\r\n")
        };
        let (fits, _) = answer(send(to, &filled(HEAD_BYTES)));
        assert_ne!(fits, 431, "{listener}");
        let long = "x".repeat(HEAD_BYTES);
        let (twice, foreign) = ("authorization: Bearer a\r\n", "http://evil.example");
        for (head, expected) in [
            (filled(HEAD_BYTES + 1), 431),
            (format!("GET /{long} HTTP/1.1\r\n{own}\r\n"), 414),
            (format!("GET / HTTP/1.1\r\n{own}{twice}{twice}\r\n"), 400),
            (format!("GET / HTTP/1.1\r\n{own}{own}\r\n"), 400),
            (format!("CONNECT {to} HTTP/1.1\r\n{own}\r\n"), 405),
        ] {
            let (status, body) = answer(send(to, &head));
            let line = head.get(..30);
            assert_eq!(status, expected, "{listener} {line:?}: {body}");
            assert_form(listener, status, &body);
        }
        // The target's host counts, as the header does without one.
        let ask = |target: &str, host: &str| {
            let head =
                format!("GET {target}/ HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
            answer(send(to, &head)).0
        };
        let (local, evil) = (to.to_string(), "evil.example");
        let absolute = format!("http://{to}");
        assert_eq!(ask(foreign, &local), ask("", evil), "{listener}");
        assert_eq!(ask(&absolute, evil), ask("", &local), "{listener}");
        if listener != "/google/url" {
            assert_eq!(ask(foreign, &local), 421, "{listener}");
        }
    }
    assert!(running.terminate().success());
}

#[test]
fn half_sent_requests_silence_neither_health_nor_dns() {
    const DESCRIPTORS: u32 = 256;
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::with_descriptors(scratch.path(), DESCRIPTORS);
    let api = address(&running.text("/api"));
    let mut listeners = HTTP_LISTENERS
        .map(|listener| address(&running.text(listener)))
        .to_vec();
    let azure = running.text("/azure/url");
    let azure = azure.rsplit_once(':').unwrap().1.parse().unwrap();
    listeners.push(SocketAddr::from(([127, 0, 0, 1], azure)));
    let mut open = Vec::new();
    for count in 0..1_500 {
        let to = listeners[count % listeners.len()];
        open.push(send(to, "GET /healthz HTTP/1.1\r\nhost: a\r\nx: "));
        if count % 100 == 99 {
            assert_eq!(get(api, "/healthz").0, 200, "{count}");
            assert_eq!(get(api, "/readyz").0, 200, "{count}");
            assert_eq!(dns_status(&running), 0, "{count}");
        }
    }
    // The control plane still reaches the emulated clouds.
    let person = running.person();
    let said = person.does("project list");
    assert!(said.contains("demo"), "{said}");
    let token = std::fs::read_to_string(running.text("/token_file")).unwrap();
    let text = format!(
        "GET /metrics HTTP/1.1\r\nhost: {api}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        token.trim()
    );
    let (_, metrics) = answer(send(api, &text));
    let limit = DESCRIPTORS / 3;
    let line = format!("underpass_http_connections_limit {limit}\n");
    assert!(metrics.contains(&line), "{metrics}");
    let line = format!("underpass_relay_flows_limit {}\n", DESCRIPTORS / 6);
    assert!(metrics.contains(&line), "{metrics}");
    assert!(running.terminate().success());
}

/// Asks for the domain's SOA record over TCP; returns the response code.
fn dns_status(running: &Running) -> u8 {
    let mut query = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in running.text("/domain").split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend_from_slice(label.as_bytes());
    }
    query.extend_from_slice(&[0, 0, 6, 0, 1]);
    let mut framed = u16::try_from(query.len()).unwrap().to_be_bytes().to_vec();
    framed.extend_from_slice(&query);
    let mut stream = TcpStream::connect(running.text("/dns")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(&framed).unwrap();
    let mut head = [0; 6];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[2..4], [0, 7]);
    head[5] & 0x0f
}
