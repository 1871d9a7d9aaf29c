//! Points in time as engines keep them.

use jiff::Timestamp;

/// A point in time in whole microseconds, so that every engine rounds alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Timestamp);

impl Moment {
    /// Reads what [`Self::microseconds`] gave.
    pub(crate) fn stored(microseconds: i64) -> Result<Self, jiff::Error> {
        Timestamp::from_microsecond(microseconds).map(Self)
    }

    /// Microseconds since the Unix epoch.
    pub(crate) fn microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    /// As the rest of the program knows it.
    pub(crate) const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        // Whatever lies within the range of timestamps does so without its last digits, too.
        Self(Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time))
    }
}
