//! Random IDs: the only file of this crate that draws random numbers.

use std::sync::Mutex;

use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _};
use underpass_model::id::{
    ConnectionId, GrantId, LinkId, ProjectIncarnation, ProjectVpcId, StaticIpId,
};
use underpass_store::Lineage;
use uuid::Uuid;

/// Source of random bits for IDs, tokens and pauses.
pub struct Ids {
    rng: Mutex<StdRng>,
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

impl Ids {
    /// Creates a source seeded by the operating system, fit for secrets (ChaCha12).
    ///
    /// # Errors
    /// If the operating system provides no random bits.
    pub fn from_system() -> Result<Self, rand::rngs::SysError> {
        Ok(Self {
            rng: Mutex::new(StdRng::try_from_rng(&mut SysRng)?),
        })
    }

    /// Creates a deterministic source, for simulations.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            rng: Mutex::new(StdRng::seed_from_u64(seed)),
        }
    }

    /// Fills a buffer with random bytes.
    pub fn fill(&self, buffer: &mut [u8]) {
        // A poisoned generator is still usable.
        self.rng
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .fill_bytes(buffer);
    }

    /// Draws 64 random bits.
    pub fn bits(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Draws a number in 0..1, to randomize pauses.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn jitter(&self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Draws a UUID (version 4).
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Draws the ID of an incarnation of a project.
    pub fn project_incarnation(&self) -> ProjectIncarnation {
        ProjectIncarnation::new(self.uuid())
    }

    /// Draws the ID of a project VPC.
    pub fn vpc(&self) -> ProjectVpcId {
        ProjectVpcId::new(self.uuid())
    }

    /// Draws the ID of a link.
    pub fn link(&self) -> LinkId {
        LinkId::from_bits(self.bits())
    }

    /// Draws the ID of a connection.
    pub fn connection(&self) -> ConnectionId {
        ConnectionId::from_bits(self.bits())
    }

    /// Draws the ID of a grant.
    pub fn grant(&self) -> GrantId {
        GrantId::from_bits(self.bits())
    }

    /// Draws the lineage of a store.
    pub fn lineage(&self) -> Lineage {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        Lineage::from_bits(u128::from_le_bytes(bytes))
    }

    /// Draws the ID of a static IP.
    pub fn static_ip(&self) -> StaticIpId {
        StaticIpId::from_bits(self.bits())
    }
}
