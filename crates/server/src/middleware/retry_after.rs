//! Time after which a client repeats a request that was refused for now.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;

use crate::api::error::RETRY_SECONDS;

/// Seconds after which a request is repeated that was one too many.
const TOO_MANY_SECONDS: &str = "1";

/// Adds the time to a 503 or 429 that names none: pages of the console pass a refusal of the API on
/// without its headers.
pub(super) async fn name_time(mut response: Response) -> Response {
    let seconds = match response.status() {
        StatusCode::SERVICE_UNAVAILABLE => RETRY_SECONDS,
        StatusCode::TOO_MANY_REQUESTS => TOO_MANY_SECONDS,
        _ => return response,
    };
    let headers = response.headers_mut();
    let time = HeaderValue::from_static(seconds);
    headers.entry(RETRY_AFTER).or_insert(time);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_503_and_a_429_name_a_time_and_keep_their_own() {
        let answer = |status, time: Option<&'static str>| {
            let mut response = Response::new(axum::body::Body::empty());
            *response.status_mut() = status;
            if let Some(time) = time {
                let time = HeaderValue::from_static(time);
                response.headers_mut().insert(RETRY_AFTER, time);
            }
            response
        };
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        let named = name_time(answer(unavailable, None)).await;
        assert_eq!(named.headers()[RETRY_AFTER], RETRY_SECONDS);
        let kept = name_time(answer(unavailable, Some("1"))).await;
        assert_eq!(kept.headers()[RETRY_AFTER], "1");
        let many = name_time(answer(StatusCode::TOO_MANY_REQUESTS, None)).await;
        assert_eq!(many.headers()[RETRY_AFTER], TOO_MANY_SECONDS);
        let other = name_time(answer(StatusCode::OK, None)).await;
        assert!(!other.headers().contains_key(RETRY_AFTER));
    }
}
