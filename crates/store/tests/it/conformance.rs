//! Every engine meets every requirement.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use underpass_store::{Memory, conformance};

use crate::postgres_server::Database;
use crate::store_dir::StoreDir;

#[test]
fn memory_keeps_every_promise_and_answers_at_once() {
    let mut context = Context::from_waker(Waker::noop());
    for case in conformance::cases() {
        println!("{}", case.name);
        let store = Memory::new();
        let run = pin!(case.run(&store));
        assert_eq!(
            run.poll(&mut context),
            Poll::Ready(()),
            "{} had to wait",
            case.name
        );
    }
}

#[tokio::test]
async fn sqlite_keeps_every_promise() {
    for case in conformance::cases() {
        println!("{}", case.name);
        let store_dir = StoreDir::new();
        let store = store_dir.open();
        case.run(&store).await;
    }
}

#[tokio::test]
async fn postgres_keeps_every_promise() {
    for case in conformance::cases() {
        println!("{}", case.name);
        let database = Database::new();
        let store = database.open().await;
        case.run(&store).await;
    }
}
