//! `service create`

use serde_json::{Map, Value, json};
use underpass_model::cloud::CloudName;
use underpass_model::{service_type, static_ip};

use super::document::wait_running;
use super::registration::Registration;
use super::{static_ips, unregistered, user_config};
use crate::cli::service::ServiceCreateArgs;
use crate::commands::session::Session;
use crate::compatible::vpc::ProjectVpcList;
use crate::failure::Failure;

pub(super) async fn run(session: &Session, args: &ServiceCreateArgs) -> Result<(), Failure> {
    let mut options = Map::new();
    if !args.user_config.is_empty() {
        let schema = user_config::schema(session, &args.service_type).await?;
        options = user_config::assignments(&args.service_type, &schema, &args.user_config)?;
    }
    let registration = Registration::read(&args.registration)?;
    let vpc = chosen_vpc(session, args).await?;

    let mut addresses = args.static_ips.clone();
    if args.auto_static_ips {
        addresses = create_static_ips(session, args).await?;
        options.insert("static_ips".to_owned(), Value::Bool(true));
    }
    let mut body = json!({
        "cloud": args.cloud,
        "plan": args.plan,
        "service_integrations": [],
        "service_name": args.service_name,
        "service_type": args.service_type,
        "user_config": options,
        "termination_protection": args.enable_termination_protection,
        "static_ips": addresses,
    });
    if let Some(members) = body.as_object_mut() {
        if let Some(vpc) = vpc {
            members.insert("project_vpc_id".to_owned(), vpc);
        }
        members.extend(registration.new_body());
    }
    let outcome = session
        .client
        .post(&["project", &session.project, "service"], body)
        .await;
    match outcome {
        Ok(answer) => unregistered::warn(session.printer, &answer, Some(&options)),
        Err(failure) => {
            if args.auto_static_ips {
                static_ips::delete(session, &addresses).await;
            }
            return Err(failure);
        }
    }
    if args.wait.wait {
        wait_running(session, &args.service_name, &args.wait).await?;
    }
    Ok(())
}

/// Prints the next step, for callers that do not take it themselves.
pub(super) fn print_next(session: &Session, args: &ServiceCreateArgs) {
    let message = match &args.project_vpc_id {
        Some(_) => next(args),
        None => without_vpc(args),
    };
    if let Some(message) = message {
        session.printer.say(&message);
    }
}

/// Returns the remedy of a service without a project VPC, where a link would need one.
fn without_vpc(args: &ServiceCreateArgs) -> Option<String> {
    let cloud: CloudName = args.cloud.as_deref()?.parse().ok()?;
    let facts = service_type::find(&args.service_type)?;
    let is_offered = facts.providers.contains(&cloud.provider());
    is_offered.then(|| {
        format!(
            "Registered service {0} without a project VPC, which a private link needs. Before you \
             publish it, choose one of `underpass vpc list`, or create one with `underpass vpc \
             create --cloud {cloud} --network-cidr CIDR`, and move the service into it with \
             `underpass service update {0} --project-vpc-id ID`",
            args.service_name
        )
    })
}

/// Returns the next step of a service in a project VPC, in clouds where it can be published.
fn next(args: &ServiceCreateArgs) -> Option<String> {
    let (provider, _) = args.cloud.as_deref()?.split_once('-')?;
    let flags = match provider {
        "azure" => " --user-subscription-id SUBSCRIPTION_ID",
        "google" => "",
        _ => return None,
    };
    Some(format!(
        "Registered service {0}. Next: publish it with `underpass service privatelink {provider} \
         create {0}{flags} --wait`",
        args.service_name
    ))
}

/// Returns the project VPC of the request: the given one, null if given as none, or nothing if the
/// cloud has none.
///
/// Like the compatible client, this refuses to omit a VPC if the project has one in the cloud.
async fn chosen_vpc(session: &Session, args: &ServiceCreateArgs) -> Result<Option<Value>, Failure> {
    if let Some(id) = &args.project_vpc_id {
        return Ok(Some(Value::from(id.as_str())));
    }
    if args.no_project_vpc {
        return Ok(Some(Value::Null));
    }
    let Some(cloud) = &args.cloud else {
        return Ok(None);
    };
    let path = ["project", &session.project, "vpcs"];
    let answer: ProjectVpcList = session.client.read(&path).await?;
    let vpcs = answer.vpcs.iter().map(|vpc| &vpc.content);
    let existing: Vec<&str> = vpcs
        .filter(|vpc| vpc.cloud == *cloud)
        .map(|vpc| vpc.id.as_str())
        .collect();
    if existing.is_empty() {
        return Ok(None);
    }
    Err(Failure::usage(format!(
        "project `{}` has a VPC in {cloud}, and no choice is given",
        session.project
    ))
    .hint(format!(
        "add --project-vpc-id {}, or --no-project-vpc",
        existing.join(" or --project-vpc-id ")
    )))
}

async fn create_static_ips(
    session: &Session,
    args: &ServiceCreateArgs,
) -> Result<Vec<String>, Failure> {
    let Some(cloud) = &args.cloud else {
        return Err(Failure::usage(
            "--auto-static-ips requires a cloud. Add --cloud",
        ));
    };
    let nodes = args.registration.nodes.len();
    if nodes == 0 {
        return Err(Failure::usage(
            "--auto-static-ips requires the number of nodes. Add each --node",
        ));
    }
    static_ips::create(session, cloud, static_ip::required(nodes)).await
}
