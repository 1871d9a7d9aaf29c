//! A store on a full disk.

use jiff::Timestamp;
use underpass_model::auth::User;
use underpass_store::{Change, Key, Kind, Lookup, Store as _};

use crate::small_disk;
use crate::store_dir::StoreDir;

fn with_user(email: &str) -> Change {
    let user = User {
        email: email.to_owned(),
        real_name: String::new(),
        memberships: std::collections::BTreeMap::new(),
        is_operator: false,
        tokens_valid_from: Timestamp::UNIX_EPOCH,
    };
    Change::new().insert(Key::user(email), &user).unwrap()
}

#[tokio::test]
async fn a_store_on_a_full_disk_can_be_read_but_does_not_pass_the_check() {
    let name = "full_disk::a_store_on_a_full_disk_can_be_read_but_does_not_pass_the_check";
    if !small_disk::is_here(name) {
        return;
    }
    let store_dir = StoreDir::new();
    let store = store_dir.open();
    store.commit(with_user("ada@example.net")).await.unwrap();
    small_disk::fill(&store).await;
    for refusal in [
        store.check().await.unwrap_err(),
        store
            .commit(with_user("eve@example.net"))
            .await
            .unwrap_err(),
    ] {
        assert!(refusal.is_outage(), "{refusal:?}");
    }
    let all = [Lookup::Under(Kind::User, Key::root())];
    let users = store.fetch(&all).await.unwrap().all::<User>().unwrap();
    let names: Vec<_> = users.iter().map(|row| row.value.email.as_str()).collect();
    assert_eq!(names, ["ada@example.net"]);
}
