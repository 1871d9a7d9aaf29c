//! A driver on an emulated cloud in memory: requests reach the model without sockets, in virtual time.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use underpass_clouds::{Cloud, Error, Report, SendError, Transport};
use underpass_emulators::CloudModel;
use underpass_model::cloud_target::CloudTarget;
use underpass_model::part::Part;
use underpass_model::reconcile::{Outcome, Step};

/// A request as both clouds' models need it.
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) if_match: Option<String>,
    pub(super) body: Option<Value>,
    /// The access token.
    pub(super) token: String,
}

/// Status, headers and body.
pub(super) type Answer = (u16, Vec<(String, String)>, Option<Value>);

/// A cloud's model, its random numbers and the time.
pub(super) struct Emulated<C> {
    inner: Mutex<(C, StdRng, Timestamp)>,
    /// Answers in place of the model's, by a part of the path.
    replaced: Mutex<Vec<(&'static str, u16, Value)>>,
    /// The cloud's clock, compared with ours; `None`: answers have no date.
    clock: Mutex<Option<SignedDuration>>,
    answer: fn(&mut C, Call, Timestamp, &mut StdRng) -> Answer,
}

impl<C: CloudModel> Emulated<C> {
    pub(super) fn new(
        cloud: C,
        answer: fn(&mut C, Call, Timestamp, &mut StdRng) -> Answer,
    ) -> Arc<Self> {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        Arc::new(Self {
            inner: Mutex::new((cloud, StdRng::seed_from_u64(1), now)),
            replaced: Mutex::default(),
            clock: Mutex::new(Some(SignedDuration::ZERO)),
            answer,
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.inner.lock().unwrap().2
    }

    /// Answers requests to a path by this document.
    pub(super) fn replace(&self, path: &'static str, status: u16, body: Value) {
        self.replaced.lock().unwrap().push((path, status, body));
    }

    /// Sets the difference of the cloud's clock.
    pub(super) fn set_clock(&self, difference: Option<SignedDuration>) {
        *self.clock.lock().unwrap() = difference;
    }

    /// Lets a minute pass: every operation ends.
    pub(super) fn wait(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.2 += SignedDuration::from_mins(1);
        let now = inner.2;
        inner.0.advance(now);
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut C)) {
        change(&mut self.inner.lock().unwrap().0);
    }

    /// A request of the owner or of a consumer, which must succeed, and the end of its operation.
    pub(super) fn made(&self, token: &str, method: &str, path: &str, body: Value) -> Value {
        let call = Call {
            method: method.to_owned(),
            path: path.to_owned(),
            query: vec![("api-version".to_owned(), "2024-05-01".to_owned())],
            if_match: None,
            body: (!body.is_null()).then_some(body),
            token: token.to_owned(),
        };
        let (status, _, body) = {
            let mut inner = self.inner.lock().unwrap();
            let (cloud, rng, now) = &mut *inner;
            (self.answer)(cloud, call, *now, rng)
        };
        assert!(status < 300, "{method} {path}: {status} {body:?}");
        self.wait();
        body.unwrap_or_default()
    }

    fn exchange(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let uri = request.uri();
        let pairs = uri.query().unwrap_or_default().split('&');
        let query = pairs.filter_map(|pair| pair.split_once('='));
        let header = |name: &str| {
            let value = request.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let body = request.body();
        let token = header("authorization").unwrap_or_default();
        let call = Call {
            method: request.method().to_string(),
            path: decoded(uri.path()),
            query: query.map(|(k, v)| (decoded(k), decoded(v))).collect(),
            if_match: header("if-match"),
            body: (!body.is_empty()).then(|| serde_json::from_slice(body).unwrap()),
            token: token.trim_start_matches("Bearer ").to_owned(),
        };
        let mut inner = self.inner.lock().unwrap();
        let (cloud, rng, now) = &mut *inner;
        let path = call.path.clone();
        let (mut status, headers, mut body) = (self.answer)(cloud, call, *now, rng);
        let replaced = self.replaced.lock().unwrap();
        if let Some((_, code, document)) = replaced.iter().find(|(it, ..)| path.contains(it)) {
            (status, body) = (*code, Some(document.clone()));
        }
        let mut response = Response::builder().status(status);
        if let Some(difference) = *self.clock.lock().unwrap() {
            let date = (*now + difference).to_zoned(jiff::tz::TimeZone::UTC);
            let date = jiff::fmt::rfc2822::to_string(&date).unwrap();
            response = response.header("date", date.replace("+0000", "GMT"));
        }
        for (name, value) in headers {
            response = response.header(name, value);
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        response.body(Bytes::from(body)).unwrap()
    }
}

#[async_trait]
impl<C: CloudModel> Transport for Emulated<C> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path().ends_with("/token") {
            let token = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"account"}"#;
            return Ok(Response::new(Bytes::from_static(token.as_bytes())));
        }
        Ok(self.exchange(&request))
    }
}

/// Runs a future that never waits.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the driver waited"),
    }
}

/// The driver at work for one account.
pub(super) struct Account<'a, C> {
    pub(super) emulated: &'a Emulated<C>,
    pub(super) driver: &'a dyn Cloud,
}

impl<C: CloudModel> Account<'_, C> {
    /// Performs a step until it ends.
    pub(super) fn perform(&self, target: &CloudTarget, step: &Step) -> Result<Report, Error> {
        let part = part_of(step);
        let mut report = run(self.driver.perform(target, step, self.emulated.now()))?;
        while let Outcome::Making {
            operation, kind, ..
        } = &report.outcome
        {
            self.emulated.wait();
            let step = match operation {
                Some(operation) => Step::Poll {
                    part: part.clone(),
                    operation: operation.clone(),
                    kind: *kind,
                },
                None => Step::Read(part.clone()),
            };
            report = run(self.driver.perform(target, &step, self.emulated.now()))?;
        }
        Ok(report)
    }
}

fn part_of(step: &Step) -> Part {
    match step {
        Step::Read(part)
        | Step::Survey(part)
        | Step::Delete(part)
        | Step::Put { part, .. }
        | Step::Poll { part, .. } => part.clone(),
    }
}

/// A failed call of a flow.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Failed {
    /// A listing that left something out.
    pub(super) fn of_listing(message: String) -> Self {
        Self {
            code: String::new(),
            message,
            remedy: "underpass account check".to_owned(),
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            code: error.code,
            message: error.message,
            remedy: error.remedy.unwrap_or_default(),
        }
    }
}
