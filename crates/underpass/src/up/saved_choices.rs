//! What an `up` chose once and keeps: ports, the consumers' range, project VPCs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::data_dir::DataDir;
use crate::failure::Failure;
use crate::private_file;

const FILE: &str = "settings.json";

/// Choices that outlive the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Choices {
    /// The API's port, if a free one was to be picked.
    pub(crate) api_port: Option<u16>,
    /// DNS's port, likewise.
    pub(crate) dns_port: Option<u16>,
    /// The port of Azure's portal, likewise.
    pub(crate) azure_portal_port: Option<u16>,
    /// The port of Google's portal, likewise.
    pub(crate) google_portal_port: Option<u16>,
    /// Where emulated consumers live.
    pub(crate) consumer_cidr: Option<Ipv4Net>,
    /// Project VPCs made at the first start, by cloud. One that was deleted since is not made
    /// again.
    pub(crate) project_vpcs: BTreeMap<String, String>,
}

/// Choices and where they are kept.
#[derive(Debug)]
pub(crate) struct SavedChoices {
    path: PathBuf,
    choices: Choices,
}

impl SavedChoices {
    /// Reads what was chosen before.
    pub(crate) fn open(directory: &DataDir) -> Result<Self, Failure> {
        let path = directory.join(FILE);
        let choices = match private_file::read(&path)? {
            None => Choices::default(),
            Some(text) => serde_json::from_str(&text).map_err(|error| {
                Failure::refused(format!("read {}: {error}", path.display()))
                    .hint("repair the file, or remove it to have everything in it chosen anew")
            })?,
        };
        Ok(Self { path, choices })
    }

    /// What was chosen.
    pub(crate) const fn choices(&self) -> &Choices {
        &self.choices
    }

    /// Chooses something, for good once this returns.
    pub(crate) fn choose(&mut self, choice: impl FnOnce(&mut Choices)) -> Result<(), Failure> {
        let mut choices = self.choices.clone();
        choice(&mut choices);
        if choices != self.choices {
            let text = serde_json::to_vec_pretty(&choices)
                .map_err(|error| Failure::ours(format!("write choices: {error}")))?;
            private_file::write(&self.path, &text)?;
            self.choices = choices;
        }
        Ok(())
    }
}
