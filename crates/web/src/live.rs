//! Live pages: server-sent events tell an open page that something changed.
//!
//! An event carries nothing: the page's script fetches the page again, with the visitor's own
//! rights, and replaces the parts that differ (`assets/page.js`).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::{ACCEPT, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;

/// Origin of a request: a user, or a page that is open and refreshes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// It counts as use of a session.
    User,
    /// It does not: an open page must not keep a session alive.
    AutoRefresh,
}

/// Longest time without an event: 3 s. A page that receives none for twice this time, and the
/// script's margin, has lost its server; it says so within 10 s.
const HEARTBEAT: Duration = Duration::from_secs(3);

/// Time after which a page that is refused may try again: 5 s.
const RETRY_SECONDS: &str = "5";

/// Event that only shows that the server is there. Scripts see no comments of the stream.
fn heartbeat() -> Event {
    Event::default().event("alive").data("alive")
}

/// News for an open page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageEvent {
    /// Something may look different now.
    Change,
    /// The session is over: the page leaves.
    End,
}

/// Source of the events of one open page.
pub trait Watch: Send + 'static {
    /// Waits for the next event; `None` if there will be no more.
    fn next(&mut self) -> impl Future<Output = Option<PageEvent>> + Send;
}

/// Limit on the open pages that receive events; cheap to clone.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    limit: usize,
    open: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    of: BTreeMap<String, usize>,
}

/// A share of the open pages: of a user, a project or an address, so that it does not use all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageShare {
    /// The name of the subject.
    pub subject: String,
    /// Most pages of the subject.
    pub most: usize,
}

/// Pages that count as open until this is dropped.
#[derive(Debug)]
struct Permit {
    counts: Arc<Mutex<Counts>>,
    subjects: Vec<String>,
}

// === impl RequestKind ===

impl RequestKind {
    /// Header that the script of a page sends when it refreshes the page.
    pub const HEADER: &str = "x-underpass-live";

    /// The kind that a request says it is of. A client that lies shortens only its own session.
    pub fn of(headers: &HeaderMap) -> Self {
        // The type that browsers ask for when they subscribe, and when by themselves they
        // subscribe again (HTML, "server-sent events").
        let subscribes = |accept: &HeaderValue| accept.as_bytes() == b"text/event-stream";
        if headers.contains_key(Self::HEADER) || headers.get(ACCEPT).is_some_and(subscribes) {
            Self::AutoRefresh
        } else {
            Self::User
        }
    }
}

// === impl PageEvent ===

impl From<PageEvent> for Event {
    fn from(event: PageEvent) -> Self {
        let name = match event {
            PageEvent::Change => "change",
            PageEvent::End => "end",
        };
        // Browsers drop an event without data (HTML, "interpreting an event stream").
        Self::default().event(name).data(name)
    }
}

// === impl Subscriptions ===

impl Subscriptions {
    /// At most `limit` pages at a time. Further ones work as well; they show what is new when they
    /// are reloaded.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            open: Arc::default(),
        }
    }

    /// Most pages at a time.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Answers an open page with a stream of events; 503 if the limit is reached, 429 if one of the
    /// shares is used.
    pub fn open(&self, shares: &[PageShare], watch: impl Watch) -> Response {
        let permit = match self.admit(shares) {
            Ok(permit) => permit,
            Err(status) => return (status, [(RETRY_AFTER, RETRY_SECONDS)]).into_response(),
        };
        let open = Some(Subscription {
            watch,
            _permit: permit,
        });
        let events = stream::unfold(open, |open| async move {
            let mut open = open?;
            let event = open.watch.next().await?;
            let rest = (event != PageEvent::End).then_some(open);
            Some((Ok::<_, Infallible>(Event::from(event)), rest))
        });
        Sse::new(events)
            .keep_alive(KeepAlive::new().interval(HEARTBEAT).event(heartbeat()))
            .into_response()
    }

    fn admit(&self, shares: &[PageShare]) -> Result<Permit, StatusCode> {
        let mut counts = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let is_used = |share: &PageShare| {
            let open = counts.of.get(&share.subject).copied().unwrap_or_default();
            open >= share.most
        };
        if shares.iter().any(is_used) {
            return Err(StatusCode::TOO_MANY_REQUESTS);
        }
        if counts.all >= self.limit {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        counts.all += 1;
        let mut subjects = Vec::new();
        for share in shares {
            *counts.of.entry(share.subject.clone()).or_default() += 1;
            subjects.push(share.subject.clone());
        }
        Ok(Permit {
            counts: Arc::clone(&self.open),
            subjects,
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        for subject in &self.subjects {
            if let Some(open) = counts.of.get_mut(subject) {
                *open -= 1;
                if *open == 0 {
                    counts.of.remove(subject);
                }
            }
        }
    }
}

/// A page that is open; it gives its permit back when it closes.
struct Subscription<W> {
    watch: W,
    _permit: Permit,
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    struct Scripted(Vec<PageEvent>);

    impl Watch for Scripted {
        async fn next(&mut self) -> Option<PageEvent> {
            self.0.pop()
        }
    }

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 4096).await;
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn nothing_follows_the_end() {
        let subscriptions = Subscriptions::new(1);
        let watch = Scripted(vec![PageEvent::Change, PageEvent::End, PageEvent::Change]);
        assert_eq!(
            body(subscriptions.open(&[], watch)).await,
            "event: change\ndata: change\n\nevent: end\ndata: end\n\n"
        );
    }

    #[tokio::test]
    async fn a_page_that_closes_makes_room() {
        let subscriptions = Subscriptions::new(1);
        let open = subscriptions.open(&[], Scripted(Vec::new()));
        let refused = subscriptions.open(&[], Scripted(Vec::new()));
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(open);
        let next = subscriptions.open(&[], Scripted(Vec::new()));
        assert_eq!(next.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn one_user_does_not_use_all_pages() {
        let subscriptions = Subscriptions::new(8);
        let share = |subject: &str, most| PageShare {
            subject: subject.to_owned(),
            most,
        };
        let open = |user, project| {
            let shares = [share(user, 2), share(project, 3)];
            subscriptions.open(&shares, Quiet)
        };
        let mut held = vec![open("ada", "demo"), open("ada", "demo")];
        let refused = open("ada", "other");
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()[RETRY_AFTER], RETRY_SECONDS);
        held.push(open("bob", "demo"));
        assert_eq!(held[2].status(), StatusCode::OK);
        assert_eq!(open("eve", "demo").status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(open("eve", "other").status(), StatusCode::OK);
        drop(held);
        let counts = subscriptions.open.lock().unwrap();
        assert_eq!((counts.all, counts.of.len()), (0, 0));
    }

    /// Nothing changes.
    struct Quiet;

    impl Watch for Quiet {
        async fn next(&mut self) -> Option<PageEvent> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn a_quiet_page_hears_that_the_server_is_there() {
        let response = Subscriptions::new(1).open(&[], Quiet);
        let mut frames = response.into_body().into_data_stream();
        // Half of the time after which a page must say that it lost its server.
        let first = tokio::time::timeout(Duration::from_secs(5), frames.next()).await;
        let first = first.unwrap().unwrap().unwrap();
        assert_eq!(&first[..], b"event: alive\ndata: alive\n\n");
    }

    #[test]
    fn a_subscription_is_no_use_of_a_session() {
        let mut headers = HeaderMap::new();
        assert_eq!(RequestKind::of(&headers), RequestKind::User);
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        assert_eq!(RequestKind::of(&headers), RequestKind::AutoRefresh);
    }
}
