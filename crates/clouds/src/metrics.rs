//! Metrics of calls to clouds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use underpass_model::cloud::Provider;

use crate::transport::{SendError, Transport};

/// Name of the metric.
const NAME: &str = "underpass_cloud_requests_total";

/// The number of calls by labels, shared by every account.
#[derive(Debug, Default)]
pub struct Counters {
    /// Held for one addition or one copy, never across an await.
    counts: Mutex<BTreeMap<Labels, u64>>,
}

/// The labels of a call: closed sets, so that no provider can grow the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels {
    /// The cloud.
    pub cloud: Provider,
    /// The method.
    pub method: Verb,
    /// The result.
    pub status: Status,
}

/// The method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Reads.
    Get,
    /// Requests tokens; for some providers also writes.
    Post,
    /// Writes.
    Put,
    /// Changes some members.
    Patch,
    /// Deletes.
    Delete,
    /// Any other method.
    Other,
}

/// The result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Answered with this HTTP status, 100 to 999.
    Answered(u16),
    /// The request never reached the provider.
    NotSent,
    /// The request was sent, but not answered.
    InDoubt,
}

/// The counts at a point in time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<Labels, u64>);

/// A transport that counts the calls of another one.
pub struct CountedTransport {
    cloud: Provider,
    counters: Arc<Counters>,
    inner: Arc<dyn Transport>,
}

// === impl Counters ===

impl Counters {
    /// Adds one call.
    pub fn count(&self, labels: Labels) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(labels).or_default() += 1;
    }

    /// The counts now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(
            self.counts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }

    /// The counts in Prometheus's text format.
    pub fn render(&self) -> String {
        let mut text = format!(
            "# HELP {NAME} Calls to a cloud's API, token requests included.\n# TYPE {NAME} counter\n"
        );
        for (
            Labels {
                cloud,
                method,
                status,
            },
            count,
        ) in self.snapshot().0
        {
            let (method, status) = (method.as_str(), status.label());
            // Writing to a string cannot fail.
            let _ok = writeln!(
                text,
                "{NAME}{{cloud=\"{cloud}\",method=\"{method}\",status=\"{status}\"}} {count}"
            );
        }
        text
    }
}

// === impl Verb ===

impl Verb {
    /// The label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Other => "OTHER",
        }
    }
}

impl From<&Method> for Verb {
    fn from(method: &Method) -> Self {
        match method.as_str() {
            "GET" => Self::Get,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }
}

// === impl Status ===

impl Status {
    fn label(self) -> String {
        match self {
            Self::Answered(status) => status.to_string(),
            Self::NotSent => "not_sent".to_owned(),
            Self::InDoubt => "in_doubt".to_owned(),
        }
    }
}

impl From<&Result<Response<Bytes>, SendError>> for Status {
    fn from(sent: &Result<Response<Bytes>, SendError>) -> Self {
        match sent {
            Ok(answer) => Self::Answered(answer.status().as_u16()),
            Err(SendError::NotSent { .. }) => Self::NotSent,
            Err(SendError::InDoubt { .. }) => Self::InDoubt,
        }
    }
}

// === impl Snapshot ===

impl Snapshot {
    /// The counts since an earlier snapshot.
    #[must_use]
    pub fn since(&self, earlier: &Snapshot) -> Snapshot {
        let counts = self.0.iter().filter_map(|(labels, count)| {
            let grown = count.saturating_sub(earlier.get(labels));
            (grown > 0).then_some((*labels, grown))
        });
        Snapshot(counts.collect())
    }

    /// The number of calls with these labels.
    pub fn get(&self, labels: &Labels) -> u64 {
        self.0.get(labels).copied().unwrap_or_default()
    }

    /// The number of all calls.
    pub fn calls(&self) -> u64 {
        self.0.values().sum()
    }

    /// The number of calls that may change something at the provider: PUT, PATCH, DELETE.
    pub fn writes(&self) -> u64 {
        let writes = |verb: Verb| match verb {
            Verb::Put | Verb::Patch | Verb::Delete => true,
            Verb::Get | Verb::Post | Verb::Other => false,
        };
        self.0
            .iter()
            .filter(|(labels, _)| writes(labels.method))
            .map(|(_, count)| count)
            .sum()
    }
}

// === impl CountedTransport ===

impl CountedTransport {
    /// Counts the calls to one cloud.
    pub fn new(cloud: Provider, counters: Arc<Counters>, inner: Arc<dyn Transport>) -> Self {
        Self {
            cloud,
            counters,
            inner,
        }
    }
}

#[async_trait]
impl Transport for CountedTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let method = Verb::from(request.method());
        let sent = self.inner.send(request).await;
        self.counters.count(Labels {
            cloud: self.cloud,
            method,
            status: Status::from(&sent),
        });
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_rendered_and_compared() {
        let counters = Counters::default();
        let put = Labels {
            cloud: Provider::Azure,
            method: Verb::Put,
            status: Status::Answered(201),
        };
        counters.count(put);
        let before = counters.snapshot();
        counters.count(put);
        counters.count(Labels {
            method: Verb::Get,
            status: Status::InDoubt,
            ..put
        });
        let since = counters.snapshot().since(&before);
        assert_eq!((since.calls(), since.writes()), (2, 1));
        insta::assert_snapshot!(counters.render(), @r#"
        # HELP underpass_cloud_requests_total Calls to a cloud's API, token requests included.
        # TYPE underpass_cloud_requests_total counter
        underpass_cloud_requests_total{cloud="azure",method="GET",status="in_doubt"} 1
        underpass_cloud_requests_total{cloud="azure",method="PUT",status="201"} 2
        "#);
    }
}
