//! Follower of the news from other processes on the same store.

use std::time::Duration;

use tokio::sync::watch;
use underpass_store::News;

use crate::publish::PublisherHandle;
use crate::reconcile::Wakeup;

/// Shortest time between two looks for names because of others' commits: 50 ms, which bounds the reads of a
/// busy store. Names lag by as much.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// Publishes the names that other replicas change, and does the work that they left, soon after; without
/// news, both happen later. Ends at the shutdown.
pub(crate) async fn follow(
    news: News,
    names: PublisherHandle,
    wakeup: Wakeup,
    mut shutdown: watch::Receiver<bool>,
) {
    let (mut commits, mut left_work) = (news.commits, news.left_work);
    let of_names = async {
        while commits.changed().await.is_ok() {
            names.notify();
            tokio::time::sleep(SHORTEST_PAUSE).await;
        }
    };
    let of_work = async {
        while left_work.changed().await.is_ok() {
            wakeup.notify();
        }
    };
    tokio::select! {
        // An error means that the sender was dropped, which is a shutdown as well.
        _ = shutdown.wait_for(|stop| *stop) => {}
        ((), ()) = async { tokio::join!(of_names, of_work) } => {}
    }
}
