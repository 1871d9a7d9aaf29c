//! Requests for access tokens.

use bytes::Bytes;
use http::{Method, Request, header};

use crate::error::{Error, ErrorKind, own};

/// The action of every request, as errors name it.
pub(super) const ACTION: &str = "request an access token";

/// A request to the metadata server.
pub(super) fn metadata_request(url: &str) -> Result<Request<Bytes>, Error> {
    Request::builder()
        .method(Method::GET)
        .uri(url)
        // Prevents token theft through a browser or proxy, which cannot set this header.
        .header("metadata-flavor", "Google")
        .body(Bytes::new())
        .map_err(|_malformed| malformed(url))
}

/// A request with a form (OAuth 2.0 token endpoint).
pub(super) fn form_request(url: &str, form: String) -> Result<Request<Bytes>, Error> {
    Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form))
        .map_err(|_malformed| malformed(url))
}

fn malformed(url: &str) -> Error {
    let message = format!("`{url}` is not a URL");
    let mut error = own(ErrorKind::Invalid, ACTION, "MalformedUrl", message);
    error.remedy = Some("Correct the account's token source".to_owned());
    error
}
