//! `emulate machines`

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use underpass_model::credentials::Secret;
use underpass_private_file as private_file;

use crate::azure::{Arm, Login};
use crate::cli::emulate::EmulateMachinesArgs;
use crate::client::Client;
use crate::control_plane::signals;
use crate::failure::Failure;
use crate::google::Compute;
use crate::http_client::{Trust, http_client};
use crate::printer::Printer;
use crate::settings::{Settings, emulated};
use crate::up::node_provisioner::{
    AzureNodeProvisioner, Changes, GoogleNodeProvisioner, HostTable, NodeProvisioner, UsedNodes,
};

/// Ready line of `emulate azure`.
#[derive(Debug, Deserialize)]
struct EmulatedAzure {
    url: String,
    ca: PathBuf,
    tenant: String,
    subscription: String,
    client_id: String,
    secret_file: PathBuf,
    admin_url: String,
    admin_secret_file: PathBuf,
}

/// Ready line of `emulate google`.
#[derive(Debug, Deserialize)]
struct EmulatedGoogle {
    url: String,
    project: String,
    token_file: PathBuf,
    admin_url: String,
    admin_secret_file: PathBuf,
}

pub(super) async fn run(
    args: &EmulateMachinesArgs,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let stop = signals::stop_on_signal()?;
    let provisioner = NodeProvisioner {
        client: Client::new(settings.target()?)?,
        changes: Changes::Polled,
        azure: args.azure.as_deref().map(azure).transpose()?,
        google: args.google.as_deref().map(google).transpose()?,
    };
    let ready = json!({ "ready": true, "schema": 1, "pid": std::process::id() });
    printer.data(&ready.to_string())?;
    provisioner.run(stop).await;
    Ok(())
}

fn azure(state: &Path) -> Result<AzureNodeProvisioner, Failure> {
    let emulator: EmulatedAzure = emulated(state)?;
    let ca = std::fs::read(&emulator.ca)
        .map_err(|error| Failure::refused(format!("read {}: {error}", emulator.ca.display())))?;
    let http = http_client(&emulator.url, Trust::Only(&ca))?;
    let login = Login {
        tenant: emulator.tenant,
        client_id: emulator.client_id,
        client_secret: secret(&emulator.secret_file)?,
    };
    let admin_secret = secret(&emulator.admin_secret_file)?;
    Ok(AzureNodeProvisioner {
        account: None,
        arm: Arm::new(http, &emulator.url, login),
        subscription: emulator.subscription,
        hosts: HostTable::new("nic", emulator.admin_url, admin_secret.expose())?,
        used: UsedNodes::default(),
    })
}

fn google(state: &Path) -> Result<GoogleNodeProvisioner, Failure> {
    let emulator: EmulatedGoogle = emulated(state)?;
    let http = http_client(&emulator.url, Trust::System)?;
    let token = secret(&emulator.token_file)?;
    let admin_secret = secret(&emulator.admin_secret_file)?;
    Ok(GoogleNodeProvisioner {
        account: None,
        compute: Compute::new(http, &emulator.url, Some(token)),
        project: emulator.project,
        hosts: HostTable::new("instance", emulator.admin_url, admin_secret.expose())?,
        used: UsedNodes::default(),
    })
}

fn secret(file: &Path) -> Result<Secret, Failure> {
    let content = private_file::read_to_string(file)?;
    let content =
        content.ok_or_else(|| Failure::refused(format!("there is no file {}", file.display())))?;
    Ok(Secret::new(content.trim().to_owned()))
}
