//! `vpc create|list|get|refresh|delete`

use serde_json::{Value, json};

use underpass_api_types::condition::ConditionView;
use underpass_api_types::vpc::VpcList;

use super::conditions::{is_table, say_conditions};
use super::session::Session;
use crate::cli::output::OutputArgs;
use crate::cli::vpc::{VpcCommand, VpcCreateArgs, VpcDeleteArgs, VpcGetArgs, VpcRefreshArgs};
use crate::compatible::vpc::{ProjectVpc, ProjectVpcList};
use crate::document::{Document, raw_rows};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::Layout;
use crate::wait::{self, Progress};

/// Columns of one project VPC, as in the compatible command line.
const COLUMNS: &[&str] = &["project_vpc_id", "state", "cloud_name", "network_cidr"];

pub(super) async fn run(
    command: VpcCommand,
    settings: &Settings,
    printer: Printer,
) -> Result<(), Failure> {
    let session = Session::open(settings, printer)?;
    match command {
        VpcCommand::Create(args) => create(&session, &args).await,
        VpcCommand::List(args) => {
            let path = ["project", &session.project, "vpcs"];
            let answer: ProjectVpcList = session.client.read(&path).await?;
            let columns: &[&str] = if args.verbose {
                &[
                    "project_vpc_id",
                    "cloud_name",
                    "network_cidr",
                    "state",
                    "create_time",
                    "update_time",
                ]
            } else {
                &["project_vpc_id", "cloud_name", "network_cidr", "state"]
            };
            printer.rows(
                &raw_rows(answer.vpcs),
                Layout::Columns(columns),
                &args.output,
            )?;
            say_problems(&session, &args.output).await
        }
        VpcCommand::Get(args) => get(&session, &args).await,
        VpcCommand::Refresh(args) => refresh(&session, &args).await,
        VpcCommand::Delete(args) => delete(&session, &args).await,
    }
}

async fn create(session: &Session, args: &VpcCreateArgs) -> Result<(), Failure> {
    let mut body = json!({
        "cloud_name": args.cloud,
        "network_cidr": args.network_cidr,
        "peering_connections": [],
    });
    let mut ours = serde_json::Map::new();
    if args.byoc {
        ours.insert("byoc".to_owned(), Value::Bool(true));
    }
    if let Some(id) = &args.project_vpc_id {
        ours.insert("project_vpc_id".to_owned(), json!(id));
    }
    if let Some(group) = &args.adopt.azure_resource_group {
        let adopted = json!({
            "resource_group": group,
            "vnet_id": args.adopt.azure_vnet_id,
            "node_subnet": args.adopt.azure_node_subnet,
            "nat_subnet": args.adopt.azure_nat_subnet,
        });
        ours.insert("azure".to_owned(), adopted);
    }
    if let Some(network) = &args.adopt.google_network {
        let adopted = json!({
            "network": network,
            "node_subnet": args.adopt.google_node_subnet,
        });
        ours.insert("google".to_owned(), adopted);
    }
    if let (false, Value::Object(members)) = (ours.is_empty(), &mut body) {
        members.insert("underpass".to_owned(), Value::Object(ours));
    }
    let path = ["project", &session.project, "vpcs"];
    let mut vpc: Document<ProjectVpc> = session.client.post_for(&path, body).await?;
    if args.wait.wait {
        let id = vpc.content.id.clone();
        let path = ["project", &session.project, "vpcs", &id];
        vpc = wait::until(
            &format!("project VPC {id}"),
            &args.wait,
            session.printer,
            async || {
                let vpc: Document<ProjectVpc> = session.client.read(&path).await?;
                Ok(if vpc.content.state == "ACTIVE" {
                    Progress::Done(vpc)
                } else {
                    Progress::Pending(vpc.content.state)
                })
            },
        )
        .await?;
    }
    session
        .printer
        .row(&vpc.raw, Layout::Columns(COLUMNS), &args.output)
}

async fn get(session: &Session, args: &VpcGetArgs) -> Result<(), Failure> {
    let id = &args.project_vpc_id;
    let mut vpc = session
        .client
        .get(&["project", &session.project, "vpcs", id])
        .await?;
    let path = ["underpass", "project", &session.project, "vpcs", id];
    // Its cloud resources are known only once it exists.
    let resources = match session.client.get(&path).await {
        Ok(resources) => resources,
        Err(failure) if failure.is_missing() => Value::Null,
        Err(failure) => return Err(failure),
    };
    if let (Some(members), Value::Object(resources)) = (vpc.as_object_mut(), resources) {
        members.extend(resources);
    }
    let layout = Layout::Detailed(COLUMNS, &["azure.*", "google.*"]);
    session.printer.row(&vpc, layout, &args.output)?;
    if is_table(&args.output) {
        let conditions = vpc.get("conditions").cloned().unwrap_or_default();
        let conditions: Vec<ConditionView> = serde_json::from_value(conditions).unwrap_or_default();
        say_conditions(session.printer, &format!("Project VPC {id}"), &conditions);
    }
    Ok(())
}

async fn refresh(session: &Session, args: &VpcRefreshArgs) -> Result<(), Failure> {
    let id = &args.project_vpc_id;
    let vpcs = ["underpass", "project", &session.project, "vpcs"];
    let path = [&vpcs[..], &[id, "refresh"]].concat();
    let answer = session.client.post(&path, json!({})).await?;
    session
        .printer
        .rows(&[answer], Layout::Sorted, &args.output)
}

/// Prints the conditions of project VPCs that are no mere progress, below a table.
async fn say_problems(session: &Session, output: &OutputArgs) -> Result<(), Failure> {
    if !is_table(output) {
        return Ok(());
    }
    let path = ["underpass", "project", &session.project, "vpcs"];
    match session.client.read::<VpcList>(&path).await {
        Ok(list) => {
            for vpc in list.vpcs {
                let subject = format!("Project VPC {}", vpc.project_vpc_id);
                say_conditions(session.printer, &subject, &vpc.conditions);
            }
            Ok(())
        }
        // A server of the compatible API alone.
        Err(failure) if failure.is_missing() => Ok(()),
        Err(failure) => Err(failure),
    }
}

async fn delete(session: &Session, args: &VpcDeleteArgs) -> Result<(), Failure> {
    let id = &args.project_vpc_id;
    let path = ["project", &session.project, "vpcs", id];
    if !args.consent.yes {
        let vpc: ProjectVpc = session.client.read(&path).await?;
        session.printer.say(&format!(
            "This deletes project VPC {id} in {} ({}). A network that Underpass made is deleted in \
             the cloud, an adopted one stays. A project VPC with services is refused.",
            vpc.cloud, vpc.cidr
        ));
    }
    session
        .printer
        .confirm(&format!("Delete project VPC {id}"), args.consent)?;
    let vpc = session.client.delete(&path).await?;
    if args.wait.wait {
        wait::until(
            &format!("project VPC {id}"),
            &args.wait,
            session.printer,
            async || match session.client.read::<ProjectVpc>(&path).await {
                Ok(vpc) => Ok(Progress::Pending(vpc.state)),
                Err(failure) if failure.is_missing() => Ok(Progress::Done(())),
                Err(failure) => Err(failure),
            },
        )
        .await?;
    }
    session
        .printer
        .row(&vpc, Layout::Columns(COLUMNS), &args.output)
}
