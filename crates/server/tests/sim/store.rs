//! Memory store with crashes around commits.

use std::sync::Arc;

use async_trait::async_trait;
use underpass_store::{Change, Error, Memory, Store, StoreLayer};

use crate::environment::{EffectFault, SharedEnvironment};
use crate::executor::crash;

/// Counts commits as effects, and applies the injected mistake.
pub(crate) struct CrashingStore {
    pub(crate) memory: Arc<Memory>,
    pub(crate) environment: SharedEnvironment,
    /// Injected mistake: alters a change before its commit.
    pub(crate) alter: Option<fn(&mut Change)>,
}

#[async_trait]
impl StoreLayer for CrashingStore {
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
