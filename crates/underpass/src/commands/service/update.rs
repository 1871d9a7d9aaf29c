//! `service update`

use serde_json::{Map, Value};

use super::document::fetch;
use super::registration::Registration;
use super::{static_ips, submit, user_config};
use crate::cli::service::ServiceUpdateArgs;
use crate::commands::session::Session;
use crate::failure::Failure;

pub(super) async fn run(session: &Session, args: &ServiceUpdateArgs) -> Result<(), Failure> {
    let mut body = changes(args);
    let registration = Registration::read(&args.registration)?
        .with_node_changes(&args.added_nodes, &args.removed_nodes);
    let changes_options = !args.user_config.is_empty() || !args.remove_options.is_empty();
    if body.is_empty() && registration.is_empty() && !changes_options && !args.auto_static_ips {
        return Err(Failure::usage("nothing to change")
            .hint("list the options with `underpass service update --help`"));
    }
    let service = fetch(session, &args.service_name).await?;
    let nodes = registration.node_count(&service)?;
    let mut options = Map::new();
    if changes_options || args.auto_static_ips {
        let kind = service.content.kind.as_str();
        let schema = user_config::schema(session, kind).await?;
        options = user_config::assignments(kind, &schema, &args.user_config)?;
        user_config::removals(kind, &schema, &args.remove_options, &mut options)?;
    }
    let mut created = Vec::new();
    if args.auto_static_ips {
        options.insert("static_ips".to_owned(), Value::Bool(true));
        created = static_ips::complete(session, &service.content, nodes).await?;
    }
    if !options.is_empty() {
        body.insert("user_config".to_owned(), Value::Object(options));
    }
    let sent = submit::send(session, service, &body, &registration, args.consent).await;
    if sent.is_err() {
        static_ips::withdraw(session, &created).await;
    }
    sent
}

fn changes(args: &ServiceUpdateArgs) -> Map<String, Value> {
    let switch = |on: bool, off: bool| match (on, off) {
        (true, _) => Some(Value::Bool(true)),
        (false, true) => Some(Value::Bool(false)),
        (false, false) => None,
    };
    let vpc = args
        .project_vpc_id
        .as_deref()
        .map(Value::from)
        .or_else(|| args.no_project_vpc.then_some(Value::Null));
    let protection = switch(
        args.enable_termination_protection,
        args.disable_termination_protection,
    );
    let changes = [
        ("plan", args.plan.as_deref().map(Value::from)),
        ("cloud", args.cloud.as_deref().map(Value::from)),
        ("project_vpc_id", vpc),
        ("termination_protection", protection),
        ("powered", switch(args.power_on, args.power_off)),
    ];
    changes
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
