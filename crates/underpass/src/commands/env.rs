//! `env`: environment variables as shell commands.
//!
//! `REQUESTS_CA_BUNDLE` is not set on purpose: it would replace the root certificates of every
//! Python program in that shell, including pip. The CA of emulated Azure is in
//! `UNDERPASS_AZURE_CA`, for the programs that need it.

use std::path::Path;

use underpass_private_file as private_file;

use crate::failure::Failure;
use crate::printer::Printer;
use crate::ready::{AzureReady, GoogleReady, Ready};
use crate::settings::Settings;

/// Client ID and secret of a consumer: emulated clouds accept any outside the provider's tenant.
const CONSUMER_CLIENT: &str = "underpass-consumer";

pub(super) fn run(settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let ready = settings.running()?;
    let token = private_file::read_to_string(&ready.token_file)?.ok_or_else(|| {
        Failure::refused(format!(
            "there is no token file {}",
            ready.token_file.display()
        ))
    })?;
    for (name, value) in exports(&ready, token.trim()) {
        printer.data(&format!("export {name}={}", quote(&value)))?;
    }
    Ok(())
}

fn exports(ready: &Ready, token: &str) -> Vec<(&'static str, String)> {
    let mut exports = vec![
        ("AIVEN_WEB_URL", ready.api.clone()),
        ("AIVEN_AUTH_TOKEN", token.to_owned()),
        // The name that Terraform reads.
        ("AIVEN_TOKEN", token.to_owned()),
        ("AIVEN_PROJECT", ready.project.clone()),
        ("UNDERPASS_URL", ready.api.clone()),
        ("UNDERPASS_TOKEN_FILE", text(&ready.token_file)),
        ("UNDERPASS_PROJECT", ready.project.clone()),
        ("UNDERPASS_UP_DATA_DIR", text(&ready.data_dir)),
        ("UNDERPASS_DNS", ready.dns.clone()),
        ("UNDERPASS_DOMAIN", ready.domain.clone()),
        ("UNDERPASS_CONSUMER_CIDR", ready.consumer_cidr.clone()),
    ];
    for (cloud, name) in [
        ("azure-westeurope", "UNDERPASS_AZURE_PROJECT_VPC_ID"),
        ("google-europe-west1", "UNDERPASS_GOOGLE_PROJECT_VPC_ID"),
    ] {
        let vpc = ready.project_vpcs.get(cloud);
        exports.extend(vpc.map(|id| (name, id.clone())));
    }
    let azure_portal = ready.azure.as_ref().and_then(|it| it.portal.clone());
    let google_portal = ready.google.as_ref().and_then(|it| it.portal.clone());
    for (name, page) in [
        ("UNDERPASS_CONSOLE", ready.console.clone()),
        ("UNDERPASS_AZURE_PORTAL", azure_portal),
        ("UNDERPASS_GOOGLE_PORTAL", google_portal),
    ] {
        exports.extend(page.map(|url| (name, url)));
    }
    exports.extend(ready.azure.iter().flat_map(azure_exports));
    exports.extend(ready.google.iter().flat_map(google_exports));
    exports
}

/// Variables of the consumer, under the names that Azure's own clients read.
fn azure_exports(azure: &AzureReady) -> [(&'static str, String); 8] {
    [
        ("AZURE_TENANT_ID", azure.consumer_tenant.clone()),
        ("AZURE_CLIENT_ID", CONSUMER_CLIENT.to_owned()),
        ("AZURE_CLIENT_SECRET", CONSUMER_CLIENT.to_owned()),
        ("AZURE_SUBSCRIPTION_ID", azure.consumer_subscription.clone()),
        ("AZURE_AUTHORITY_HOST", azure.url.clone()),
        ("UNDERPASS_AZURE_URL", azure.url.clone()),
        ("UNDERPASS_AZURE_CA", text(&azure.ca)),
        (
            "UNDERPASS_AZURE_CONSUMER_SUBNET",
            azure.consumer_subnet.clone(),
        ),
    ]
}

/// Variables of the consumer. Google's own clients read no variable for the URL, so the names are
/// ours.
fn google_exports(google: &GoogleReady) -> [(&'static str, String); 5] {
    [
        ("UNDERPASS_GOOGLE_URL", google.url.clone()),
        (
            "UNDERPASS_GOOGLE_CONSUMER_PROJECT",
            google.consumer_project.clone(),
        ),
        (
            "UNDERPASS_GOOGLE_CONSUMER_NETWORK",
            google.consumer_network.clone(),
        ),
        (
            "UNDERPASS_GOOGLE_CONSUMER_SUBNET",
            google.consumer_subnet.clone(),
        ),
        ("UNDERPASS_GOOGLE_REGION", google.region.clone()),
    ]
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Quotes a text as one word of a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_escapes_the_quotes() {
        assert_eq!(super::quote("a b"), "'a b'");
        assert_eq!(super::quote("it's $(id)"), r"'it'\''s $(id)'");
    }
}
