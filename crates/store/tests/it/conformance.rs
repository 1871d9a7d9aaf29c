//! Both engines keep every promise.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use underpass_store::{Memory, conformance};

use crate::place::Place;

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
        let place = Place::new();
        let store = place.open();
        case.run(&store).await;
    }
}
