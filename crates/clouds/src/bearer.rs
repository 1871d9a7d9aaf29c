//! Access tokens, kept until shortly before they end.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::error::Error;

/// A token to call with.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) token: Secret,
    /// Whether it was requested for this very call.
    pub(crate) is_fresh: bool,
}

/// The last token.
pub(crate) struct BearerCache {
    /// A token is given up this long before it ends, so that it does not end on the way.
    renew_before: SignedDuration,
    /// Locked while a token is requested, on purpose: whoever needs one meanwhile waits for it
    /// instead of requesting another. One request lasts 30 s at most.
    kept: tokio::sync::Mutex<Option<Kept>>,
}

struct Kept {
    token: Secret,
    renew_at: Timestamp,
}

impl BearerCache {
    /// A cache that gives a token up so long before it ends.
    pub(crate) fn new(renew_before: SignedDuration) -> Self {
        Self {
            renew_before,
            kept: tokio::sync::Mutex::new(None),
        }
    }

    /// The token to use now; `request` gets one and its lifetime.
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

    /// Forgets a token that was turned away, unless another was requested meanwhile.
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
    // Longer than a day is none of the issuers' lifetimes; the cap keeps arithmetic in range.
    Some(SignedDuration::from_secs(
        i64::try_from(number).ok()?.min(86_400),
    ))
}
