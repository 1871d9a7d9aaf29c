//! Time limit of a request.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use crate::api::error::Error;

/// Time limit of one request, from the last bytes of its body: 30 s. The longest legitimate one, a
/// refresh that waits for a sweep, takes at most 20 s.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Answers requests that exceed the limit, and runs every request to its end. The server limits the
/// time of a body.
///
/// The request runs in a task of its own, so that it also completes if its client disconnects: a
/// commit must always be followed by the removal of its names from DNS.
pub(super) async fn limit_time(request: Request, next: Next) -> Response {
    let (arrived, last) = watch::channel(Instant::now());
    let request = request.map(|body| {
        // Not `map_frame`, which forgets the declared size: a body that is too large would be asked for
        // before it is refused.
        Body::new(body.inspect_frame(move |_| {
            arrived.send_replace(Instant::now());
        }))
    });
    let task = tokio::spawn(next.run(request).in_current_span());
    match complete(task, &last, TIME_LIMIT).await {
        Ok(Ok(response)) => response,
        // Panics are caught by an inner layer, so this is the end of the runtime.
        Ok(Err(_ended)) => {
            Error::Unavailable("The server is stopping. Try again".to_owned()).into_response()
        }
        Err(Elapsed) => Error::Unavailable(format!(
            "The request took longer than {} s. It may or may not have taken effect. Read the \
             resource, then retry",
            TIME_LIMIT.as_secs()
        ))
        .into_response(),
    }
}

struct Elapsed;

/// Waits for a request until the limit after the last bytes of its body.
async fn complete<T>(
    mut task: JoinHandle<T>,
    last: &watch::Receiver<Instant>,
    limit: Duration,
) -> Result<Result<T, JoinError>, Elapsed> {
    loop {
        let until = *last.borrow() + limit;
        match timeout_at(until, &mut task).await {
            Ok(ended) => return Ok(ended),
            Err(_elapsed) if *last.borrow() + limit > until => {}
            Err(_elapsed) => return Err(Elapsed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_time_begins_with_the_last_bytes_of_the_body() {
        for (arrives, is_complete) in [(true, true), (false, false)] {
            let (arrived, last) = watch::channel(Instant::now());
            let task = tokio::spawn(async move {
                for _ in 0..3 {
                    tokio::time::sleep(Duration::from_millis(600)).await;
                    if arrives {
                        arrived.send_replace(Instant::now());
                    }
                }
            });
            let limit = Duration::from_secs(1);
            let completed = complete(task, &last, limit).await;
            assert_eq!(completed.is_ok(), is_complete);
        }
    }
}
