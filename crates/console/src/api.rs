//! Calls of the API within the process.

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt as _;
use underpass_model::credentials::Secret;
use underpass_web::live::RequestKind;

use crate::api_error::ApiError;

/// The API of this process.
#[derive(Clone)]
pub(crate) struct Api {
    router: Router,
}

/// The API, called with the token of one session.
#[derive(Clone)]
pub(crate) struct ApiClient {
    api: Api,
    token: Secret,
    kind: RequestKind,
}

// === impl Api ===

impl Api {
    pub(crate) fn new(router: Router) -> Self {
        Self { router }
    }

    /// Reads a document that requires no token.
    ///
    /// # Errors
    /// If the API refuses the request, or the answer cannot be transmitted.
    pub(crate) async fn document(&self, path: &'static str) -> Result<Value, ApiError> {
        let request = Request::builder()
            .uri(path)
            .body(Body::empty())
            .map_err(|_| ApiError::internal("write a request to the API"))?;
        let Ok(response) = self.router.clone().oneshot(request).await;
        accepted(response).await
    }

    /// A client that sends a token.
    pub(crate) fn client(&self, token: Secret, kind: RequestKind) -> ApiClient {
        ApiClient {
            api: self.clone(),
            token,
            kind,
        }
    }
}

// === impl ApiClient ===

impl ApiClient {
    /// Sends a GET request; the path may have a query.
    ///
    /// # Errors
    /// If the API refuses the request, or its answer does not have the form of `T`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        read(self.send(Method::GET, path, None).await?)
    }

    /// Sends a GET request for an object that may not exist.
    ///
    /// # Errors
    /// If the API refuses the request for another reason than 404, or its answer does not have the form
    /// of `T`.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<Option<T>, ApiError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(refused) if refused.status == StatusCode::NOT_FOUND => Ok(None),
            Err(refused) => Err(refused),
        }
    }

    /// Sends a request whose answer is no JSON, and passes the answer on in pieces.
    ///
    /// # Errors
    /// If the API refuses the request, or the request or the answer cannot be transmitted.
    pub(crate) async fn stream(&self, method: Method, path: &str) -> Result<Response, ApiError> {
        let response = self.call(method, path, None).await?;
        let status = response.status();
        if status.is_success() {
            Ok(response)
        } else {
            Err(ApiError::new(status, &json(response).await?))
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// If the API refuses the request, or the request or the answer cannot be transmitted.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let response = self.call(method, path, body).await?;
        accepted(response).await
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, ApiError> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token.expose()))
            .map_err(|_| ApiError::internal("send the token of the session"))?;
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
            .map_err(|_| ApiError::internal("write a request to the API"))?;
        let Ok(response) = self.api.router.clone().oneshot(request).await;
        Ok(response)
    }
}

/// Reads the body of an accepted request; a refused one is an error.
async fn accepted(response: Response) -> Result<Value, ApiError> {
    let status = response.status();
    let answer = json(response).await?;
    if status.is_success() {
        Ok(answer)
    } else {
        Err(ApiError::new(status, &answer))
    }
}

/// Reads the body of an answer; null if it is no JSON.
async fn json(response: Response) -> Result<Value, ApiError> {
    let body = response.into_body().collect().await;
    let bytes = body
        .map_err(|_| ApiError::internal("read an answer of the API"))?
        .to_bytes();
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Reads an answer of [`ApiClient::send`].
///
/// # Errors
/// If the answer does not have the form of `T`.
pub(crate) fn read<T: DeserializeOwned>(answer: Value) -> Result<T, ApiError> {
    serde_json::from_value(answer).map_err(|error| {
        tracing::error!(%error, "failed to read an answer of our own API");
        ApiError::internal("read an answer of the API")
    })
}
