//! Choices of the first start that later starts reuse: ports, the range of consumers, project VPCs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use underpass_private_file as private_file;

use crate::control_plane::data_dir::DataDir;
use crate::failure::Failure;

/// File of the choices, in the data directory.
pub(super) const FILE: &str = "settings.json";

/// Choices that outlive the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Choices {
    /// Port of the API, if port 0 was requested.
    pub(crate) api_port: Option<u16>,
    /// Port of DNS, if port 0 was requested.
    pub(crate) dns_port: Option<u16>,
    /// Port of Azure's portal, if port 0 was requested.
    pub(crate) azure_portal_port: Option<u16>,
    /// Port of Google's portal, if port 0 was requested.
    pub(crate) google_portal_port: Option<u16>,
    /// Range of the emulated consumers.
    pub(crate) consumer_cidr: Option<Ipv4Net>,
    /// IDs of the project VPCs created at the first start, by cloud. A VPC that was deleted since
    /// is not created again.
    pub(crate) project_vpcs: BTreeMap<String, String>,
}

/// Choices and their file.
#[derive(Debug)]
pub(crate) struct SavedChoices {
    path: PathBuf,
    choices: Choices,
}

impl SavedChoices {
    /// Reads the choices of earlier starts.
    ///
    /// # Errors
    /// If the file cannot be read or is invalid.
    pub(crate) fn open(directory: &DataDir) -> Result<Self, Failure> {
        let path = directory.join(FILE);
        let choices = match private_file::read_to_string(&path)? {
            None => Choices::default(),
            Some(text) => serde_json::from_str(&text).map_err(|error| {
                Failure::refused(format!("read {}: {error}", path.display()))
                    .hint("repair the file, or delete it to choose new ports and a new range")
            })?,
        };
        Ok(Self { path, choices })
    }

    /// The choices so far.
    pub(crate) const fn choices(&self) -> &Choices {
        &self.choices
    }

    /// Changes the choices; they are durable when this returns.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut Choices)) -> Result<(), Failure> {
        let mut choices = self.choices.clone();
        change(&mut choices);
        if choices != self.choices {
            let text = serde_json::to_vec_pretty(&choices)
                .map_err(|error| Failure::ours(format!("encode the choices: {error}")))?;
            private_file::write(&self.path, &text)?;
            self.choices = choices;
        }
        Ok(())
    }
}
