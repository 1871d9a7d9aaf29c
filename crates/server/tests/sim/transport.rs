//! Transport between driver and model, with faults.

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::SignedDuration;
use rand::RngExt as _;
use serde_json::Value;
use underpass_clouds::{SendError, Transport};
use underpass_server::reconcile::{Engine, LEASE, reconcile_pass};
use underpass_store::Room;

use crate::cloud::{Cloud, CloudCaller, CloudRequest, CloudResponse, FaultResponse};
use crate::environment::{EffectFault, Environment, SharedEnvironment};
use crate::executor::{crash, run};
use crate::false_answer;

/// Fault of one call.
#[derive(Debug, Clone, Copy)]
enum CallFault {
    LostRequest,
    LostReply,
    Repeated,
    Refused(FaultResponse),
    OperationFault(usize),
}

/// The driver's transport.
pub(crate) struct FaultyTransport {
    pub(crate) cloud: &'static dyn Cloud,
    pub(crate) environment: SharedEnvironment,
    /// Injected mistake: alters the body of a request.
    pub(crate) mistake: Option<fn(&str, &mut Value)>,
    /// Another process, which takes over when this one stalls during a reconcile pass for longer than
    /// its lease.
    pub(crate) competing_worker: Option<Engine>,
}

impl FaultyTransport {
    /// Stalls this process at random before its request is sent, while another works: the request
    /// then arrives late.
    fn stall(&self) {
        let Some(competing_worker) = &self.competing_worker else {
            return;
        };
        let (now, lease_until) = {
            let mut environment = self.environment.lock().unwrap();
            if !environment.faults_enabled || !environment.fault_rng.random_ratio(1, 30) {
                return;
            }
            environment.note("    stalls; a competing worker takes over".to_owned());
            environment.advance(LEASE + SignedDuration::from_secs(1));
            // The competing worker meets no faults.
            environment.faults_enabled = false;
            (environment.now, environment.now.checked_add(LEASE).unwrap())
        };
        let claims =
            run(competing_worker
                .store
                .claim("competitor", now, lease_until, &Room::of(1)))
            .unwrap()
            .unwrap();
        for claim in claims {
            let end = run(reconcile_pass(competing_worker, &claim, lease_until))
                .unwrap()
                .unwrap();
            self.environment
                .lock()
                .unwrap()
                .note(format!("    pass of the competing worker: {end:?}"));
        }
        self.environment.lock().unwrap().faults_enabled = true;
    }

    fn call_fault(
        &self,
        environment: &mut Environment,
        request: &CloudRequest,
    ) -> Option<CallFault> {
        if !environment.faults_enabled || !environment.fault_rng.random_ratio(1, 6) {
            return None;
        }
        let is_write = request.method != "GET";
        let fault_responses = self.cloud.fault_responses(is_write);
        let kinds = 4 + fault_responses.len() + self.cloud.operation_fault_count(is_write);
        let kinds = u32::try_from(kinds).unwrap();
        Some(match environment.fault_rng.random_range(0..kinds) {
            0 => CallFault::LostRequest,
            1 | 2 => CallFault::LostReply,
            3 => CallFault::Repeated,
            other => {
                let other = other as usize - 4;
                match fault_responses.get(other) {
                    Some(fault_body) => CallFault::Refused(*fault_body),
                    None => CallFault::OperationFault(other - fault_responses.len()),
                }
            }
        })
    }

    fn exchange_with_fault(
        &self,
        environment: &mut Environment,
        request: &CloudRequest,
        call_fault: Option<CallFault>,
    ) -> Result<Response<Bytes>, SendError> {
        if let Some(call_fault) = call_fault {
            environment.note(format!("    {call_fault:?}"));
        }
        let lost = |reason: &str| SendError::InDoubt {
            host: "cloud.sim".to_owned(),
            source: reason.into(),
        };
        match call_fault {
            None => Ok(read_falsely(self.cloud, environment, request)),
            Some(CallFault::LostRequest) => Err(lost("the request was lost")),
            Some(CallFault::LostReply) => {
                let _lost = exchange(environment, request);
                Err(lost("the reply was lost"))
            }
            Some(CallFault::Repeated) => {
                let _first = exchange(environment, request);
                Ok(exchange(environment, request))
            }
            Some(CallFault::Refused(fault_body)) => {
                let mut answer = Response::builder().status(fault_body.0);
                if fault_body.0 == 429 {
                    answer = answer.header("retry-after", "3");
                }
                let body = self.cloud.fault_body(fault_body).to_string();
                Ok(answer.body(Bytes::from(body)).unwrap())
            }
            Some(CallFault::OperationFault(way)) => {
                environment.model.inject_operation_fault(request, way);
                Ok(exchange(environment, request))
            }
        }
    }

    fn decode(&self, request: &Request<Bytes>) -> CloudRequest {
        let uri = request.uri();
        let query = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (percent_decode(name), percent_decode(value))
            })
            .collect();
        let if_match = request.headers().get("if-match");
        let path = percent_decode(uri.path());
        let mut body = (!request.body().is_empty())
            .then(|| serde_json::from_slice(request.body()).expect("the driver sends JSON"));
        if let (Some(mistake), Some(body)) = (self.mistake, &mut body) {
            mistake(&path, body);
        }
        CloudRequest {
            caller: CloudCaller::Driver,
            method: request.method().as_str().to_owned(),
            path,
            query,
            if_match: if_match.map(|tag| tag.to_str().unwrap().to_owned()),
            body,
        }
    }
}

#[async_trait]
impl Transport for FaultyTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        // Token requests meet no faults; for both clouds their path ends in `/token`.
        if request.uri().path().ends_with("/token") {
            let token = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"provider"}"#;
            return Ok(Response::new(Bytes::from_static(token.as_bytes())));
        }
        self.stall();
        let fault = {
            let mut environment = self.environment.lock().unwrap();
            environment.calls += 1;
            environment.next_effect_fault()
        };
        if fault == EffectFault::CrashBefore {
            self.environment
                .lock()
                .unwrap()
                .note("    crash before the call".to_owned());
            return crash().await;
        }
        let request = self.decode(&request);
        let answer = {
            let mut environment = self.environment.lock().unwrap();
            if fault == EffectFault::Repeated {
                let _first = exchange(&mut environment, &request);
            }
            let call_fault = if fault == EffectFault::None {
                self.call_fault(&mut environment, &request)
            } else {
                None
            };
            self.exchange_with_fault(&mut environment, &request, call_fault)
        };
        if fault == EffectFault::CrashAfter {
            self.environment
                .lock()
                .unwrap()
                .note("    crash after the call".to_owned());
            return crash().await;
        }
        answer
    }
}

/// Sends a request, and alters the answer while its path is answered falsely.
fn read_falsely(
    cloud: &dyn Cloud,
    environment: &mut Environment,
    request: &CloudRequest,
) -> Response<Bytes> {
    let truth = environment.send(request);
    if request.method == "GET" {
        let index = environment.reads;
        environment.reads += 1;
        if let Some((at, kind)) = environment.false_answer_at
            && at == index
        {
            let now = environment.now;
            let until = now + SignedDuration::from_secs(false_answer::LONGEST);
            let answers = &mut environment.false_answers;
            answers.answer_falsely(&request.path, kind, until, now);
        }
    }
    let (now, before) = (environment.now, environment.false_answers.given);
    let may_begin = environment
        .faults_enabled
        .then_some(&mut environment.fault_rng);
    let answers = &mut environment.false_answers;
    let answer = answers.alter(cloud, request, truth, now, may_begin);
    if answers.given > before {
        environment.note("    a false answer:".to_owned());
    }
    respond(environment, request, answer)
}

fn exchange(environment: &mut Environment, request: &CloudRequest) -> Response<Bytes> {
    let answer = environment.send(request);
    respond(environment, request, answer)
}

fn respond(
    environment: &mut Environment,
    request: &CloudRequest,
    answer: CloudResponse,
) -> Response<Bytes> {
    let CloudResponse {
        status,
        headers,
        body,
    } = answer;
    let name = request.path.rsplit('/').take(2).collect::<Vec<_>>();
    let name = name.into_iter().rev().collect::<Vec<_>>().join("/");
    environment.note(format!("    {} {name} -> {status}", request.method));
    let mut answer = Response::builder().status(status);
    for (name, value) in &headers {
        answer = answer.header(name.as_str(), value.as_str());
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    answer.body(Bytes::from(body)).unwrap()
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: Vec<u8> = rest.by_ref().take(2).collect();
            let hex = std::str::from_utf8(&hex).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
