//! Access tokens, cached until shortly before their expiry.

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

/// The cache of the last token.
pub(crate) struct BearerCache {
    /// The time before expiry at which a token is renewed, so that it does not expire in flight.
    renew_before: SignedDuration,
    /// Locked while a token is requested: concurrent callers wait for that request, 30 s at most,
    /// instead of sending their own.
    kept: tokio::sync::Mutex<Option<Kept>>,
}

struct Kept {
    token: Secret,
    renew_at: Timestamp,
}

impl BearerCache {
    /// Creates a cache that renews tokens this long before their expiry.
    pub(crate) fn new(renew_before: SignedDuration) -> Self {
        Self {
            renew_before,
            kept: tokio::sync::Mutex::new(None),
        }
    }

    /// Returns a valid token; `request` gets a new one with its lifetime.
    pub(crate) async fn bearer(
        &self,
        now: Timestamp,
        request: impl Future<Output = Result<(Secret, SignedDuration), Error>> + Send,
    ) -> Result<Bearer, Error> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = &*kept
            && now < kept.renew_at
        {
            return Ok(Bearer {
                token: kept.token.clone(),
                is_fresh: false,
            });
        }
        let (token, lifetime) = request.await?;
        let usable = lifetime - self.renew_before;
        let renew_at = now.saturating_add(usable).unwrap_or(now);
        *kept = Some(Kept {
            token: token.clone(),
            renew_at,
        });
        Ok(Bearer {
            token,
            is_fresh: true,
        })
    }

    /// Drops a rejected token, unless another one was requested in between.
    pub(crate) async fn reject(&self, bearer: &Bearer) {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|kept| kept.token == bearer.token) {
            *kept = None;
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
