//! Reads of everything that changes depend on, in one round trip.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::ClientWrapper;
use tokio_postgres::{Error as PgError, Statement};

use super::batch::{Batch, Slot, WorkSlot};
use super::work;
use crate::change::{Change, Expectation, Write};
use crate::key::Key;
use crate::kind::Kind;

const VERSIONS: &str = "SELECT r.kind, r.key, r.version
    FROM unnest($1::text[], $2::text[]) AS asked (kind, key)
    JOIN record r ON r.kind = asked.kind COLLATE \"C\" AND r.key = asked.key COLLATE \"C\"";

/// Counts within ranges of keys, each up to a number. A range without an end is that of a whole kind.
const COUNTS: &str = "SELECT asked.number, found.rows
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[])
        AS asked (number, kind, first, beyond, most)
    CROSS JOIN LATERAL (SELECT count(*) AS rows FROM (
        SELECT 1 FROM record r
        WHERE r.kind = asked.kind COLLATE \"C\"
        AND r.key >= asked.first COLLATE \"C\" AND r.key < asked.beyond COLLATE \"C\"
        LIMIT asked.most) AS below) AS found";

/// Sorts after every key: the last code point.
const BEYOND_ALL: &str = "\u{10FFFF}";

/// The statements that read.
pub(super) struct Statements {
    versions: Statement,
    counts: Statement,
}

/// Everything that changes depend on.
#[derive(Debug, Default)]
pub(super) struct Needs {
    rows: BTreeSet<(Kind, String)>,
    /// With the number of rows that is enough to know.
    ranges: BTreeMap<(Kind, Key), usize>,
    work: BTreeSet<String>,
}

// === impl Statements ===

impl Statements {
    pub(super) async fn prepare(client: &ClientWrapper) -> Result<Self, PgError> {
        Ok(Self {
            versions: client.prepare(VERSIONS).await?,
            counts: client.prepare(COUNTS).await?,
        })
    }
}

// === impl Needs ===

impl Needs {
    pub(super) fn of<'a>(changes: impl Iterator<Item = &'a Change>) -> Self {
        let mut needs = Self::default();
        for change in changes {
            needs.add(change);
        }
        needs
    }

    fn add(&mut self, change: &Change) {
        for expectation in &change.expectations {
            match expectation {
                Expectation::Absent(kind, key) | Expectation::Version(kind, key, _) => {
                    self.rows.insert((*kind, key.to_string()));
                }
                Expectation::NoneUnder(kind, key) => self.range(*kind, key, 1),
                Expectation::FewerUnder(kind, key, number) => self.range(*kind, key, *number),
                Expectation::Lease(key, _) => {
                    self.work.insert(key.to_string());
                }
            }
        }
        for write in &change.writes {
            let (Write::Put(kind, key, _) | Write::Remove(kind, key)) = write;
            self.rows.insert((*kind, key.to_string()));
        }
        self.work
            .extend(change.work.iter().map(|edit| edit.key().to_string()));
        self.work
            .extend(change.enqueue.iter().map(|it| it.key.to_string()));
    }

    fn range(&mut self, kind: Kind, key: &Key, number: usize) {
        let most = self.ranges.entry((kind, key.clone())).or_default();
        *most = number.max(*most);
    }

    /// Reads it. All statements are sent when the future is first polled.
    pub(super) async fn read(
        self,
        client: &ClientWrapper,
        statements: &Statements,
        work: &work::Statements,
    ) -> Result<Batch, PgError> {
        let (versions, counts, work) = tokio::join!(
            biased;
            self.read_versions(client, &statements.versions),
            self.read_counts(client, &statements.counts),
            self.read_work(client, work),
        );
        Ok(Batch {
            rows: versions?,
            counts: counts?,
            work: work?,
            ..Batch::default()
        })
    }

    async fn read_versions(
        &self,
        client: &ClientWrapper,
        statement: &Statement,
    ) -> Result<BTreeMap<(Kind, String), Slot>, PgError> {
        let mut slots: BTreeMap<_, _> = self
            .rows
            .iter()
            .map(|row| (row.clone(), Slot::default()))
            .collect();
        if slots.is_empty() {
            return Ok(slots);
        }
        let (kinds, keys): (Vec<_>, Vec<_>) = self
            .rows
            .iter()
            .map(|(kind, key)| (kind.as_str(), key.as_str()))
            .unzip();
        for row in client.query(statement, &[&kinds, &keys]).await? {
            let version = row.try_get::<_, i64>(2)?.cast_unsigned();
            if let Some(kind) = Kind::stored(row.try_get(0)?)
                && let Some(slot) = slots.get_mut(&(kind, row.try_get(1)?))
            {
                (slot.stored, slot.version) = (Some(version), Some(version));
            }
        }
        Ok(slots)
    }

    async fn read_counts(
        &self,
        client: &ClientWrapper,
        statement: &Statement,
    ) -> Result<BTreeMap<(Kind, String), usize>, PgError> {
        let mut counts = BTreeMap::new();
        if self.ranges.is_empty() {
            return Ok(counts);
        }
        let mut asked = Asked::default();
        // Changes of the batch before the expectation may remove as many rows as they name.
        let margin = self.rows.len();
        for (number, ((kind, key), most)) in (0..).zip(&self.ranges) {
            let (first, beyond) = key
                .range_below()
                .unwrap_or_else(|| (String::new(), BEYOND_ALL.to_owned()));
            asked.numbers.push(number);
            asked.kinds.push(kind.as_str());
            asked.firsts.push(first);
            asked.beyonds.push(beyond);
            let most = most.saturating_add(margin);
            asked.mosts.push(i64::try_from(most).unwrap_or(i64::MAX));
        }
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [
            &asked.numbers,
            &asked.kinds,
            &asked.firsts,
            &asked.beyonds,
            &asked.mosts,
        ];
        let ranges: Vec<_> = self.ranges.keys().collect();
        for row in client.query(statement, &values).await? {
            let number = usize::try_from(row.try_get::<_, i64>(0)?).ok();
            let found = usize::try_from(row.try_get::<_, i64>(1)?).unwrap_or(usize::MAX);
            if let Some((kind, key)) = number.and_then(|number| ranges.get(number)) {
                counts.insert((*kind, key.to_string()), found);
            }
        }
        Ok(counts)
    }

    async fn read_work(
        &self,
        client: &ClientWrapper,
        statements: &work::Statements,
    ) -> Result<BTreeMap<String, WorkSlot>, PgError> {
        if self.work.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys: Vec<_> = self.work.iter().cloned().collect();
        let rows = statements.load(client, &keys).await?;
        let slots = rows.into_iter().map(|(key, row)| {
            let slot = WorkSlot {
                was_stored: true,
                row: Some(row),
                is_changed: false,
            };
            (key, slot)
        });
        Ok(slots.collect())
    }
}

/// The ranges as columns.
#[derive(Default)]
struct Asked {
    numbers: Vec<i64>,
    kinds: Vec<&'static str>,
    firsts: Vec<String>,
    beyonds: Vec<String>,
    mosts: Vec<i64>,
}
