//! Calls of the API within the process.

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt as _;
use underpass_model::credentials::Secret;
use underpass_web::live::RequestKind;

/// The API of this process.
#[derive(Clone)]
pub(crate) struct Api {
    router: Router,
}

/// The API, as one visitor.
#[derive(Clone)]
pub(crate) struct Caller {
    api: Api,
    token: Secret,
    kind: RequestKind,
}

/// Why the API did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Refused {
    /// What kind of refusal.
    pub(crate) status: StatusCode,
    /// In words for the visitor.
    pub(crate) message: String,
    /// Which rule; it has a page in the documentation.
    pub(crate) code: Option<String>,
}

// === impl Api ===

impl Api {
    pub(crate) fn new(router: Router) -> Self {
        Self { router }
    }

    /// The API as whoever holds a token.
    pub(crate) fn of(&self, token: Secret, kind: RequestKind) -> Caller {
        Caller {
            api: self.clone(),
            token,
            kind,
        }
    }
}

// === impl Caller ===

impl Caller {
    /// Reads something; `path` as [`path`] makes it, with a query if need be.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        read(self.send(Method::GET, path, None).await?)
    }

    /// The same for something that may not be there.
    pub(crate) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Refused> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(refused) if refused.status == StatusCode::NOT_FOUND => Ok(None),
            Err(refused) => Err(refused),
        }
    }

    /// Changes something.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refused> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))
            .map_err(|_| Refused::ours("name the caller"))?;
        bearer.set_sensitive(true);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, bearer)
            .header(CONTENT_TYPE, "application/json");
        if self.kind == RequestKind::AutoRefresh {
            request = request.header(RequestKind::HEADER, "1");
        }
        let request = request
            .body(Body::from(text))
            .map_err(|_| Refused::ours("write a request"))?;
        let Ok(response) = self.api.router.clone().oneshot(request).await;
        let status = response.status();
        let bytes = response
            .into_body()
            .collect()
            .await
            .map_err(|_| Refused::ours("read an answer"))?
            .to_bytes();
        let answer = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            Ok(answer)
        } else {
            Err(Refused::new(status, &answer))
        }
    }
}

/// What an answer of [`Caller::send`] says.
pub(crate) fn read<T: DeserializeOwned>(answer: Value) -> Result<T, Refused> {
    serde_json::from_value(answer).map_err(|error| {
        tracing::error!(%error, "read an answer of our own API");
        Refused::ours("read an answer of the API")
    })
}

// === impl Refused ===

impl Refused {
    fn new(status: StatusCode, answer: &Value) -> Self {
        let text = |pointer| {
            answer
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        Self {
            status,
            message: text("/message").unwrap_or_else(|| format!("The API answered {status}")),
            code: text("/errors/0/error_code"),
        }
    }

    /// Whether this rule refused it.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// What should not happen did.
    pub(crate) fn ours(doing: &str) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: format!(
                "The console could not {doing}; the log of the control plane says why"
            ),
            code: None,
        }
    }
}
