//! `try`: from a running service to a client command that works.
//!
//! Each step looks first and does only what is missing, so that trying again changes nothing. What
//! a step does is said as the command a person could have typed; the talk is on stderr, and the one
//! line on stdout is the client command.

mod security;
mod typed;

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};
use underpass_model::service_type::{self, ComponentFacts};

use self::typed::typed;
use super::connection_info;
use super::privatelink::Offer;
use super::service::{Plan, document};
use super::session::Session;
use crate::cli::try_out::{Switch, TryArgs, TryCloud};
use crate::cli::up::UpArgs;
use crate::client::text;
use crate::consumer::{Consumer, Endpoint};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::ready::Ready;
use crate::settings::Settings;
use crate::up::signals;
use crate::up::wiring::Up;

/// What the consumer says when it asks for a connection.
const MESSAGE: &str = "underpass try";

/// How long whoever listens may take to answer a connection: 2 s, on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// Pause between looks at something that is on its way: 50 ms, as a person waits for it.
const POLL: Duration = Duration::from_millis(50);

pub(super) async fn run(
    settings: &Settings,
    args: &TryArgs,
    printer: Printer,
) -> Result<(), Failure> {
    listens(args).await?;
    if settings.is_served() {
        return attempt(settings, args, printer).await;
    }
    let mut stop = signals::stop_on_signal()?;
    printer.say("No `up` runs: starting one; it stays until Ctrl-C.");
    let up_args = UpArgs::on_free_ports();
    let starting = Box::pin(Up::start(settings.data_dir(), &up_args));
    let up = tokio::select! {
        up = starting => up?,
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    let attempted = tokio::select! {
        attempted = Box::pin(attempt(settings, args, printer)) => attempted,
        _ = stop.wait_for(|stop| *stop) => Ok(()),
    };
    match attempted {
        Ok(()) => {
            printer.say("It works as long as this runs. Ctrl-C stops it; trying again resumes.");
            up.run_until(stop).await
        }
        Err(failure) => up.stop().await.and(Err(failure)),
    }
}

/// Refuses early what nobody answers for.
async fn listens(args: &TryArgs) -> Result<(), Failure> {
    if underpass_net::probe::answers(args.at.into(), PATIENCE).await {
        return Ok(());
    }
    Err(
        Failure::refused(format!("nothing answers on {}", args.at)).hint(format!(
            "start the {} first, on a loopback address; `try` publishes what runs already",
            args.service_type
        )),
    )
}

async fn attempt(settings: &Settings, args: &TryArgs, printer: Printer) -> Result<(), Failure> {
    let attempt = Attempt {
        session: Session::open(settings, printer)?,
        ready: settings.running()?,
        name: args
            .name
            .clone()
            .unwrap_or_else(|| format!("{}-{}", args.service_type, args.at.port())),
        args,
    };
    attempt.go().await
}

/// An endpoint that has its address.
struct Entry {
    /// As the provider's side lists it.
    id: String,
    address: Ipv4Addr,
}

impl Entry {
    fn of(endpoint: Endpoint) -> Result<Self, Failure> {
        let Endpoint { id, address, .. } = endpoint;
        let none = || Failure::refused(format!("endpoint {id} has no address"));
        let address = address.ok_or_else(none)?;
        Ok(Self { id, address })
    }
}

/// One try.
struct Attempt<'a> {
    session: Session,
    ready: Ready,
    args: &'a TryArgs,
    /// Of the service and of the consumer's endpoint.
    name: String,
}

impl Attempt<'_> {
    async fn go(&self) -> Result<(), Failure> {
        self.allow().await?;
        let cloud = self.register().await?;
        let offer = Offer::of(&self.session, cloud, &self.name)?;
        let handle = self.publish(&offer).await?;
        let entry = self.ask(&self.consumer()?, &handle).await?;
        let connection = self.let_in(&offer, &entry).await?;
        self.reach(&entry).await?;
        let main = main_component(&self.args.service_type)?;
        let tls = self.speaks_tls(main).await;
        connection_info::print_first(&self.session, &self.name, &connection, tls).await
    }

    fn say(&self, words: &[&str]) {
        self.session.printer.say(&format!("$ {}", typed(words)));
    }

    /// PostgreSQL on Google is behind a switch of its own.
    async fn allow(&self) -> Result<(), Failure> {
        if self.args.cloud != TryCloud::Google || self.args.service_type != "pg" {
            return Ok(());
        }
        let project = self.session.project.as_str();
        let feature = "privatelink_google_pg";
        self.say(&[
            "underpass",
            "project",
            "feature",
            "set",
            project,
            feature,
            "on",
        ]);
        let path = ["underpass", "project", project, "features", feature];
        let switched = self.session.client.put(&path, json!({ "enabled": true }));
        switched.await.map(drop)
    }

    /// The service, registered with its main component open; gives its cloud.
    async fn register(&self) -> Result<&str, Failure> {
        let provider = self.args.cloud.provider();
        let mut vpcs = self.ready.project_vpcs.iter();
        let vpc = vpcs.find(|(cloud, _)| cloud.starts_with(provider));
        let (cloud, vpc) = vpc.ok_or_else(|| {
            Failure::refused(format!("this `up` has no project VPC on {provider}"))
                .hint("make one with `underpass vpc create`, then go on with `service create`")
        })?;
        let main = main_component(&self.args.service_type)?;
        let plan = Plan {
            name: &self.name,
            service_type: &self.args.service_type,
            component: main.name,
            tls: self.speaks_tls(main).await,
            cloud,
            vpc,
            node: *self.args.at.ip(),
            port: self.args.at.port(),
            users: &self.args.users,
            needs_static_ips: self.args.cloud == TryCloud::Azure,
        };
        match document::fetch(&self.session, &self.name).await {
            Ok(known) => plan.check(&known)?,
            Err(failure) if failure.is_missing() => {
                let words = plan.words();
                self.say(&words.iter().map(String::as_str).collect::<Vec<_>>());
                plan.create(&self.session).await?;
            }
            Err(failure) => return Err(failure),
        }
        Ok(cloud)
    }

    /// Whether the service speaks TLS: as said, as it tells, or else as services are meant to.
    async fn speaks_tls(&self, component: &ComponentFacts) -> bool {
        if let Some(said) = self.args.tls {
            return said == Switch::On;
        }
        let told = security::speaks_tls(component.uri.protocol, self.args.at.into()).await;
        told.unwrap_or(true)
    }

    /// The link, active; gives what consumers are given.
    async fn publish(&self, offer: &Offer<'_>) -> Result<String, Failure> {
        let (provider, name) = (self.args.cloud.provider(), self.name.as_str());
        if !offer.is_there().await? {
            let mut words = vec!["avn", "service", "privatelink", provider, "create", name];
            let mut body = json!({});
            if let Some(azure) = self
                .ready
                .azure
                .as_ref()
                .filter(|_| self.args.cloud == TryCloud::Azure)
            {
                let subscription = azure.consumer_subscription.as_str();
                words.extend(["--user-subscription-id", subscription]);
                body = json!({ "user_subscription_ids": [subscription] });
            }
            self.say(&words);
            offer.create(body).await?;
        }
        offer.active(self.args.timeout).await
    }

    fn consumer(&self) -> Result<Consumer, Failure> {
        let (azure, google) = (&self.ready.azure, &self.ready.google);
        let consumer = match self.args.cloud {
            TryCloud::Azure => azure.as_ref().map(Consumer::azure),
            TryCloud::Google => google.as_ref().map(Consumer::google),
        };
        consumer.unwrap_or_else(|| {
            let provider = self.args.cloud.provider();
            Err(Failure::refused(format!(
                "this `up` does not emulate {provider}"
            )))
        })
    }

    /// The consumer's endpoint.
    async fn ask(&self, consumer: &Consumer, handle: &str) -> Result<Entry, Failure> {
        let (provider, name) = (self.args.cloud.provider(), self.name.as_str());
        if let Some(endpoint) = consumer.find(name).await? {
            // Its service is gone: it is of no use any more.
            if !matches!(endpoint.status.as_str(), "Disconnected" | "CLOSED") {
                return Entry::of(endpoint);
            }
            self.say(&["underpass", "cloud", provider, "endpoint", "delete", name]);
            consumer.delete(name).await?;
        }
        let endpoint = ["underpass", "cloud", provider, "endpoint", "create", name];
        self.say(&[&endpoint[..], &["--target", handle]].concat());
        Entry::of(consumer.request_connection(name, handle, MESSAGE).await?)
    }

    /// The connection, approved and active; gives its id.
    async fn let_in(&self, offer: &Offer<'_>, entry: &Entry) -> Result<String, Failure> {
        let (provider, name) = (self.args.cloud.provider(), self.name.as_str());
        let link = ["avn", "service", "privatelink", provider];
        if offer.connection(&entry.id).await?.is_none() {
            self.say(&[&link[..], &["refresh", name]].concat());
        }
        let connection = self.sighted(offer, entry).await?;
        let id = text(&connection, "privatelink_connection_id")?;
        let address = entry.address.to_string();
        let verb = [&link[..], &["connection"]].concat();
        let state = text(&connection, "state")?;
        match (self.args.cloud, state) {
            (_, "rejected") => {
                return Err(
                    Failure::refused(format!("connection {id} was rejected")).hint(format!(
                        "`underpass service privatelink {provider} connection restore {name} {id}` \
                         lets it back in"
                    )),
                );
            }
            (TryCloud::Azure, "pending-user-approval") => {
                self.say(&[&verb[..], &["approve", name, id]].concat());
                offer.approve(id, json!({})).await?;
            }
            (TryCloud::Google, "pending-user-approval") => {
                let flags = [
                    "--privatelink-connection-id",
                    id,
                    "--user-ip-address",
                    &address,
                ];
                self.say(&[&verb[..], &["approve", name], &flags].concat());
                let body = json!({ "user_ip_address": address });
                offer.approve(id, body).await?;
            }
            (TryCloud::Azure | TryCloud::Google, _) => {}
        }
        let known = connection.get("user_ip_address").and_then(Value::as_str);
        if self.args.cloud == TryCloud::Azure && known != Some(address.as_str()) {
            let flags = ["--endpoint-ip-address", &address];
            self.say(&[&verb[..], &["update", name, id], &flags].concat());
            offer.tell_address(id, &address).await?;
        }
        offer.connected(id, self.args.timeout).await?;
        Ok(id.to_owned())
    }

    /// The connection of an endpoint, looked for until it is listed.
    async fn sighted(&self, offer: &Offer<'_>, entry: &Entry) -> Result<Value, Failure> {
        let looking = async {
            loop {
                if let Some(connection) = offer.connection(&entry.id).await? {
                    return Ok(connection);
                }
                offer.refresh().await?;
            }
        };
        let found = tokio::time::timeout(self.args.timeout, looking).await;
        found.unwrap_or_else(|_| {
            Err(Failure::refused(format!(
                "the endpoint is not listed as a connection after {:?}",
                self.args.timeout
            ))
            .hint("`underpass events` tells what the cloud answered"))
        })
    }

    /// Bytes get through: the machine of a new service may be a moment behind.
    async fn reach(&self, entry: &Entry) -> Result<(), Failure> {
        let at = (entry.address, self.args.at.port()).into();
        let knocking = async {
            while !underpass_net::probe::answers(at, PATIENCE).await {
                tokio::time::sleep(POLL).await;
            }
        };
        let reached = tokio::time::timeout(self.args.timeout, knocking).await;
        reached.map_err(|_| {
            Failure::refused(format!(
                "everything is made, but nothing answers on {at} after {:?}",
                self.args.timeout
            ))
            .hint(format!(
                "`underpass service privatelink connections {}` and `underpass events` tell more",
                self.name
            ))
        })?;
        self.session.printer.say(&format!(
            "{at} answers: the way through the private endpoint works."
        ));
        Ok(())
    }
}

/// The component that clients mean when they name none.
fn main_component(service_type: &str) -> Result<&'static ComponentFacts, Failure> {
    let facts = service_type::find(service_type);
    let main = facts.and_then(service_type::ServiceTypeFacts::main_component);
    main.ok_or_else(|| {
        let known: Vec<_> = service_type::SERVICE_TYPES
            .iter()
            .map(|it| it.name)
            .collect();
        Failure::usage(format!("there is no service type `{service_type}`"))
            .hint(format!("there are {}", known.join(", ")))
    })
}
