//! The lineages of a store that several replicas use, and the rule that finds an older one.
//!
//! Theory of operation.
//! A server that is promoted, or that recovers to a point in time, has another timeline than the one
//! before it. The first transaction that notices begins a lineage and records the last number that the
//! store had then, before anything else is written. A replica knows a lineage and a number that was
//! committed in it: if the next lineage began with a lower number, what was committed in between is
//! lost, and the store is older than the clouds. So a promotion that lost nothing passes, and one that
//! lost something is found also after others wrote on.
//!
//! Accepting an older store begins a lineage, too. What was lost before it was dealt with, so the
//! other replicas do not find it again.

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio_postgres::{Error as PgError, Row};

use crate::lineage::Lineage;
use crate::older_store::OlderStore;

/// A number that is known to be committed, and its lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) lineage: Lineage,
    pub(super) number: u64,
}

/// The lineages in their order. The last one is the store's.
#[derive(Debug, Clone)]
pub(super) struct History(Vec<Begun>);

#[derive(Debug, Clone, Copy)]
struct Begun {
    lineage: Lineage,
    at: u64,
    accepted: bool,
}

impl History {
    pub(super) fn read(rows: &[Row]) -> Result<Self, PgError> {
        let mut begun = Vec::new();
        for row in rows {
            // A text that is none has no replica that knows it.
            if let Ok(lineage) = row.try_get::<_, &str>(0)?.parse() {
                begun.push(Begun {
                    lineage,
                    at: row.try_get::<_, i64>(1)?.cast_unsigned(),
                    accepted: row.try_get(3)?,
                });
            }
        }
        Ok(Self(begun))
    }

    /// Returns why the store, whose last number is `last`, is not the one that a replica knew; `None` if
    /// it is.
    pub(super) fn compare(&self, known: Position, last: u64) -> Option<OlderStore> {
        let mut lineages = self.0.iter().skip_while(|it| it.lineage != known.lineage);
        if lineages.next().is_none() {
            return Some(match self.0.last() {
                _ if last == 0 => OlderStore::Lost {
                    expected: known.number,
                },
                found => OlderStore::OtherLineage {
                    found: found.map(|it| it.lineage),
                    expected: known.lineage,
                },
            });
        }
        let later: Vec<_> = lineages.collect();
        if later.iter().any(|it| it.accepted) {
            return None;
        }
        let reached = later.first().map_or(last, |next| next.at);
        (reached < known.number).then_some(OlderStore::PutBack {
            found: reached,
            expected: known.number,
        })
    }
}

/// Draws a random ID; `None` if the operating system has no random bytes.
pub(super) fn random() -> Option<Lineage> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(Lineage::from_bits(u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(begun: &[(u128, u64, bool)]) -> History {
        let begun = begun.iter().map(|(bits, at, accepted)| Begun {
            lineage: Lineage::from_bits(*bits),
            at: *at,
            accepted: *accepted,
        });
        History(begun.collect())
    }

    fn known(bits: u128, number: u64) -> Position {
        Position {
            lineage: Lineage::from_bits(bits),
            number,
        }
    }

    const fn put_back(found: u64, expected: u64) -> OlderStore {
        OlderStore::PutBack { found, expected }
    }

    #[test]
    fn a_promotion_that_lost_nothing_passes() {
        let store = history(&[(1, 0, false), (2, 100, false)]);
        assert_eq!(store.compare(known(1, 100), 150), None);
        assert_eq!(store.compare(known(2, 150), 150), None);
    }

    #[test]
    fn a_promotion_that_lost_something_is_found_also_after_others_wrote_on() {
        let store = history(&[(1, 0, false), (2, 95, false)]);
        assert_eq!(store.compare(known(1, 100), 95), Some(put_back(95, 100)));
        assert_eq!(store.compare(known(1, 100), 5000), Some(put_back(95, 100)));
        assert_eq!(store.compare(known(1, 95), 5000), None);
    }

    #[test]
    fn a_number_that_went_back_on_the_same_server_is_found() {
        let store = history(&[(1, 0, false)]);
        assert_eq!(store.compare(known(1, 100), 99), Some(put_back(99, 100)));
    }

    #[test]
    fn an_accepted_loss_is_not_found_again_and_the_next_one_is() {
        let accepted = [(1, 0, false), (2, 95, false), (3, 97, true)];
        let store = history(&accepted);
        assert_eq!(store.compare(known(1, 100), 98), None);
        assert_eq!(store.compare(known(2, 96), 98), None);
        // The store from before the acceptance was put back.
        let store = history(&accepted[..2]);
        let found = store.compare(known(3, 98), 96);
        assert!(matches!(found, Some(OlderStore::OtherLineage { .. })));
        let store = history(&[&accepted[..], &[(4, 110, false)]].concat());
        assert_eq!(store.compare(known(3, 120), 130), Some(put_back(110, 120)));
    }

    #[test]
    fn an_empty_store_in_the_place_of_another_is_a_lost_one() {
        let store = history(&[(9, 0, false)]);
        let lost = OlderStore::Lost { expected: 7 };
        assert_eq!(store.compare(known(1, 7), 0), Some(lost));
    }
}
