//! The sequence of versions and leases.

use rusqlite::Connection;

/// Numbers drawn in one transaction. The last one is written once at its end; those that a refused job
/// drew are not given again.
#[derive(Debug)]
pub(super) struct Numbers {
    stored: u64,
    last: u64,
}

impl Numbers {
    /// Reads the last number, in the transaction that draws further ones.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let last = last(connection)?;
        Ok(Self { stored: last, last })
    }

    /// Draws a number that was never drawn before.
    pub(super) const fn draw(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Writes the last number that was drawn.
    pub(super) fn save(&self, connection: &Connection) -> rusqlite::Result<()> {
        if self.last == self.stored {
            return Ok(());
        }
        connection
            .prepare_cached("UPDATE sequence SET last = ?1 WHERE id = 1")?
            .execute([self.last.cast_signed()])
            .map(drop)
    }
}

/// Reads the last number that was drawn; 0 if none was.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT last FROM sequence WHERE id = 1")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}
