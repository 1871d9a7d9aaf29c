//! Access tokens, cached until shortly before their expiry.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::error::Error;

/// An access token.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) token: Secret,
    /// Set if the token was requested for this call.
    pub(crate) is_fresh: bool,
}

/// The time for which a failed request for a token is remembered: 2 s. Callers that waited for it
/// share its failure instead of waiting for one request each.
const FAILURE_LIFETIME: SignedDuration = SignedDuration::from_secs(2);

/// The cache of the last token.
pub(crate) struct BearerCache {
    /// The time before expiry at which a token is renewed, so that it does not expire in flight.
    renew_before: SignedDuration,
    /// The number of requests that ended, read before a caller waits: a caller that waited while a
    /// request ended has its result.
    ended: AtomicU64,
    /// Locked while a token is requested: concurrent callers wait for that request, 30 s at most,
    /// instead of sending their own.
    kept: tokio::sync::Mutex<Kept>,
}

/// The result of the last request.
#[derive(Default)]
enum Kept {
    #[default]
    Nothing,
    Token {
        token: Secret,
        renew_at: Timestamp,
    },
    Failure {
        error: Error,
        until: Timestamp,
    },
}

impl BearerCache {
    /// Creates a cache that renews tokens this long before their expiry.
    pub(crate) fn new(renew_before: SignedDuration) -> Self {
        Self {
            renew_before,
            ended: AtomicU64::new(0),
            kept: tokio::sync::Mutex::new(Kept::Nothing),
        }
    }

    /// Returns a valid token; `request` gets a new one with its lifetime. Callers that wait for the
    /// same request share its failure.
    pub(crate) async fn bearer(
        &self,
        now: Timestamp,
        request: impl Future<Output = Result<(Secret, SignedDuration), Error>> + Send,
    ) -> Result<Bearer, Error> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut kept = self.kept.lock().await;
        let has_waited = self.ended.load(Ordering::Acquire) != ended;
        match &*kept {
            Kept::Token { token, renew_at } if now < *renew_at => {
                return Ok(Bearer {
                    token: token.clone(),
                    is_fresh: false,
                });
            }
            Kept::Failure { error, until } if has_waited || now < *until => {
                return Err(error.copy());
            }
            Kept::Nothing | Kept::Token { .. } | Kept::Failure { .. } => {}
        }
        let answer = request.await;
        self.ended.fetch_add(1, Ordering::Release);
        let (token, lifetime) = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let until = now.saturating_add(FAILURE_LIFETIME).unwrap_or(now);
                let copy = error.copy();
                *kept = Kept::Failure { error: copy, until };
                return Err(error);
            }
        };
        let usable = lifetime - self.renew_before;
        let renew_at = now.saturating_add(usable).unwrap_or(now);
        *kept = Kept::Token {
            token: token.clone(),
            renew_at,
        };
        Ok(Bearer {
            token,
            is_fresh: true,
        })
    }

    /// Drops a rejected token, unless another one was requested in between.
    pub(crate) async fn reject(&self, bearer: &Bearer) {
        let mut kept = self.kept.lock().await;
        if matches!(&*kept, Kept::Token { token, .. } if *token == bearer.token) {
            *kept = Kept::Nothing;
        }
    }
}

/// A number of seconds; some issuers print it as text.
pub(crate) fn seconds(value: &Value) -> Option<SignedDuration> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    // No issuer's lifetime exceeds a day; the cap keeps arithmetic in range.
    Some(SignedDuration::from_secs(
        i64::try_from(number).ok()?.min(86_400),
    ))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::error::{ErrorKind, own};

    fn failure() -> Error {
        let kind = ErrorKind::Retry { after: None };
        own(kind, "request a token", "Unanswered", String::new())
    }

    #[test]
    fn callers_that_waited_for_a_request_share_its_failure() {
        let cache = BearerCache::new(SignedDuration::ZERO);
        let (start, later) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(9));
        let (answer, answered) = tokio::sync::oneshot::channel::<()>();
        let mut first = pin!(cache.bearer(start, async {
            answered.await.expect("answered");
            Err(failure())
        }));
        let unasked = async { panic!("one request for all that wait") };
        let mut second = pin!(cache.bearer(start + later, unasked));
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(second.as_mut().poll(&mut context).is_pending());
        answer.send(()).expect("the request is under way");
        for end in [first.poll(&mut context), second.poll(&mut context)] {
            let Poll::Ready(Err(error)) = end else {
                panic!("the request failed for both");
            };
            assert_eq!(error.code, "Unanswered");
        }
        // A later caller asks again.
        let token = async { Ok((Secret::new("t".to_owned()), later)) };
        let end = pin!(cache.bearer(start + later, token)).poll(&mut context);
        assert!(matches!(end, Poll::Ready(Ok(bearer)) if bearer.is_fresh));
    }

    #[test]
    fn a_failure_is_remembered_briefly() {
        let cache = BearerCache::new(SignedDuration::ZERO);
        let mut context = Context::from_waker(Waker::noop());
        let start = Timestamp::UNIX_EPOCH;
        for (at, fails) in [(0, true), (1, true), (2, false)] {
            let at = start + SignedDuration::from_secs(at);
            let request = async {
                if at == start {
                    return Err(failure());
                }
                Ok((Secret::new("t".to_owned()), SignedDuration::from_mins(1)))
            };
            let Poll::Ready(end) = pin!(cache.bearer(at, request)).poll(&mut context) else {
                panic!("nothing to wait for");
            };
            assert_eq!(end.is_err(), fails, "{at}");
        }
    }
}
