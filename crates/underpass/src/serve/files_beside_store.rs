//! Files of a data directory that a backup of the store does not contain.

use underpass_console::FileBesideStore;

use crate::control_plane::data_dir::{STORE_KEY, TOKEN};

/// All of them, the most important one first.
pub(crate) const ALL: [FileBesideStore; 2] = [
    FileBesideStore {
        name: STORE_KEY,
        content: "key of the store's secrets, of its backups, and of the proofs in the clouds. \
                  Without it no backup can be restored",
    },
    FileBesideStore {
        name: TOKEN,
        content: "access token of the operator",
    },
];
