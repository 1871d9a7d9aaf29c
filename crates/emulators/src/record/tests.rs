use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Record;

const URL: &str = "http://127.0.0.1:1";

fn request(method: &str, target: &str) -> Parts {
    let request = Request::builder().method(method).uri(target);
    let request = request
        .header("authorization", "Bearer a-secret-token")
        .header("user-agent", "a client");
    request.body(()).unwrap().into_parts().0
}

fn reply(body: &Value) -> Response {
    let reply = Response::builder().status(200).header("etag", "one");
    reply.body(Body::from(body.to_string())).unwrap()
}

async fn add(record: &Record, method: &str, target: &str, body: Option<Value>, answer: Value) {
    let parts = request(method, target);
    let returned = record
        .add(&parts, body.as_ref(), reply(&answer), Timestamp::UNIX_EPOCH)
        .await;
    let returned = axum::body::to_bytes(returned.into_body(), 1_000).await;
    assert_eq!(returned.unwrap(), answer.to_string());
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    let content = fs::read_to_string(path).unwrap();
    let lines = content.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn an_exchange_is_one_line_without_secrets_that_only_the_owner_reads() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.jsonl");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let record = Record::open(&path, "azure", URL).unwrap();
    let target = "/a?alt=json&access_token=a-secret-token&key=a-secret-key";
    add(
        &record,
        "PUT",
        target,
        Some(json!({ "b": 1 })),
        json!({ "c": 2 }),
    )
    .await;

    let expected = json!({
        "time": "1970-01-01T00:00:00Z",
        "cloud": "azure",
        "emulator": format!("{} {URL}", std::process::id()),
        "client": "a client",
        "method": "PUT",
        "path": "/a",
        "query": "alt=json&access_token&key",
        "request": { "b": 1 },
        "status": 200,
        "headers": { "etag": "one" },
        "reply": { "c": 2 },
    });
    assert_eq!(lines(&path), [expected]);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!fs::read_to_string(&path).unwrap().contains("secret"));
}

#[tokio::test]
async fn a_read_is_recorded_again_when_its_answer_has_changed_and_a_write_always() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.jsonl");
    let record = Record::open(&path, "azure", URL).unwrap();
    for (method, target, answer) in [
        ("GET", "/a", 1),
        ("GET", "/a", 1),
        ("GET", "/b", 1),
        ("GET", "/a", 2),
        ("GET", "/a", 1),
        ("PUT", "/a", 1),
        ("PUT", "/a", 1),
    ] {
        add(&record, method, target, None, json!(answer)).await;
    }
    let recorded: Vec<String> = lines(&path)
        .iter()
        .map(|line| {
            format!("{} {} {}", line["method"], line["path"], line["reply"]).replace('"', "")
        })
        .collect();
    let expected = [
        "GET /a 1", "GET /b 1", "GET /a 2", "GET /a 1", "PUT /a 1", "PUT /a 1",
    ];
    assert_eq!(recorded, expected);
}

#[tokio::test]
async fn a_full_file_grows_no_more_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.jsonl");
    let record = Record::open_with(&path, "azure", URL, 600).unwrap();
    for _ in 0..20 {
        add(&record, "PUT", "/a", Some(json!({ "b": 1 })), json!(1)).await;
    }
    let lines = lines(&path);
    assert!((2..5).contains(&lines.len()), "{lines:#?}");
    let last = lines.last().unwrap();
    assert_eq!(last["ended"], "the file has reached its limit of 600 bytes");
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing/record.jsonl");
    let error = Record::open(&path, "azure", URL).err().unwrap().to_string();
    let expected = format!("failed to open {} to record exchanges.", path.display());
    assert!(error.starts_with(&expected), "{error}");
}
