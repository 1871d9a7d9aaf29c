//! The result of a sign-in.

use jiff::{SignedDuration, Timestamp};

use crate::answer::Answer;
use crate::clock_skew;
use crate::token_exchange::Token;

/// A successful sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    /// The end of the token's validity.
    pub expires_at: Timestamp,
    /// The difference between this machine's clock and the issuer's, if it is larger than
    /// [`LARGEST_CLOCK_SKEW`](crate::LARGEST_CLOCK_SKEW): positive if ours is ahead.
    pub clock_skew: Option<SignedDuration>,
}

impl SignIn {
    pub(crate) fn new((_, lifetime): &Token, answer: Option<&Answer>, now: Timestamp) -> Self {
        let skew = answer.and_then(Answer::clock_skew);
        Self {
            expires_at: now.saturating_add(*lifetime).unwrap_or(now),
            clock_skew: skew.filter(|skew| clock_skew::is_large(*skew)),
        }
    }
}
