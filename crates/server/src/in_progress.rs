//! Requests in progress, limited per holder of tokens and per project.
//!
//! A request holds a connection until it is answered, and some wait for a cloud for 20 s. So a limit of
//! requests per second does not bound the connections of one tenant, and this one does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Largest limit: 64 requests. The largest clients make some dozens of requests concurrently.
const LARGEST: usize = 64;

/// Smallest limit: 4, as a browser has up to 6 and a script needs one.
const SMALLEST: usize = 4;

/// Share of the connections of the process: an eighth.
const SHARE: usize = 8;

/// Requests in progress; cheap to clone.
#[derive(Debug, Clone)]
pub struct InProgress {
    limit: usize,
    counts: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// A request in progress, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Entered {
    counts: Arc<Mutex<BTreeMap<String, usize>>>,
    subject: String,
}

// === impl InProgress ===

impl InProgress {
    /// Requests on so many connections.
    pub fn on(connections: usize) -> Self {
        Self::limited((connections / SHARE).clamp(SMALLEST, LARGEST))
    }

    /// Requests with a limit for each subject.
    pub fn limited(limit: usize) -> Self {
        Self {
            limit,
            counts: Arc::default(),
        }
    }

    /// The limit of each subject.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Counts a request; `None` if the subject has as many as the limit.
    pub(crate) fn enter(&self, subject: &str) -> Option<Entered> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(subject.to_owned()).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Entered {
            counts: Arc::clone(&self.counts),
            subject: subject.to_owned(),
        })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.subject) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.subject);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_has_its_own_limit() {
        let all = InProgress::limited(2);
        let held = [all.enter("a").unwrap(), all.enter("a").unwrap()];
        assert!(all.enter("a").is_none());
        assert!(all.enter("b").is_some());
        drop(held);
        assert!(all.enter("a").is_some());
        assert!(all.counts.lock().unwrap().is_empty());
    }

    #[test]
    fn the_limit_follows_the_connections() {
        assert_eq!(InProgress::on(4_096).limit(), 64);
        assert_eq!(InProgress::on(341).limit(), 42);
        assert_eq!(InProgress::on(16).limit(), 4);
    }
}
