//! Access tokens, cached until shortly before their expiry.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::error::Error;
use crate::secret_source::FileVersion;

/// An access token.
#[derive(Debug, Clone)]
pub(crate) struct Bearer {
    pub(crate) token: Secret,
    /// Set if the token was requested for this call.
    pub(crate) is_fresh: bool,
}

/// The time for which a failed request for a token is remembered: 2 s. Callers that waited for it
/// share its failure instead of waiting for one request each.
const FAILURE_LIFETIME: SignedDuration = SignedDuration::from_secs(2);

/// The pause after a failed renewal while the present token is valid: 30 s. Nothing waits for it.
const RENEWAL_PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The cache of the last token.
///
/// A token is renewed before its expiry, or if the file with the credentials changes. The present
/// token is used while it is renewed, and until it ends if it cannot be renewed: a file that is half
/// written, or a new secret that the provider does not know yet, fails no call.
pub(crate) struct BearerCache {
    /// The time before expiry at which a token is renewed, so that it does not expire in flight.
    renew_before: SignedDuration,
    /// The number of requests that ended, read before a caller waits: a caller that waited while a
    /// request ended has its result.
    ended: AtomicU64,
    kept: Mutex<Kept>,
    /// Locked while a token is requested: concurrent callers without a token wait for that request,
    /// 30 s at most, instead of sending their own.
    renewing: tokio::sync::Mutex<()>,
}

/// The results of the last requests.
#[derive(Default)]
struct Kept {
    token: Option<KeptToken>,
    failure: Option<Failure>,
}

struct KeptToken {
    token: Secret,
    renew_at: Timestamp,
    expires_at: Timestamp,
    version: FileVersion,
}

struct Failure {
    error: Error,
    until: Timestamp,
    version: FileVersion,
}

/// The use of a kept token.
enum Present {
    /// Use it.
    Current(Bearer),
    /// Renew it, and use it if that fails.
    Ageing(Bearer),
    /// There is none.
    None,
}

impl BearerCache {
    /// Creates a cache that renews tokens this long before their expiry.
    pub(crate) fn new(renew_before: SignedDuration) -> Self {
        Self {
            renew_before,
            ended: AtomicU64::new(0),
            kept: Mutex::default(),
            renewing: tokio::sync::Mutex::new(()),
        }
    }

    /// Returns a valid token; `request` gets a new one with its lifetime. Callers that wait for the
    /// same request share its failure. `version` is that of the file with the credentials.
    pub(crate) async fn bearer(
        &self,
        now: Timestamp,
        version: FileVersion,
        request: impl Future<Output = Result<(Secret, SignedDuration), Error>> + Send,
    ) -> Result<Bearer, Error> {
        let ended = self.ended.load(Ordering::Acquire);
        let present = self.kept().present(now, version);
        let _renewing = match present {
            Present::Current(bearer) => return Ok(bearer),
            Present::Ageing(bearer) => match self.renewing.try_lock() {
                Ok(guard) => guard,
                Err(_renewed_already) => return Ok(bearer),
            },
            Present::None => self.renewing.lock().await,
        };
        // It may have been renewed since.
        let has_waited = self.ended.load(Ordering::Acquire) != ended;
        let present = {
            let kept = self.kept();
            let present = kept.present(now, version);
            let failure = kept.failure.as_ref().filter(|failure| {
                failure.version == version && (has_waited || now < failure.until)
            });
            match (present, failure) {
                (Present::Current(bearer), _) | (Present::Ageing(bearer), Some(_)) => {
                    return Ok(bearer);
                }
                (Present::None, Some(failure)) => return Err(failure.error.copy()),
                (Present::Ageing(bearer), None) => Some(bearer),
                (Present::None, None) => None,
            }
        };
        let answer = request.await;
        self.ended.fetch_add(1, Ordering::Release);
        match (answer, present) {
            (Ok((token, lifetime)), _) => {
                let after = |pause| now.saturating_add(pause).unwrap_or(now);
                self.kept().token = Some(KeptToken {
                    token: token.clone(),
                    renew_at: after(lifetime - self.renew_before),
                    expires_at: after(lifetime),
                    version,
                });
                self.kept().failure = None;
                Ok(Bearer {
                    token,
                    is_fresh: true,
                })
            }
            (Err(error), Some(present)) => {
                tracing::warn!(
                    %error,
                    "failed to renew an access token; the present one is used until it ends"
                );
                self.fail(&error, now, RENEWAL_PAUSE, version);
                Ok(present)
            }
            (Err(error), None) => {
                self.fail(&error, now, FAILURE_LIFETIME, version);
                Err(error)
            }
        }
    }

    /// Drops a rejected token, unless another one was requested in between.
    pub(crate) fn reject(&self, bearer: &Bearer) {
        let mut kept = self.kept();
        let is_kept = |it: &KeptToken| it.token == bearer.token;
        if kept.token.as_ref().is_some_and(is_kept) {
            *kept = Kept::default();
        }
    }

    fn fail(&self, error: &Error, now: Timestamp, pause: SignedDuration, version: FileVersion) {
        self.kept().failure = Some(Failure {
            error: error.copy(),
            until: now.saturating_add(pause).unwrap_or(now),
            version,
        });
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is one assignment, so a panic elsewhere leaves nothing half-changed.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn present(&self, now: Timestamp, version: FileVersion) -> Present {
        let Some(kept) = self.token.as_ref().filter(|it| now < it.expires_at) else {
            return Present::None;
        };
        let bearer = Bearer {
            token: kept.token.clone(),
            is_fresh: false,
        };
        if now < kept.renew_at && kept.version == version {
            Present::Current(bearer)
        } else {
            Present::Ageing(bearer)
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

    const FILE: FileVersion = FileVersion::of_test(1);

    fn failure() -> Error {
        let kind = ErrorKind::Retry { after: None };
        own(kind, "request a token", "Unanswered", String::new())
    }

    #[test]
    fn callers_that_waited_for_a_request_share_its_failure() {
        let cache = BearerCache::new(SignedDuration::ZERO);
        let (start, later) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(9));
        let (answer, answered) = tokio::sync::oneshot::channel::<()>();
        let mut first = pin!(cache.bearer(start, FILE, async {
            answered.await.expect("answered");
            Err(failure())
        }));
        let unasked = async { panic!("one request for all that wait") };
        let mut second = pin!(cache.bearer(start + later, FILE, unasked));
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
        let end = pin!(cache.bearer(start + later, FILE, token)).poll(&mut context);
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
            let Poll::Ready(end) = pin!(cache.bearer(at, FILE, request)).poll(&mut context) else {
                panic!("nothing to wait for");
            };
            assert_eq!(end.is_err(), fails, "{at}");
        }
    }

    fn ready<T>(future: impl Future<Output = T>) -> T {
        let mut context = Context::from_waker(Waker::noop());
        match pin!(future).poll(&mut context) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("nothing to wait for"),
        }
    }

    fn issued(token: &str) -> impl Future<Output = Result<(Secret, SignedDuration), Error>> {
        let token = Secret::new(token.to_owned());
        std::future::ready(Ok((token, SignedDuration::from_mins(60))))
    }

    #[test]
    fn a_token_that_cannot_be_renewed_is_used_until_it_ends() {
        let cache = BearerCache::new(SignedDuration::from_mins(5));
        let at = |minutes| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let token = |minutes, request: bool| {
            let end = ready(cache.bearer(at(minutes), FILE, async {
                assert!(request, "a request at {minutes} minutes");
                Err(failure())
            }));
            end.map(|bearer| bearer.token)
        };
        let first = ready(cache.bearer(at(0), FILE, issued("t1"))).expect("issued");
        assert!(first.is_fresh);
        assert_eq!(token(54, false).expect("valid"), first.token);
        assert_eq!(token(56, true).expect("still valid"), first.token);
        // The failure is remembered.
        assert_eq!(token(56, false).expect("still valid"), first.token);
        assert_eq!(token(59, true).expect("still valid"), first.token);
        assert!(token(60, true).is_err(), "it has ended");
    }

    #[test]
    fn a_changed_file_renews_the_token_and_a_bad_one_fails_no_call() {
        let cache = BearerCache::new(SignedDuration::from_mins(5));
        let now = Timestamp::UNIX_EPOCH;
        let [bad, good] = [2, 3].map(FileVersion::of_test);
        ready(cache.bearer(now, FILE, issued("t1"))).expect("issued");
        let end = ready(cache.bearer(now, bad, async { Err(failure()) })).expect("valid");
        assert_eq!(end.token.expose(), "t1");
        // Another change is tried although the failure is remembered.
        let end = ready(cache.bearer(now, good, issued("t2"))).expect("issued");
        assert_eq!(end.token.expose(), "t2");
    }

    #[test]
    fn callers_with_a_valid_token_do_not_wait_for_its_renewal() {
        let cache = BearerCache::new(SignedDuration::from_mins(5));
        let (start, later) = (Timestamp::UNIX_EPOCH, SignedDuration::from_mins(56));
        ready(cache.bearer(start, FILE, issued("t1"))).expect("issued");
        let mut renewal = pin!(cache.bearer(start + later, FILE, std::future::pending()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(renewal.as_mut().poll(&mut context).is_pending());
        let end = ready(cache.bearer(start + later, FILE, issued("t2"))).expect("valid");
        assert_eq!(end.token.expose(), "t1");
    }

    #[test]
    fn a_rejected_token_is_requested_again_despite_a_failed_renewal() {
        let cache = BearerCache::new(SignedDuration::from_mins(5));
        let (start, later) = (Timestamp::UNIX_EPOCH, SignedDuration::from_mins(56));
        let first = ready(cache.bearer(start, FILE, issued("t1"))).expect("issued");
        ready(cache.bearer(start + later, FILE, async { Err(failure()) })).expect("valid");
        cache.reject(&first);
        let end = ready(cache.bearer(start + later, FILE, issued("t2"))).expect("issued");
        assert_eq!(end.token.expose(), "t2");
    }
}
