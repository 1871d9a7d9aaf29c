//! Calls to Compute Engine: one authenticated exchange each, parsed and classified.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::classify;
use super::resource::Resource;
use super::token::TokenSource;
use crate::answer::Answer;
use crate::bearer::Bearer;
use crate::clock_skew;
use crate::document;
use crate::error::{Error, ErrorKind, own, unanswered};
use crate::sign_in::SignIn;
use crate::transport::Transport;

/// The prefix of every path.
const PREFIX: &str = "compute/v1";

/// The page size: 500, the maximum (Compute Engine API, `maxResults`).
const PAGE: usize = 500;

/// The maximum of pages of one listing: 1,000, half a million entries.
const MAX_PAGES: usize = 1000;

/// One request.
struct Call<'a> {
    method: Method,
    path: &'a str,
    body: Option<&'a Value>,
    action: &'a str,
}

/// A client of Compute Engine with one account.
pub(super) struct Client {
    transport: Arc<dyn Transport>,
    tokens: TokenSource,
    /// The base URL, without a slash at its end.
    base_url: String,
}

impl Client {
    pub(super) fn new(base_url: &str, tokens: TokenSource, transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            tokens,
            base_url: base_url.trim_end_matches('/').to_owned(),
        }
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Reads a resource; `None` if it does not exist.
    pub(super) async fn get(
        &self,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<Option<Value>, Error> {
        self.get_path(&resource.path(), &format!("read {resource}"), now)
            .await
    }

    /// Reads the document at a path; `None` if there is none.
    pub(super) async fn get_path(
        &self,
        path: &str,
        action: &str,
        now: Timestamp,
    ) -> Result<Option<Value>, Error> {
        let answer = self.exchange(Method::GET, path, None, action, now).await?;
        if classify::says_absent(&answer) {
            return Ok(None);
        }
        accept(action, answer).map(Some)
    }

    /// Creates a resource; returns the operation.
    pub(super) async fn insert(
        &self,
        resource: &Resource,
        body: &Value,
        now: Timestamp,
    ) -> Result<Value, Error> {
        let action = format!("create {resource}");
        let path = resource.listing();
        let answer = self
            .exchange(Method::POST, &path, Some(body), &action, now)
            .await?;
        accept(&action, answer)
    }

    /// Changes members of a resource; returns the operation.
    pub(super) async fn patch(
        &self,
        resource: &Resource,
        body: &Value,
        now: Timestamp,
    ) -> Result<Value, Error> {
        let action = format!("update {resource}");
        let path = resource.path();
        let answer = self
            .exchange(Method::PATCH, &path, Some(body), &action, now)
            .await?;
        accept(&action, answer)
    }

    /// Calls a method of a resource; returns the operation.
    pub(super) async fn act(
        &self,
        resource: &Resource,
        verb: &str,
        body: &Value,
        now: Timestamp,
    ) -> Result<Value, Error> {
        let action = format!("{verb} of {resource}");
        let path = format!("{}/{verb}", resource.path());
        let answer = self
            .exchange(Method::POST, &path, Some(body), &action, now)
            .await?;
        accept(&action, answer)
    }

    /// Deletes a resource; returns the operation, or `None` if it does not exist.
    pub(super) async fn delete(
        &self,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<Option<Value>, Error> {
        let action = format!("delete {resource}");
        let answer = self
            .exchange(Method::DELETE, &resource.path(), None, &action, now)
            .await?;
        if classify::says_absent(&answer) {
            return Ok(None);
        }
        accept(&action, answer).map(Some)
    }

    /// Lists a collection, with an optional filter, page by page; returns each page's `items`.
    pub(super) async fn pages(
        &self,
        path: &str,
        filter: Option<&str>,
        action: &str,
        now: Timestamp,
    ) -> Result<Vec<Value>, Error> {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut pages = Vec::new();
        let mut token: Option<String> = None;
        for _page in 0..MAX_PAGES {
            let mut query = format!("{path}?maxResults={PAGE}");
            for (name, value) in [("filter", filter), ("pageToken", token.as_deref())] {
                if let Some(value) = value {
                    query = format!("{query}&{name}={}", escaped(value));
                }
            }
            let answer = self
                .exchange(Method::GET, &query, None, action, now)
                .await?;
            let mut answer = accept(action, answer)?;
            // Absence from a listing is a proof, so an answer without a list is not an empty list.
            if !document::text(&answer, "/kind").is_some_and(|kind| kind.ends_with("List")) {
                let message = "the answer is not a listing".to_owned();
                let kind = ErrorKind::Retry { after: None };
                return Err(own(kind, action, "UnreadableAnswer", message));
            }
            pages.extend(answer.get_mut("items").map(Value::take));
            token = document::text(&answer, "/nextPageToken")
                .filter(|token| !token.is_empty())
                .map(str::to_owned);
            if token.is_none() {
                return Ok(pages);
            }
        }
        let message = format!("the listing has more than {MAX_PAGES} pages");
        Err(own(ErrorKind::Invalid, action, "EndlessListing", message))
    }

    /// Signs in, whatever token is cached.
    pub(super) async fn sign_in(&self, now: Timestamp) -> Result<SignIn, Error> {
        let (token, answer) = self.tokens.sign_in(&*self.transport, now).await?;
        Ok(SignIn::new(&token, answer.as_ref(), now))
    }

    /// Performs a call. One that is refused because of its token had no effect, and is sent once
    /// more with a new token.
    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        action: &str,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let call = Call {
            method,
            path,
            body,
            action,
        };
        let mut bearer = self.tokens.bearer(&*self.transport, now).await?;
        let mut answer = self.send(&call, &bearer, now).await?;
        if answer.status == StatusCode::UNAUTHORIZED && !bearer.is_fresh {
            self.tokens.reject(&bearer);
            bearer = self.tokens.bearer(&*self.transport, now).await?;
            answer = self.send(&call, &bearer, now).await?;
        }
        if answer.status == StatusCode::UNAUTHORIZED {
            self.tokens.reject(&bearer);
            let mut error = classify::unauthorized(action, bearer.is_fresh, &answer);
            clock_skew::explain(&mut error, &answer, &self.base_url);
            return Err(error);
        }
        Ok(answer)
    }

    async fn send(
        &self,
        call: &Call<'_>,
        bearer: &Bearer,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let action = call.action;
        let request = self.request(call, bearer)?;
        let response = self
            .transport
            .send(request)
            .await
            .map_err(|source| unanswered(action, source))?;
        let answer = Answer::read(response, now).map_err(|it| classify::unreadable(action, &it))?;
        tracing::debug!(
            cloud = "google",
            http.method = %call.method,
            http.status = answer.status.as_u16(),
            "{action}"
        );
        Ok(answer)
    }

    fn request(&self, call: &Call<'_>, bearer: &Bearer) -> Result<Request<Bytes>, Error> {
        let Call {
            method,
            path,
            body,
            action,
        } = call;
        let malformed = |what: &str| {
            let message = format!("{what} cannot be sent in a request");
            let mut error = own(ErrorKind::Invalid, action, "MalformedRequest", message);
            error.remedy = Some("Check the account's base URL and project".to_owned());
            error
        };
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", bearer.token.expose()))
            .map_err(|_illegal| malformed("the access token"))?;
        authorization.set_sensitive(true);
        let url = format!("{}/{PREFIX}/{path}", self.base_url);
        let mut request = Request::builder()
            .method(method)
            .uri(&url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        request
            .body(body)
            .map_err(|_malformed| malformed(&format!("`{url}`")))
    }
}

fn accept(action: &str, answer: Answer) -> Result<Value, Error> {
    if !answer.status.is_success() {
        return Err(classify::refusal(action, &answer));
    }
    if !answer.body.is_object() {
        let status = answer.status;
        return Err(classify::unreadable(
            action,
            &crate::answer::Unreadable { status },
        ));
    }
    Ok(answer.body)
}
