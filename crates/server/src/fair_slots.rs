//! Slots for work that few may do concurrently, shared fairly between subjects.
//!
//! Work waits in the queue of its subject: a project, or the holder of a token. A free slot goes to one
//! queue after the other, so that a long one does not delay another, and a subject has a share of the
//! slots at most, so that another one usually finds one free.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Slots; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct FairSlots(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Slots in all.
    total: usize,
    /// Most slots of one subject.
    per_subject: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    subjects: BTreeMap<String, Subject>,
    /// Subjects with a queue, in the order in which they get the next slots.
    order: VecDeque<String>,
}

#[derive(Debug, Default)]
struct Subject {
    held: usize,
    waiting: VecDeque<oneshot::Sender<Slot>>,
    is_queued: bool,
}

/// A slot, which is free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    shared: Arc<Shared>,
    subject: String,
}

// === impl FairSlots ===

impl FairSlots {
    /// So many slots in all, and at most `per_subject` for one subject.
    pub(crate) fn new(total: usize, per_subject: usize) -> Self {
        Self(Arc::new(Shared {
            total,
            per_subject,
            state: Mutex::default(),
        }))
    }

    /// Waits for a slot; `None` if as many as `most_waiting` wait in its queue already.
    pub(crate) async fn wait(&self, subject: &str, most_waiting: usize) -> Option<Slot> {
        let granted = {
            let mut state = self.0.state();
            let is_free = state.held < self.0.total;
            let entry = state.subjects.entry(subject.to_owned()).or_default();
            // A request whose client is gone waits no longer.
            entry.waiting.retain(|waiting| !waiting.is_closed());
            if is_free && entry.held < self.0.per_subject && entry.waiting.is_empty() {
                entry.held += 1;
                state.held += 1;
                return Some(self.slot(subject));
            }
            if entry.waiting.len() >= most_waiting {
                return None;
            }
            let (grant, granted) = oneshot::channel();
            entry.waiting.push_back(grant);
            if !std::mem::replace(&mut entry.is_queued, true) {
                state.order.push_back(subject.to_owned());
            }
            granted
        };
        // The sender is dropped only after a slot was sent.
        granted.await.ok()
    }

    fn slot(&self, subject: &str) -> Slot {
        Slot {
            shared: Arc::clone(&self.0),
            subject: subject.to_owned(),
        }
    }
}

// === impl Shared ===

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    /// Takes a slot for the next queue; returns the first that waits in it.
    fn grant(&mut self, shared: &Shared) -> Option<(oneshot::Sender<Slot>, String)> {
        if self.held >= shared.total {
            return None;
        }
        for _ in 0..self.order.len() {
            let name = self.order.pop_front()?;
            let Some(subject) = self.subjects.get_mut(&name) else {
                continue;
            };
            subject.waiting.retain(|waiting| !waiting.is_closed());
            if subject.held < shared.per_subject
                && let Some(first) = subject.waiting.pop_front()
            {
                subject.held += 1;
                self.held += 1;
                self.rest(name.clone());
                return Some((first, name));
            }
            self.rest(name);
        }
        None
    }

    /// Puts a queue behind the others, and forgets a subject without one and without slots.
    fn rest(&mut self, name: String) {
        let Some(subject) = self.subjects.get_mut(&name) else {
            return;
        };
        subject.is_queued = !subject.waiting.is_empty();
        if subject.is_queued {
            self.order.push_back(name);
        } else if subject.held == 0 {
            self.subjects.remove(&name);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let shared = &self.shared;
        {
            let mut state = shared.state();
            state.held -= 1;
            if let Some(subject) = state.subjects.get_mut(&self.subject) {
                subject.held -= 1;
                if subject.held == 0 && !subject.is_queued {
                    state.subjects.remove(&self.subject);
                }
            }
        }
        loop {
            // The lock is not held while a slot is sent: one that is not taken is dropped here.
            let Some((waiting, subject)) = shared.state().grant(shared) else {
                return;
            };
            let shared = Arc::clone(shared);
            drop(waiting.send(Self { shared, subject }));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::timeout;

    use super::*;

    const MANY: usize = 100;

    type Waiting<'a> = Pin<Box<dyn Future<Output = Option<Slot>> + Send + 'a>>;

    /// Begins to wait for a slot that is not free.
    fn queue<'a>(slots: &'a FairSlots, subject: &'a str) -> Waiting<'a> {
        let mut waiting: Waiting<'a> = Box::pin(slots.wait(subject, MANY));
        assert!((&mut waiting).now_or_never().is_none(), "{subject} waits");
        waiting
    }

    async fn get(waiting: Waiting<'_>) -> Slot {
        let granted = timeout(Duration::from_secs(10), waiting).await;
        granted.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_subject_does_not_hold_all_slots_and_its_queue_delays_no_other() {
        let slots = FairSlots::new(2, 1);
        let one = slots.wait("a", MANY).await.unwrap();
        let [second, third] = [queue(&slots, "a"), queue(&slots, "a")];
        // Another subject has a slot free.
        let other = slots.wait("b", MANY).await.unwrap();
        let mut of_c = queue(&slots, "c");
        assert!((&mut of_c).now_or_never().is_none());
        drop(other);
        let of_c = get(of_c).await;
        drop(one);
        let second = get(second).await;
        drop((second, of_c));
        drop(get(third).await);
        assert!(slots.0.state().subjects.is_empty() && slots.0.state().order.is_empty());
    }

    #[tokio::test]
    async fn queues_are_served_one_after_the_other() {
        let slots = FairSlots::new(1, 1);
        let held = slots.wait("a", MANY).await.unwrap();
        let a_2 = queue(&slots, "a");
        let a_3 = queue(&slots, "a");
        let of_b = queue(&slots, "b");
        drop(held);
        let a_2 = get(a_2).await;
        drop(a_2);
        // The queue of the first subject is longer, and older.
        let of_b = get(of_b).await;
        drop(of_b);
        drop(get(a_3).await);
    }

    #[tokio::test]
    async fn a_queue_has_a_limit_and_those_who_left_do_not_count() {
        let slots = FairSlots::new(1, 1);
        let held = slots.wait("a", MANY).await.unwrap();
        let left = queue(&slots, "a");
        assert!(slots.wait("a", 1).await.is_none());
        drop(left);
        let mut next: Waiting<'_> = Box::pin(slots.wait("a", 1));
        assert!((&mut next).now_or_never().is_none());
        drop(held);
        drop(get(next).await);
        // One that was granted a slot and left before it took it.
        let held = slots.wait("a", MANY).await.unwrap();
        let left = queue(&slots, "a");
        drop(held);
        drop(left);
        assert!(slots.wait("a", MANY).now_or_never().flatten().is_some());
    }
}
