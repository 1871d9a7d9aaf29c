//! Entry of the fuzz target about requests to the API; `docs/reference/hostile-input.md` describes it.

mod accounts;
mod answer;
mod installation;
mod objects;
mod request_lines;

use std::sync::{LazyLock, Mutex, PoisonError};

use self::installation::Installation;
use self::request_lines::request_lines;

static INSTALLATION: LazyLock<Mutex<Installation>> =
    LazyLock::new(|| Mutex::new(Installation::new()));

/// Sends requests to the API of an installation with a published service and its connections.
///
/// # Panics
/// An answer is a failure of the server, a refusal has another form or was stored, or what was stored
/// cannot be read.
pub fn api_requests(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let installation = INSTALLATION.lock().unwrap_or_else(PoisonError::into_inner);
    installation.send(request_lines(text));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn known_requests_break_no_rule() {
        replay("api_requests", api_requests);
    }
}
