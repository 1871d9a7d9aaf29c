//! Files of a data directory that a backup of the store does not contain.

use underpass_console::FileBesideStore;

use super::saved_choices::FILE as SETTINGS;
use super::{emulated_azure, emulated_google, identity};
use crate::control_plane::data_dir::{STORE_KEY, TOKEN};

/// All of them, the most important one first.
pub(crate) const ALL: [FileBesideStore; 7] = [
    FileBesideStore {
        name: STORE_KEY,
        content: "key of the store's secrets, of its backups, and of the proofs in the clouds. \
                  Without it no backup can be restored",
    },
    FileBesideStore {
        name: TOKEN,
        content: "access token of the operator",
    },
    FileBesideStore {
        name: identity::SECRET_FILE,
        content: "credentials of the provider's account in emulated Azure",
    },
    FileBesideStore {
        name: identity::TOKEN_FILE,
        content: "credentials of the provider's account in emulated Google",
    },
    FileBesideStore {
        name: emulated_azure::DIRECTORY,
        content: "all objects of emulated Azure, and its TLS authority",
    },
    FileBesideStore {
        name: emulated_google::DIRECTORY,
        content: "all objects of emulated Google",
    },
    FileBesideStore {
        name: SETTINGS,
        content: "ports and address range that the first start chose",
    },
];
