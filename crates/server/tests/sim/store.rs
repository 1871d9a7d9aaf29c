//! The memory store, in a process that may die around each commit.

use std::sync::Arc;

use async_trait::async_trait;
use underpass_store::{Change, Error, Memory, Store, StoreLayer};

use crate::environment::{EffectFault, SharedEnvironment};
use crate::executor::crash;

/// Counts commits as effects, and alters them if a mistake is planted.
pub(crate) struct MortalStore {
    pub(crate) memory: Arc<Memory>,
    pub(crate) environment: SharedEnvironment,
    /// A planted mistake: what the store does to a change before it commits it.
    pub(crate) alter: Option<fn(&mut Change)>,
}

#[async_trait]
impl StoreLayer for MortalStore {
    fn inner(&self) -> &dyn Store {
        &*self.memory
    }

    async fn commit(&self, mut change: Change) -> Result<(), Error> {
        let fault = self.environment.lock().unwrap().next_effect_fault();
        if fault == EffectFault::CrashBefore {
            self.environment
                .lock()
                .unwrap()
                .note("    crash before the commit".to_owned());
            return crash().await;
        }
        if let Some(alter) = self.alter {
            alter(&mut change);
        }
        let answer = self.memory.commit(change).await;
        if fault == EffectFault::CrashAfter {
            self.environment
                .lock()
                .unwrap()
                .note("    crash after the commit".to_owned());
            return crash().await;
        }
        answer
    }
}
