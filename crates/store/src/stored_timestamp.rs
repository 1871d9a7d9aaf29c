//! The precision at which engines store times.

use jiff::Timestamp;

/// A point in time in whole microseconds, so that every engine rounds equally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StoredTimestamp(Timestamp);

impl StoredTimestamp {
    /// Converts the stored form, as returned by [`Self::microseconds`].
    pub(crate) fn stored(microseconds: i64) -> Result<Self, jiff::Error> {
        Timestamp::from_microsecond(microseconds).map(Self)
    }

    /// Microseconds since the Unix epoch.
    pub(crate) fn microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Converts into the type used outside the engines.
    pub(crate) const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for StoredTimestamp {
    fn from(time: Timestamp) -> Self {
        // A timestamp in range stays in range when its sub-microsecond digits are dropped.
        Self(Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time))
    }
}
