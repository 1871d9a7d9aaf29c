//! Durable writes through the store's interface.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use underpass_store::{Change, Cipher, Key, Kind, Lineage, Sqlite, Store, Write};

/// Clients that write one row after the other.
const CLIENTS: u32 = 32;

/// Time of the measurement.
const FOR: Duration = Duration::from_secs(5);

/// Prints the writes of a second.
pub(crate) async fn measure() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("underpass.db");
    let store =
        Arc::new(Sqlite::open(&file, Cipher::from_bytes(&[7; 32]), Lineage::from_bits(1)).unwrap());
    let begun = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut writes = 0_u32;
                while begun.elapsed() < FOR {
                    let key = Key::user(&format!("client-{client}-{}", writes % 100));
                    let change = Change {
                        writes: vec![Write::Put(Kind::User, key, json!({"number": writes}))],
                        ..Change::new()
                    };
                    store.commit(change).await.unwrap();
                    writes += 1;
                }
                writes
            })
        })
        .collect();
    let mut writes = 0;
    for client in clients {
        writes += client.await.unwrap();
    }
    let rate = f64::from(writes) / begun.elapsed().as_secs_f64();
    println!("Durable writes of {CLIENTS} clients: {rate:.0} in a second\n");
}
