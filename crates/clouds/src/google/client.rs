//! Calls to Compute Engine: one authenticated exchange each, parsed and classified.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::classify;
use super::permission::{self, Permission};
use super::resource::Resource;
use super::token::TokenSource;
use crate::answer::Answer;
use crate::bearer::Bearer;
use crate::clock_skew;
use crate::document;
use crate::error::{Error, ErrorKind, own, unanswered};
use crate::sign_in::SignIn;
use crate::transport::Transport;

/// The prefix of every path of Compute Engine.
pub(super) const COMPUTE: &str = "compute/v1";

/// The prefix of every path of the APIs that only the account check uses.
pub(super) const V1: &str = "v1";

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
    /// The permission that the account needs for it.
    needs: Permission,
}

/// A client of Compute Engine with one account.
pub(super) struct Client {
    transport: Arc<dyn Transport>,
    tokens: Arc<TokenSource>,
    /// The base URL, without a slash at its end.
    base_url: String,
    /// The prefix of every path.
    prefix: &'static str,
}

impl Client {
    pub(super) fn new(
        base_url: &str,
        prefix: &'static str,
        tokens: Arc<TokenSource>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self {
            prefix,
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
        let needs = permission::of(resource.kind()).get;
        let action = format!("read {resource}");
        self.get_path(&resource.path(), &action, needs, now).await
    }

    /// Reads the document at a path; `None` if there is none.
    pub(super) async fn get_path(
        &self,
        path: &str,
        action: &str,
        needs: Permission,
        now: Timestamp,
    ) -> Result<Option<Value>, Error> {
        let call = Call::get(path, action, needs);
        let answer = self.exchange(call, now).await?;
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
        let call = Call {
            method: Method::POST,
            body: Some(body),
            ..Call::get(&path, &action, permission::of(resource.kind()).create)
        };
        let needs = call.needs;
        let answer = self.exchange(call, now).await?;
        accept(&action, answer).map_err(|error| name_permissions(error, needs, resource))
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
        let Some(needs) = permission::of(resource.kind()).update else {
            let message = "Underpass never changes a resource of this kind".to_owned();
            return Err(own(ErrorKind::Invalid, &action, "NeverChanged", message));
        };
        let call = Call {
            method: Method::PATCH,
            body: Some(body),
            ..Call::get(&path, &action, needs)
        };
        let answer = self.exchange(call, now).await?;
        accept(&action, answer)
    }

    /// Calls a method of a resource; returns the operation.
    pub(super) async fn act(
        &self,
        resource: &Resource,
        verb: &str,
        needs: Permission,
        body: &Value,
        now: Timestamp,
    ) -> Result<Value, Error> {
        let action = format!("{verb} of {resource}");
        let path = format!("{}/{verb}", resource.path());
        let call = Call {
            method: Method::POST,
            body: Some(body),
            ..Call::get(&path, &action, needs)
        };
        let answer = self.exchange(call, now).await?;
        accept(&action, answer)
    }

    /// Deletes a resource; returns the operation, or `None` if it does not exist.
    pub(super) async fn delete(
        &self,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<Option<Value>, Error> {
        let action = format!("delete {resource}");
        let path = resource.path();
        let call = Call {
            method: Method::DELETE,
            ..Call::get(&path, &action, permission::of(resource.kind()).delete)
        };
        let answer = self.exchange(call, now).await?;
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
        needs: Permission,
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
            let call = Call::get(&query, action, needs);
            let answer = self.exchange(call, now).await?;
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

    /// Reads a document by GET, or by POST with a body; returns also the answer, if there is one.
    pub(super) async fn document(
        &self,
        path: &str,
        body: Option<&Value>,
        action: &str,
        needs: Permission,
        now: Timestamp,
    ) -> (Option<Answer>, Result<Value, Error>) {
        let method = if body.is_some() {
            Method::POST
        } else {
            Method::GET
        };
        let call = Call {
            method,
            body,
            ..Call::get(path, action, needs)
        };
        match self.exchange(call, now).await {
            Ok(mut answer) if answer.status.is_success() && answer.body.is_object() => {
                let document = answer.body.take();
                (Some(answer), Ok(document))
            }
            Ok(answer) if answer.status.is_success() => {
                let message = "the answer is not a document".to_owned();
                let kind = ErrorKind::Retry { after: None };
                let error = own(kind, action, "UnreadableAnswer", message);
                (Some(answer), Err(error))
            }
            Ok(answer) => {
                let error = classify::refusal(action, &answer);
                (Some(answer), Err(error))
            }
            Err(error) => (None, Err(error)),
        }
    }

    /// Signs in, whatever token is cached.
    pub(super) async fn sign_in(&self, now: Timestamp) -> Result<SignIn, Error> {
        let (token, answer) = self.tokens.sign_in(&*self.transport, now).await?;
        Ok(SignIn::new(&token, answer.as_ref(), now))
    }

    /// Performs a call. One that is refused because of its token had no effect, and is sent once
    /// more with a new token.
    async fn exchange(&self, call: Call<'_>, now: Timestamp) -> Result<Answer, Error> {
        let action = call.action;
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
            google.permission = call.needs.name(),
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
            needs: _,
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
        let url = format!("{}/{}/{path}", self.base_url, self.prefix);
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

/// Names the permissions that a refused write needs.
fn name_permissions(mut error: Error, needs: Permission, resource: &Resource) -> Error {
    if error.kind == ErrorKind::Denied && error.code == "forbidden" {
        let uses = permission::uses(resource.kind()).iter();
        let needed: Vec<_> = std::iter::once(&needs)
            .chain(uses)
            .map(|it| it.name())
            .collect();
        let remedy = error.remedy.take().unwrap_or_default();
        error.remedy = Some(format!("{remedy}. It needs {}", needed.join(", ")));
    }
    error
}

impl<'a> Call<'a> {
    const fn get(path: &'a str, action: &'a str, needs: Permission) -> Self {
        Self {
            method: Method::GET,
            path,
            body: None,
            action,
            needs,
        }
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
