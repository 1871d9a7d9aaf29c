//! The wire between driver and model, with weather.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use underpass_clouds::{SendError, Transport};
use underpass_emulators::azure::model::{self, Azure, Caller, Configuration, Reply};
use underpass_server::clock::Clock;
use underpass_server::reconcile::{Engine, LEASE, turn};

use crate::executor::{crash, run};

pub(crate) const BASE: &str = "https://azure.sim";
pub(crate) const TENANT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(crate) const CLIENT: &str = "aaaaaaaa-0000-4000-8000-000000000002";
pub(crate) const SUBSCRIPTION: &str = "aaaaaaaa-0000-4000-8000-000000000003";

/// Everything outside the process: the cloud, the time, the weather, and where a crash is due.
pub(crate) struct Sky {
    pub(crate) azure: Azure,
    pub(crate) now: Timestamp,
    pub(crate) stormy: bool,
    /// Effects so far: commits and cloud calls.
    pub(crate) effects: u64,
    /// The effect at which the process dies.
    pub(crate) crash_at: Option<(u64, Moment)>,
    /// The effect that is carried out twice.
    pub(crate) repeat_at: Option<u64>,
    pub(crate) calls: u64,
    pub(crate) writes: Vec<String>,
    pub(crate) trace: Vec<String>,
    dice: StdRng,
    guids: StdRng,
}

/// When, around an effect, the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// What an effect meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Plain,
    Twice,
    CrashBefore,
    CrashAfter,
}

pub(crate) type SharedSky = Arc<Mutex<Sky>>;

impl Sky {
    pub(crate) fn new(seed: u64, operation_delay: Duration) -> Self {
        let configuration = Configuration {
            base_url: BASE.to_owned(),
            provider_tenant: TENANT.to_owned(),
            provider_client: CLIENT.to_owned(),
            provider_subscription: SUBSCRIPTION.to_owned(),
            operation_delay,
        };
        Self {
            azure: Azure::new(configuration),
            now: Timestamp::from_second(1_800_000_000).unwrap(),
            stormy: false,
            effects: 0,
            crash_at: None,
            repeat_at: None,
            calls: 0,
            writes: Vec::new(),
            trace: Vec::new(),
            dice: StdRng::seed_from_u64(seed ^ 0x5eed_0001),
            guids: StdRng::seed_from_u64(seed ^ 0x5eed_0002),
        }
    }

    pub(crate) fn note(&mut self, line: String) {
        self.trace.push(line);
    }

    pub(crate) fn pass(&mut self, time: SignedDuration) {
        self.now = self.now.checked_add(time).unwrap();
        self.azure.advance(self.now);
    }

    /// Counts an effect and tells what it meets.
    pub(crate) fn next_fate(&mut self) -> Fate {
        let index = self.effects;
        self.effects += 1;
        match self.crash_at {
            Some((at, Moment::Before)) if at == index => Fate::CrashBefore,
            Some((at, Moment::After)) if at == index => Fate::CrashAfter,
            _ if self.repeat_at == Some(index) => Fate::Twice,
            _ if self.stormy && self.dice.random_ratio(1, 60) => Fate::CrashBefore,
            _ if self.stormy && self.dice.random_ratio(1, 60) => Fate::CrashAfter,
            _ => Fate::Plain,
        }
    }

    /// One exchange with the cloud, as whoever.
    pub(crate) fn ask(
        &mut self,
        caller: &Caller,
        method: &str,
        path: &str,
        body: Option<serde_json::Value>,
        if_match: Option<String>,
        query: Vec<(String, String)>,
    ) -> Reply {
        let request = model::Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            if_match,
            body,
            caller: Some(caller.clone()),
        };
        let now = self.now;
        self.azure.handle(&request, now, &mut self.guids)
    }

    fn storm(&mut self) -> Option<Storm> {
        if !self.stormy || !self.dice.random_ratio(1, 6) {
            return None;
        }
        Some(match self.dice.random_range(0..7) {
            0 => Storm::LostRequest,
            1 | 2 => Storm::LostReply,
            3 => Storm::Twice,
            4 => Storm::Refused(429, "TooManyRequests"),
            5 => Storm::Refused(409, "AnotherOperationInProgress"),
            _ => Storm::Refused(500, "InternalServerError"),
        })
    }
}

/// What can happen to one exchange.
#[derive(Debug, Clone, Copy)]
enum Storm {
    LostRequest,
    LostReply,
    Twice,
    Refused(u16, &'static str),
}

/// The virtual clock.
pub(crate) struct SkyClock(pub(crate) SharedSky);

impl Clock for SkyClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }
}

/// The driver's transport.
pub(crate) struct Wire {
    pub(crate) sky: SharedSky,
    /// Another process that takes over when this one stalls in the middle of a turn, so long that
    /// its lease runs out.
    pub(crate) rival: Option<Engine>,
}

impl Wire {
    /// Lets this process stall before its request goes out, now and then, while another works.
    fn stall(&self) {
        let Some(rival) = &self.rival else { return };
        let (now, lease_until) = {
            let mut sky = self.sky.lock().unwrap();
            if !sky.stormy || !sky.dice.random_ratio(1, 30) {
                return;
            }
            sky.note("    stalls; a rival takes over".to_owned());
            sky.pass(LEASE + SignedDuration::from_secs(1));
            // The rival's weather is calm: storms are for the one who is watched.
            sky.stormy = false;
            (sky.now, sky.now.checked_add(LEASE).unwrap())
        };
        let claims = run(rival.store.claim("rival", now, lease_until, 1))
            .unwrap()
            .unwrap();
        for claim in claims {
            let end = run(turn(rival, &claim, lease_until)).unwrap().unwrap();
            self.sky
                .lock()
                .unwrap()
                .note(format!("    the rival's turn ends: {end:?}"));
        }
        self.sky.lock().unwrap().stormy = true;
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path().ends_with("/oauth2/v2.0/token") {
            let token = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"provider"}"#;
            return Ok(Response::new(Bytes::from_static(token.as_bytes())));
        }
        self.stall();
        let fate = {
            let mut sky = self.sky.lock().unwrap();
            sky.calls += 1;
            sky.next_fate()
        };
        if fate == Fate::CrashBefore {
            self.sky
                .lock()
                .unwrap()
                .note("    crash before the call".to_owned());
            return crash().await;
        }
        let answer = {
            let mut sky = self.sky.lock().unwrap();
            if fate == Fate::Twice {
                let _first = exchange(&mut sky, &request);
            }
            let storm = if fate == Fate::Plain {
                sky.storm()
            } else {
                None
            };
            weathered(&mut sky, &request, storm)
        };
        if fate == Fate::CrashAfter {
            self.sky
                .lock()
                .unwrap()
                .note("    crash after the call".to_owned());
            return crash().await;
        }
        answer
    }
}

fn weathered(
    sky: &mut Sky,
    request: &Request<Bytes>,
    storm: Option<Storm>,
) -> Result<Response<Bytes>, SendError> {
    if let Some(storm) = storm {
        sky.note(format!("    {storm:?}"));
    }
    let lost = |carried_out: &str| SendError::InDoubt {
        host: "azure.sim".to_owned(),
        source: carried_out.into(),
    };
    match storm {
        None => Ok(exchange(sky, request)),
        Some(Storm::LostRequest) => Err(lost("the request was lost")),
        Some(Storm::LostReply) => {
            let _lost = exchange(sky, request);
            Err(lost("the reply was lost"))
        }
        Some(Storm::Twice) => {
            let _first = exchange(sky, request);
            Ok(exchange(sky, request))
        }
        Some(Storm::Refused(status, code)) => {
            let body = serde_json::json!({"error": {"code": code, "message": "weather"}});
            let mut answer = Response::builder().status(status);
            if status == 429 {
                answer = answer.header("retry-after", "3");
            }
            Ok(answer.body(Bytes::from(body.to_string())).unwrap())
        }
    }
}

fn exchange(sky: &mut Sky, request: &Request<Bytes>) -> Response<Bytes> {
    let uri = request.uri();
    let path = percent_decode(uri.path());
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
    let if_match = request
        .headers()
        .get("if-match")
        .map(|tag| tag.to_str().unwrap().to_owned());
    let body = (!request.body().is_empty())
        .then(|| serde_json::from_slice(request.body()).expect("the driver sends JSON"));
    let method = request.method().as_str();
    let caller = Caller {
        tenant: TENANT.to_owned(),
        client: CLIENT.to_owned(),
    };
    let reply = sky.ask(&caller, method, &path, body, if_match, query);
    let name = path.rsplit('/').take(2).collect::<Vec<_>>();
    let name = name.into_iter().rev().collect::<Vec<_>>().join("/");
    sky.note(format!("    {method} {name} -> {}", reply.status));
    if method != "GET" && (200..300).contains(&reply.status) {
        sky.writes.push(format!("{method} {name}"));
    }
    let mut answer = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        answer = answer.header(name.as_str(), value.as_str());
    }
    let body = reply.body.map(|body| body.to_string()).unwrap_or_default();
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
