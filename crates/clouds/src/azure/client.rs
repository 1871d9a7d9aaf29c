//! Calls to the resource manager: one authenticated exchange each, parsed and classified.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;
use underpass_model::credentials::Secret;

use super::action::{Action, delete, joins, poll, read, write};
use super::classify::{self, Attempt};
use super::resource::Resource;
use super::token::TokenSource;
use crate::answer::Answer;
use crate::bearer::Bearer;
use crate::clock_skew;
use crate::error::{Error, ErrorKind};
use crate::origin::origin;
use crate::sign_in::SignIn;
use crate::transport::Transport;

/// The maximum of pages of one listing: 1,000. A page has tens to hundreds of entries, and the
/// largest listing, interfaces of a region, has 65,536 (Azure's limit per subscription).
const MAX_PAGES: usize = 1000;

/// A client of one resource manager with one service principal.
pub(super) struct Client {
    transport: Arc<dyn Transport>,
    tokens: TokenSource,
    /// The base URL, without a slash at its end.
    base_url: String,
}

/// One request.
struct Call<'a> {
    method: Method,
    url: &'a str,
    body: Option<&'a Value>,
    if_match: Option<&'a str>,
    action: &'a str,
    /// The action that the account needs for it.
    needs: Action,
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
    ) -> Result<Option<Answer>, Error> {
        let action = format!("read {resource}");
        let url = format!("{}{}", self.base_url, resource.path());
        let needs = read(resource.kind());
        let answer = self.exchange(Call::get(&url, &action, needs), now).await?;
        if classify::says_absent(&answer) {
            return Ok(None);
        }
        self.accept(&action, Attempt::Read, answer).map(Some)
    }

    /// Writes a resource: over exactly the tagged state if a tag is given, otherwise
    /// unconditionally, because no header that only creates is known to be honoured
    /// ([`super`]).
    pub(super) async fn put(
        &self,
        resource: &Resource,
        body: &Value,
        if_match: Option<&str>,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let verb = if if_match.is_some() {
            "update"
        } else {
            "create"
        };
        let action = format!("{verb} {resource}");
        let url = format!("{}{}", self.base_url, resource.path());
        let call = Call {
            if_match,
            ..Call::put(&url, body, &action, write(resource.kind()))
        };
        let answer = self.exchange(call, now).await?;
        let accepted = self.accept(&action, Attempt::Write, answer);
        accepted.map_err(|error| name_actions(error, resource))
    }

    /// Writes a decision into an existing resource; `None` if it does not exist.
    pub(super) async fn decide(
        &self,
        resource: &Resource,
        body: &Value,
        now: Timestamp,
    ) -> Result<Option<Answer>, Error> {
        let action = format!("decide on {resource}");
        let url = format!("{}{}", self.base_url, resource.path());
        let call = Call::put(&url, body, &action, write(resource.kind()));
        let answer = self.exchange(call, now).await?;
        if classify::says_absent(&answer) {
            return Ok(None);
        }
        self.accept(&action, Attempt::Write, answer).map(Some)
    }

    /// Deletes a resource; `None` if it does not exist.
    pub(super) async fn delete(
        &self,
        resource: &Resource,
        now: Timestamp,
    ) -> Result<Option<Answer>, Error> {
        let action = format!("delete {resource}");
        let Some(needs) = delete(resource.kind()) else {
            let message = "Underpass never deletes a resource of this kind".to_owned();
            let kind = ErrorKind::Invalid;
            return Err(classify::own(kind, &action, "NeverDeleted", message));
        };
        let url = format!("{}{}", self.base_url, resource.path());
        let call = Call {
            method: Method::DELETE,
            ..Call::get(&url, &action, needs)
        };
        let answer = self.exchange(call, now).await?;
        if classify::says_absent(&answer) {
            return Ok(None);
        }
        if answer.status.is_success() {
            return Ok(Some(answer));
        }
        Err(classify::refusal(&action, Attempt::Remove, &answer))
    }

    /// Asks for the health of a rule of a load balancer. The answer may have any success status.
    pub(super) async fn ask_health(
        &self,
        balancer: &Resource,
        rule: &str,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let action = format!("read the health of rule `{rule}` of {balancer}");
        let url = format!(
            "{}{}",
            self.base_url,
            balancer.path_below(&["loadBalancingRules", rule, "health"])
        );
        let call = Call {
            method: Method::POST,
            ..Call::get(&url, &action, Action::ReadHealth)
        };
        let answer = self.exchange(call, now).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(classify::refusal(&action, Attempt::Read, &answer))
    }

    /// Lists everything at a path, page by page; `None` if its container does not exist.
    pub(super) async fn list(
        &self,
        path: &str,
        action: &str,
        needs: Action,
        now: Timestamp,
    ) -> Result<Option<Vec<Value>>, Error> {
        let mut url = format!("{}{path}", self.base_url);
        let mut all = Vec::new();
        for _page in 0..MAX_PAGES {
            let answer = self.exchange(Call::get(&url, action, needs), now).await?;
            if classify::says_absent(&answer) {
                return Ok(None);
            }
            let mut answer = self.accept(action, Attempt::Read, answer)?;
            // Absence from a listing is a proof, so an answer without a list is not an empty list.
            let Some(Value::Array(page)) = answer.body.get_mut("value").map(Value::take) else {
                let message = "the answer is not a listing".to_owned();
                let kind = ErrorKind::Retry { after: None };
                return Err(classify::own(kind, action, "UnreadableAnswer", message));
            };
            all.extend(page);
            match answer.body.get("nextLink").and_then(Value::as_str) {
                Some(next) if !next.is_empty() => {
                    url = self.own_url(next).ok_or_else(|| foreign(action, next))?;
                }
                Some(_) | None => return Ok(Some(all)),
            }
        }
        let message = format!("the listing has more than {MAX_PAGES} pages");
        Err(classify::own(
            ErrorKind::Invalid,
            action,
            "EndlessListing",
            message,
        ))
    }

    /// Polls a URL returned by the provider, unchanged. The answer may have any success status, or
    /// 404.
    pub(super) async fn ask(
        &self,
        url: &str,
        action: &str,
        now: Timestamp,
    ) -> Result<Answer, Error> {
        let url = self.own_url(url).ok_or_else(|| foreign(action, url))?;
        let needs = poll(&url);
        let answer = self.exchange(Call::get(&url, action, needs), now).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_FOUND {
            return Ok(answer);
        }
        Err(classify::refusal(action, Attempt::Read, &answer))
    }

    /// Returns a URL returned by the provider if it is on the configured resource manager: the
    /// token must not be sent elsewhere.
    pub(super) fn own_url(&self, url: &str) -> Option<String> {
        let url = if url.starts_with('/') && !url.starts_with("//") {
            format!("{}{url}", self.base_url)
        } else {
            url.to_owned()
        };
        let origin = origin(&url)?;
        (Some(origin) == crate::origin::origin(&self.base_url)).then_some(url)
    }

    fn accept(&self, action: &str, attempt: Attempt, answer: Answer) -> Result<Answer, Error> {
        if !answer.status.is_success() {
            return Err(classify::refusal(action, attempt, &answer));
        }
        if !answer.body.is_object() {
            let base_url = &self.base_url;
            let message = format!("{base_url} answered with a document that is not a resource");
            return Err(classify::own(
                ErrorKind::InDoubt,
                action,
                "UnreadableAnswer",
                message,
            ));
        }
        Ok(answer)
    }

    /// Reads a document at a path that is not of a resource; returns also the answer, if there is one.
    pub(super) async fn document(
        &self,
        path: &str,
        action: &str,
        needs: Action,
        now: Timestamp,
    ) -> (Option<Answer>, Result<Value, Error>) {
        let url = format!("{}{path}", self.base_url);
        match self.exchange(Call::get(&url, action, needs), now).await {
            Ok(mut answer) if answer.status.is_success() && answer.body.is_object() => {
                let document = answer.body.take();
                (Some(answer), Ok(document))
            }
            Ok(answer) if answer.status.is_success() => {
                let message = "the answer is not a document".to_owned();
                let kind = ErrorKind::Retry { after: None };
                let error = classify::own(kind, action, "UnreadableAnswer", message);
                (Some(answer), Err(error))
            }
            Ok(answer) => {
                let error = classify::refusal(action, Attempt::Read, &answer);
                (Some(answer), Err(error))
            }
            Err(error) => (None, Err(error)),
        }
    }

    /// Requests a new token, and returns it with what it says of the sign-in.
    pub(super) async fn token(&self, now: Timestamp) -> Result<(Secret, SignIn), Error> {
        let (token, answer) = self.tokens.sign_in(&*self.transport, now).await?;
        let sign_in = SignIn::new(&token, Some(&answer), now);
        Ok((token.0, sign_in))
    }

    /// Signs in, whatever token is cached.
    pub(super) async fn sign_in(&self, now: Timestamp) -> Result<SignIn, Error> {
        let (token, answer) = self.tokens.sign_in(&*self.transport, now).await?;
        Ok(SignIn::new(&token, Some(&answer), now))
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
        let request = call.request(bearer)?;
        let response = self
            .transport
            .send(request)
            .await
            .map_err(|source| classify::unanswered(action, source))?;
        let answer = Answer::read(response, now).map_err(|it| classify::unreadable(action, &it))?;
        tracing::debug!(
            cloud = "azure",
            http.method = %call.method,
            http.status = answer.status.as_u16(),
            azure.request_id = classify::request_id(&answer),
            azure.action = call.needs.name(),
            "{action}"
        );
        Ok(answer)
    }
}

// === impl Call ===

impl<'a> Call<'a> {
    const fn get(url: &'a str, action: &'a str, needs: Action) -> Self {
        Self {
            method: Method::GET,
            url,
            body: None,
            if_match: None,
            action,
            needs,
        }
    }

    const fn put(url: &'a str, body: &'a Value, action: &'a str, needs: Action) -> Self {
        Self {
            method: Method::PUT,
            url,
            body: Some(body),
            if_match: None,
            action,
            needs,
        }
    }

    fn request(&self, bearer: &Bearer) -> Result<Request<Bytes>, Error> {
        let malformed = |what: &str| {
            let message = format!("{what} cannot be sent in a request");
            let mut error =
                classify::own(ErrorKind::Invalid, self.action, "MalformedRequest", message);
            error.remedy = Some("Check the account's base URL and subscription".to_owned());
            error
        };
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", bearer.token.expose()))
            .map_err(|_illegal| malformed("the access token"))?;
        authorization.set_sensitive(true);
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(self.url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json");
        if let Some(tag) = self.if_match {
            request = request.header(header::IF_MATCH, tag);
        }
        let body = match self.body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        request
            .body(body)
            .map_err(|_malformed| malformed(&format!("`{}`", self.url)))
    }
}

/// Names the actions that a refused write needs.
fn name_actions(mut error: Error, resource: &Resource) -> Error {
    if error.code == "LinkedAuthorizationFailed" || error.code == "AuthorizationFailed" {
        let joins = joins(resource.kind()).iter();
        let needed: Vec<_> = std::iter::once(&write(resource.kind()))
            .chain(joins)
            .map(|it| it.name())
            .collect();
        let remedy = error.remedy.take().unwrap_or_default();
        error.remedy = Some(format!("{remedy}. It needs {}", needed.join(", ")));
    }
    error
}

fn foreign(action: &str, url: &str) -> Error {
    let message = match origin(url) {
        Some((scheme, host, port)) => format!(
            "the answer refers to {scheme}://{host}:{port}, which is not the configured resource \
             manager. The access token is not sent there"
        ),
        None => {
            "the answer refers to an address that is not a URL of the resource manager".to_owned()
        }
    };
    let mut error = classify::own(ErrorKind::Invalid, action, "UnexpectedAddress", message);
    let remedy = "Configure the account's base URL as the resource manager prints it, and prevent \
                  proxies from rewriting answers";
    error.remedy = Some(remedy.to_owned());
    error
}
