use serde_json::json;

use super::super::schema;
use super::super::witness::Witness;
use super::*;
use crate::key::Key;
use crate::kind::Kind;

fn put(kind: Kind, name: &str, body: &str) -> Job {
    let write = Write::Put(kind, Key::user(name), json!(body));
    let task = Task::Commit(Change {
        writes: vec![write],
        ..Change::new()
    });
    // The answers are not received: they are checked before they are sent.
    Job {
        task,
        answer: oneshot::channel().0,
    }
}

fn cipher() -> Cipher {
    Cipher::from_bytes(&[1; 32])
}

fn open(directory: &tempfile::TempDir) -> Connection {
    schema::open(&directory.path().join("store.sqlite"), &cipher()).unwrap()
}

fn stored(connection: &Connection) -> i64 {
    connection
        .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn when_the_commit_itself_fails_every_job_is_refused_and_the_next_may_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = open(&directory);
    // A rule that is looked at when the transaction commits, broken by every token.
    connection
        .execute_batch(
            "PRAGMA foreign_keys = ON;
            CREATE TABLE late (token TEXT REFERENCES late_owner (name)
                DEFERRABLE INITIALLY DEFERRED);
            CREATE TABLE late_owner (name TEXT PRIMARY KEY);
            CREATE TRIGGER break_late AFTER INSERT ON record WHEN new.kind = 'token'
                BEGIN INSERT INTO late (token) VALUES (new.key); END;",
        )
        .unwrap();
    let jobs = [
        put(Kind::User, "a", ""),
        put(Kind::Token, "b", ""),
        put(Kind::User, "c", ""),
    ];
    let error = write_together(&mut connection, &cipher(), &jobs).unwrap_err();
    let answers = refuse_all(error, jobs.len());
    assert_eq!(answers.len(), 3);
    for answer in answers {
        assert_eq!(answer.unwrap_err().to_string(), "write to the store");
    }
    assert_eq!(stored(&connection), 0);
    let answers = write_together(&mut connection, &cipher(), &[put(Kind::User, "d", "")]).unwrap();
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(stored(&connection), 1);
}

#[test]
fn a_job_that_fails_half_way_leaves_no_trace_among_those_committed_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = open(&directory);
    connection
        .execute_batch(
            "CREATE TRIGGER refuse_tokens BEFORE INSERT ON record WHEN new.kind = 'token'
                BEGIN SELECT raise(ABORT, 'no tokens today'); END;",
        )
        .unwrap();
    let half = Change {
        writes: vec![
            Write::Put(Kind::User, Key::user("b"), json!("")),
            Write::Put(Kind::Token, Key::user("b"), json!("")),
        ],
        ..Change::new()
    };
    let half = Job {
        task: Task::Commit(half),
        answer: oneshot::channel().0,
    };
    let jobs = [put(Kind::User, "a", ""), half, put(Kind::User, "c", "")];
    let answers = write_together(&mut connection, &cipher(), &jobs).unwrap();
    let ok: Vec<_> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(ok, [true, false, true]);
    assert_eq!(stored(&connection), 2);
    assert_eq!(
        rows::version(&connection, Kind::User, &Key::user("b")).unwrap(),
        None
    );
}

#[test]
fn what_does_not_fit_on_the_disk_is_refused_and_what_does_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut connection = open(&directory);
    let pages: i64 = connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    let with_room: i64 = connection
        .pragma_update_and_check(None, "max_page_count", pages + 4, |row| row.get(0))
        .unwrap();
    assert_eq!(with_room, pages + 4);
    let huge = "x".repeat(1 << 20);
    let jobs = [
        put(Kind::User, "a", ""),
        put(Kind::User, "b", &huge),
        put(Kind::User, "c", ""),
    ];
    let committed = match write_together(&mut connection, &cipher(), &jobs) {
        Ok(answers) => {
            assert!(answers[1].is_err());
            answers.iter().filter(|answer| answer.is_ok()).count()
        }
        Err(_) => 0,
    };
    assert_eq!(stored(&connection), i64::try_from(committed).unwrap());
    let answers = write_together(&mut connection, &cipher(), &[put(Kind::User, "d", "")]).unwrap();
    assert!(answers.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_store_that_cannot_be_written_does_not_pass_the_check() {
    let directory = tempfile::tempdir().unwrap();
    let _writable = open(&directory);
    let path = directory.path().join("store.sqlite");
    let connection = schema::open_to_read(&path).unwrap();
    let witness = Witness::start(
        &directory.path().join("store.sqlite"),
        0,
        Lineage::from_bits(1),
    )
    .unwrap();
    let writer = Writer::start(connection, Arc::new(cipher()), witness.handle()).unwrap();
    let refusal = writer.run(Task::Check).await.unwrap_err();
    let source = std::error::Error::source(&refusal).unwrap().to_string();
    assert!(source.contains("readonly"), "{source}");
}
