//! Why a part does not move, as our own routes show it.

use serde::Serialize;
use underpass_model::part::Trouble;

use crate::api::wire_time::wire_time;

/// Trouble with a part. The message holds the provider's words, which are hostile text.
#[derive(Serialize)]
pub(super) struct TroubleView {
    code: String,
    message: String,
    remedy: Option<String>,
    attempts: u32,
    since: String,
    retry_at: String,
}

impl TroubleView {
    pub(super) fn new(trouble: &Trouble) -> Self {
        Self {
            code: trouble.code.clone(),
            message: trouble.message.clone(),
            remedy: trouble.remedy.clone(),
            attempts: trouble.attempts,
            since: wire_time(trouble.since),
            retry_at: wire_time(trouble.retry_at),
        }
    }
}
