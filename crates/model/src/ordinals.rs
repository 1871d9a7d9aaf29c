//! The ordinals of a service's connections.

use serde::{Deserialize, Serialize};

/// The last ordinal that a connection of a service got.
///
/// Counted per service, across its links, so that the name of a connection never passes to another
/// consumer. The next service with the same host label, of this project or another one, goes on from
/// [`RetiredOrdinals`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionOrdinals {
    /// The last ordinal; 0 if there was no connection.
    pub last: u32,
}

/// The last ordinal under a host label whose service was deleted.
///
/// Names are made of host label and ordinal, and clients keep them in their configuration after
/// service and project are deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RetiredOrdinals(pub ConnectionOrdinals);

impl ConnectionOrdinals {
    /// Includes ordinals that were given without being counted here: those of existing connections,
    /// and of links from before ordinals were counted per service.
    #[must_use]
    pub fn including(self, given: impl IntoIterator<Item = u32>) -> Self {
        Self {
            last: given.into_iter().fold(self.last, u32::max),
        }
    }

    /// Returns the next ordinal.
    pub fn draw(&mut self) -> u32 {
        self.last = self.last.saturating_add(1);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinal_counted_anywhere_is_not_given_again() {
        let mut ordinals = ConnectionOrdinals { last: 3 }.including([2, 7, 5]);
        assert_eq!(ordinals.draw(), 8);
        assert_eq!(ordinals.including([7]).last, 8);
    }
}
