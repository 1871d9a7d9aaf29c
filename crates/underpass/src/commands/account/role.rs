//! `account role`

use underpass_clouds::google::Principal;
use underpass_clouds::{azure, google};

use super::configured::{find, loaded, role_command};
use crate::cli::account::RoleArgs;
use crate::cli::global::GlobalArgs;
use crate::config::{Access, AzureAccount, AzureCredentials, GoogleAccount};
use crate::failure::Failure;
use crate::json_text;
use crate::printer::Printer;
use crate::serve;

pub(super) fn run(args: RoleArgs, global: &GlobalArgs, printer: Printer) -> Result<(), Failure> {
    let command = role_command(&args.name, &args.config);
    let loaded = loaded(args.config, global)?;
    let account = find(&loaded, &args.name)?;
    let name = account.name.as_str();
    match &account.access {
        Access::Azure(azure) => on_azure(name, azure, args.scopes, &command, printer),
        Access::Google(_) if !args.scopes.is_empty() => Err(Failure::usage(
            "--scope is for Azure: a role of Google Cloud belongs to its project",
        )),
        Access::Google(google) => on_google(name, google, &command, printer),
    }
}

fn on_azure(
    name: &str,
    account: &AzureAccount,
    further: Vec<String>,
    command: &str,
    printer: Printer,
) -> Result<(), Failure> {
    let mut scopes = vec![format!("/subscriptions/{}", account.subscription)];
    scopes.extend(further);
    let role = azure::role_definition(name, &scopes);
    printer.data(&json_text::indented(&role))?;
    let object = match &account.credentials {
        AzureCredentials::Application { client_id, .. }
        | AzureCredentials::ManagedIdentity {
            client_id: Some(client_id),
            ..
        } => format!("\"$(az ad sp show --id {client_id} --query id --output tsv)\""),
        AzureCredentials::ManagedIdentity {
            client_id: None, ..
        } => "PRINCIPAL_ID".to_owned(),
    };
    printer.say("Create the role, or update it after an upgrade of Underpass, and assign it:");
    printer.say(&format!("  {command} > role.json"));
    printer.say("  az role definition create --role-definition role.json");
    printer.say("  az role definition update --role-definition role.json");
    let role = azure::role_name(name);
    for scope in scopes {
        printer.say(&format!(
            "  az role assignment create --assignee-object-id {object} --assignee-principal-type \
             ServicePrincipal --role \"{role}\" --scope {scope}"
        ));
    }
    Ok(())
}

fn on_google(
    name: &str,
    account: &GoogleAccount,
    command: &str,
    printer: Printer,
) -> Result<(), Failure> {
    printer.data(google::role_definition(name).trim_end())?;
    let (role, project) = (google::role_id(name), &account.project);
    // Without a file that can be read, the command has a placeholder.
    let credentials = serve::google_credentials(account);
    let principal = credentials.map_or(Principal::Unreadable, |it| Principal::of(&it));
    let member = principal.member();
    printer.say("Create the role, or update it after an upgrade of Underpass, and bind it:");
    printer.say(&format!("  {command} > role.yaml"));
    for verb in ["create", "update"] {
        printer.say(&format!(
            "  gcloud iam roles {verb} {role} --project {project} --file role.yaml"
        ));
    }
    printer.say(&format!(
        "  gcloud projects add-iam-policy-binding {project} --member {member} --role \
         projects/{project}/roles/{role}"
    ));
    Ok(())
}
