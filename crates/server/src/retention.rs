//! Removal of finished things that are no longer kept: events, ended connections and links, ended
//! tokens.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use underpass_model::auth::Token;
use underpass_store::{
    Change, EndedRows, Error, EventLimits, Expectation, Fetched, Kind, Lookup, Store, Write,
};

use crate::clock::Clock;
use crate::limits::CurrentLimits;
use crate::request_rates::RequestRates;

/// Pause after a step that removed all there was: 10 s. At the highest rate of requests, a project
/// exceeds a limit by some thousand events meanwhile. A step that finds nothing costs a few reads of
/// indexes.
const PAUSE: Duration = Duration::from_secs(10);

/// Pause after a step that left something: 100 ms, so that other writes take most of the time.
const SHORT_PAUSE: Duration = Duration::from_millis(100);

/// Most events removed in one step: 1,000, some milliseconds of the store's writer.
const EVENTS_PER_STEP: usize = 1000;

/// Most rows of one kind removed in one step: 200.
const ROWS_PER_STEP: usize = 200;

/// Removes what is no longer kept, in steps of bounded work.
pub struct Retention {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limits: CurrentLimits,
    rates: RequestRates,
}

impl Retention {
    /// Creates the task.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: CurrentLimits,
        rates: RequestRates,
    ) -> Self {
        Self {
            store,
            clock,
            limits,
            rates,
        }
    }

    /// Takes steps until shutdown.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut pause = PAUSE;
        loop {
            tokio::select! {
                changed = shutdown.changed() => {
                    if changed.is_err() || *shutdown.borrow() {
                        return;
                    }
                }
                () = tokio::time::sleep(pause) => {
                    let now = self.clock.now();
                    self.rates.forget_idle(now);
                    pause = match self.trim(now).await {
                        Ok(true) => SHORT_PAUSE,
                        Ok(false) => PAUSE,
                        Err(error) => {
                            tracing::warn!(error = %Report::new(&error), "failed to remove old rows; trying again in 10 s");
                            PAUSE
                        }
                    };
                }
            }
        }
    }

    /// Removes some of what is no longer kept at a time; returns whether something may be left.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub async fn trim(&self, now: Timestamp) -> Result<bool, Error> {
        let kept = self.limits.get().retention;
        let limits = EventLimits {
            per_project: kept.events_per_project,
            per_service: kept.events_per_service,
            oldest: before(now, kept.events_age),
        };
        let mut has_more = self.store.trim_events(&limits, EVENTS_PER_STEP).await?;
        for (kind, age, keep) in [
            (Kind::EndedConnection, kept.ended.age, usize::MAX),
            (Kind::EndedLink, kept.ended.age, kept.ended_links),
            (Kind::Token, kept.tokens_age, kept.ended_tokens),
        ] {
            let ended = EndedRows {
                kind,
                now,
                oldest: before(now, age),
                keep,
                limit: ROWS_PER_STEP,
            };
            let fetched = self.store.fetch(&[Lookup::Ended(ended)]).await?;
            let change = removal(&fetched);
            has_more |= change.writes.len() == ROWS_PER_STEP;
            match self.store.commit(change).await {
                // A row changed meanwhile, for instance because its cloud shows the link again.
                Err(error) if error.is_conflict() => has_more = true,
                done => done?,
            }
        }
        Ok(has_more)
    }
}

/// Returns the removal of rows that are unchanged. Tokens of the token file stay.
fn removal(fetched: &Fetched) -> Change {
    let mut change = Change::new();
    for row in fetched.records() {
        let stays = row.kind == Kind::Token
            && fetched
                .one::<Token>(&row.key)
                .is_ok_and(|token| token.is_some_and(|token| token.value.from_file));
        if !stays {
            let expected = Expectation::Version(row.kind, row.key.clone(), row.version);
            change = change.expect(expected);
            change.writes.push(Write::Remove(row.kind, row.key.clone()));
        }
    }
    change
}

fn before(now: Timestamp, age: SignedDuration) -> Timestamp {
    now.checked_sub(age).unwrap_or(Timestamp::MIN)
}
