//! Documents that cannot be decoded.

use serde_json::json;
use underpass_model::auth::{Token, User};

use super::case::cases;
use crate::change::{Change, Write};
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::lookup::Lookup;
use crate::reservation::HostLabelReservation;
use crate::store::Store;
use crate::unreadable_row::Defect;

cases! {
    an_unreadable_document_hides_no_other,
    an_unreadable_document_is_not_written_over,
    a_check_finds_documents_that_were_not_read,
}

const ALL: [(Kind, &str); 2] = [(Kind::HostLabel, "bad"), (Kind::User, "bad@example.com")];

/// Stores a readable document, and two that are not.
async fn plant(store: &dyn Store) {
    let good = HostLabelReservation {
        project: "demo".parse().expect("a name"),
        service: "pg-1".parse().expect("a name"),
    };
    let mut change = Change::new()
        .insert(Key::stored("good".to_owned()), &good)
        .expect("encode");
    for (kind, key) in ALL {
        let body = json!({"of": "another version"});
        change
            .writes
            .push(Write::Put(kind, Key::stored(key.to_owned()), body));
    }
    store.commit(change).await.expect("commit");
}

async fn an_unreadable_document_hides_no_other(store: &dyn Store) {
    plant(store).await;
    let bad = Key::stored("bad".to_owned());
    let all = [Lookup::Under(Kind::HostLabel, Key::root())];
    let fetched = store.fetch(&all).await.expect("fetch");
    let readable = fetched.readable::<HostLabelReservation>();
    let keys: Vec<_> = readable.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["good"]);
    assert_eq!(fetched.unreadable::<HostLabelReservation>(), [&bad]);
    assert!(fetched.is_unreadable::<HostLabelReservation>(&bad));
    assert_eq!(fetched.readable_one::<HostLabelReservation>(&bad), None);
    for failed in [
        fetched.one::<HostLabelReservation>(&bad).map(drop),
        fetched.all::<HostLabelReservation>().map(drop),
    ] {
        let error = failed.expect_err("it cannot be decoded");
        assert!(error.is_unreadable(), "{error:?}");
    }
    let listed = store.unreadable().await.expect("list");
    let listed: Vec<_> = listed
        .iter()
        .map(|row| (row.kind, &row.key, row.defect))
        .collect();
    assert_eq!(listed, [(Kind::HostLabel, &bad, Defect::Unsupported)]);
}

async fn an_unreadable_document_is_not_written_over(store: &dyn Store) {
    plant(store).await;
    let bad = Key::stored("bad".to_owned());
    let one = [Lookup::One(Kind::HostLabel, bad.clone())];
    let before = store.fetch(&one).await.expect("fetch");
    before.check();
    let good = HostLabelReservation {
        project: "demo".parse().expect("a name"),
        service: "pg-2".parse().expect("a name"),
    };
    let writes = [
        Change::new().put(bad.clone(), &good).expect("encode"),
        Change::new().remove::<HostLabelReservation>(bad),
    ];
    for change in writes {
        // A part of the change that is possible is not done either.
        let change = change.remove::<HostLabelReservation>(Key::stored("good".to_owned()));
        let refused = store.commit(change).await.expect_err("it is protected");
        assert!(matches!(refused, Error::Unreadable { .. }), "{refused:?}");
    }
    assert_eq!(store.fetch(&one).await.expect("fetch"), before);
    let good = [Lookup::One(Kind::HostLabel, Key::stored("good".to_owned()))];
    assert_eq!(store.fetch(&good).await.expect("fetch").records().len(), 1);
}

async fn a_check_finds_documents_that_were_not_read(store: &dyn Store) {
    plant(store).await;
    assert_eq!(store.unreadable().await.expect("list"), []);
    let changes = store.changes(0, 100).await.expect("read").expect("known");
    let rows = changes.rows.into_iter();
    let lookups: Vec<_> = rows.map(|row| Lookup::One(row.kind, row.key)).collect();
    store.fetch(&lookups).await.expect("fetch").check();
    let listed = store.unreadable().await.expect("list");
    let listed: Vec<_> = listed
        .iter()
        .map(|row| (row.kind, row.key.as_str()))
        .collect();
    assert_eq!(listed, ALL);
    let users = [
        Lookup::Under(Kind::User, Key::root()),
        Lookup::Under(Kind::Token, Key::root()),
    ];
    let fetched = store.fetch(&users).await.expect("fetch");
    assert_eq!(fetched.readable::<User>(), []);
    assert_eq!(fetched.readable::<Token>(), []);
}
