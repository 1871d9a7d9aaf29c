//! `try`: publishing a running service.

use std::net::SocketAddr;

use crate::greeter::{greeter, greets};
use crate::person::Person;
use crate::running::Running;

/// Returns the address of the endpoint in a printed curl command: `--resolve NAME:PORT:IP`.
fn endpoint(command: &str, port: u16) -> SocketAddr {
    let marker = format!(":{port}:");
    let (_, after) = command.split_once(&marker).unwrap();
    let end = |c: char| !(c.is_ascii_digit() || c == '.');
    let address = after.split(end).next().unwrap();
    format!("{address}:{port}").parse().unwrap()
}

#[test]
fn a_running_service_is_offered_in_one_line_on_either_cloud() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    for cloud in ["azure", "google"] {
        let port = greeter();
        let words = format!("try grafana 127.0.0.1:{port} --tls off --cloud {cloud}");
        let first = person.types(&words);
        assert_eq!(first.code, 0, "{first:?}");
        let lines: Vec<&str> = first.stdout.lines().collect();
        assert_eq!(lines.len(), 1, "{first:?}");
        assert!(greets(endpoint(lines[0], port)), "{first:?}");
        for step in [
            format!("$ underpass service create grafana-{port} -t grafana"),
            format!("$ underpass service privatelink {cloud} create grafana-{port}"),
            format!("$ underpass cloud {cloud} endpoint create grafana-{port}"),
            format!("$ underpass service privatelink {cloud} refresh grafana-{port}"),
            format!("$ underpass service privatelink {cloud} connection approve grafana-{port}"),
        ] {
            assert!(first.stderr.contains(&step), "{step}: {first:?}");
        }
        let again = person.types(&words);
        assert_eq!(again.stdout, first.stdout, "{again:?}");
        assert!(!again.stderr.contains("$ "), "{again:?}");
    }
}

#[test]
fn an_impossible_try_is_refused_before_any_change() {
    let scratch = tempfile::tempdir().unwrap();
    let running = Running::start(scratch.path());
    let person = running.person();
    let silent = person.types("try redis 127.0.0.1:1");
    assert_eq!(silent.code, 1);
    assert!(silent.stderr.contains("nothing listens"), "{silent:?}");
    let port = greeter();
    let unknown = person.types(&format!("try nonsense 127.0.0.1:{port}"));
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("hint: valid values: "),
        "{unknown:?}"
    );
    assert_eq!(person.does("service list"), "");
    let other = greeter();
    person.does(&format!(
        "try grafana 127.0.0.1:{port} --tls off --name web"
    ));
    let taken = person.types(&format!(
        "try grafana 127.0.0.1:{other} --tls off --name web"
    ));
    assert_eq!(taken.code, 1);
    assert!(taken.stderr.contains("--name"), "{taken:?}");
}

#[test]
fn a_usage_error_of_try_exits_with_two() {
    let scratch = tempfile::tempdir().unwrap();
    let person = Person::new(scratch.path());
    for words in [
        "try",
        "try pg",
        "try pg here",
        "try pg 127.0.0.1:1 --cloud mars",
    ] {
        assert_eq!(person.types(words).code, 2, "{words}");
    }
}
