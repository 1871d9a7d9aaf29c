//! `try`: publishes a running service and prints a client command that works.
//!
//! Each step reads the present state and creates only what is missing, so that a repeated run changes
//! nothing. Steps are printed on stderr as the equivalent commands; the one line on stdout is the
//! client command.

mod typed;

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::json;
use underpass_api_types::connection::ConnectionView;
use underpass_model::link::ConnectionState;
use underpass_model::service_type::{self, ComponentFacts};

use self::typed::typed;
use super::connection_info;
use super::privatelink::Offer;
use super::service::{Plan, document};
use super::session::Session;
use crate::cli::try_out::{Switch, TryArgs, TryCloud};
use crate::cli::up::UpArgs;
use crate::consumer::{Consumer, Endpoint};
use crate::control_plane::signals;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::ready::Ready;
use crate::settings::Settings;
use crate::tls_detection;
use crate::up::wiring::Up;

/// Message of the consumer's request.
const MESSAGE: &str = "underpass try";

/// Longest time to accept a connection: 2 s, on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// Pause between two probes: 50 ms, because a person waits.
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
    printer.say("No `up` is running. Starting one, which runs until Ctrl-C.");
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
            printer.say("The command works until Ctrl-C stops this process. The next run resumes.");
            up.run_until(stop).await
        }
        Err(failure) => up.stop().await.and(Err(failure)),
    }
}

/// Refuses an address on which nothing listens.
async fn listens(args: &TryArgs) -> Result<(), Failure> {
    if underpass_net::probe::answers(args.at.into(), PATIENCE).await {
        return Ok(());
    }
    Err(
        Failure::refused(format!("nothing listens on {}", args.at)).hint(format!(
            "start a server of type `{}` on this loopback address first; `try` publishes running \
             servers",
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
    /// ID in the provider's list of connections.
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

/// One run of `try`.
struct Attempt<'a> {
    session: Session,
    ready: Ready,
    args: &'a TryArgs,
    /// Name of the service and of the consumer's endpoint.
    name: String,
}

impl Attempt<'_> {
    async fn go(&self) -> Result<(), Failure> {
        self.enable_feature().await?;
        let cloud = self.register().await?;
        let offer = Offer::of(&self.session, cloud, &self.name)?;
        let target = self.publish(&offer).await?;
        let entry = self.create_endpoint(&self.consumer()?, &target).await?;
        let connection = self.approve(&offer, &entry).await?;
        self.reach(&entry).await?;
        let main = main_component(&self.args.service_type)?;
        let tls = self.speaks_tls(main).await;
        connection_info::print_first(&self.session, &self.name, &connection, tls).await
    }

    fn say(&self, words: &[&str]) {
        self.session.printer.say(&format!("$ {}", typed(words)));
    }

    /// Switches on the feature that PostgreSQL on Google requires.
    async fn enable_feature(&self) -> Result<(), Failure> {
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

    /// Registers the service with its main component open, and returns its cloud.
    async fn register(&self) -> Result<&str, Failure> {
        let provider = self.args.cloud.provider();
        let mut vpcs = self.ready.project_vpcs.iter();
        let vpc = vpcs.find(|(cloud, _)| cloud.starts_with(provider));
        let (cloud, vpc) = vpc.ok_or_else(|| {
            Failure::refused(format!("this `up` has no project VPC in {provider}"))
                .hint("create one with `underpass vpc create`, then use `underpass service create`")
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
            Ok(known) => plan.check(&known.content)?,
            Err(failure) if failure.is_missing() => {
                let words = plan.words();
                self.say(&words.iter().map(String::as_str).collect::<Vec<_>>());
                plan.create(&self.session).await?;
            }
            Err(failure) => return Err(failure),
        }
        Ok(cloud)
    }

    /// Reports whether the service uses TLS: as given, as detected, or else yes.
    async fn speaks_tls(&self, component: &ComponentFacts) -> bool {
        if let Some(given) = self.args.tls {
            return given == Switch::On;
        }
        let detected = tls_detection::speaks_tls(component.uri.protocol, self.args.at.into()).await;
        detected.unwrap_or(true)
    }

    /// Creates the link, waits until it is active, and returns the target for consumers.
    async fn publish(&self, offer: &Offer<'_>) -> Result<String, Failure> {
        let (provider, name) = (self.args.cloud.provider(), self.name.as_str());
        if !offer.exists().await? {
            let link = ["underpass", "service", "privatelink", provider];
            let mut words = [&link[..], &["create", name]].concat();
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

    /// Creates the consumer's endpoint.
    async fn create_endpoint(&self, consumer: &Consumer, target: &str) -> Result<Entry, Failure> {
        let (provider, name) = (self.args.cloud.provider(), self.name.as_str());
        if let Some(endpoint) = consumer.find(name).await? {
            // Its service was deleted, so the endpoint is useless.
            if !matches!(endpoint.status.as_str(), "Disconnected" | "CLOSED") {
                return Entry::of(endpoint);
            }
            self.say(&[
                "underpass",
                "cloud",
                provider,
                "endpoint",
                "delete",
                name,
                "--yes",
            ]);
            consumer.delete(name).await?;
        }
        let endpoint = ["underpass", "cloud", provider, "endpoint", "create", name];
        self.say(&[&endpoint[..], &["--target", target]].concat());
        Entry::of(consumer.request_connection(name, target, MESSAGE).await?)
    }

    /// Approves the connection, waits until it is active, and returns its ID.
    async fn approve(&self, offer: &Offer<'_>, entry: &Entry) -> Result<String, Failure> {
        let (provider, name) = (self.args.cloud.provider(), self.name.as_str());
        let link = ["underpass", "service", "privatelink", provider];
        if offer.connection(&entry.id).await?.is_none() {
            self.say(&[&link[..], &["refresh", name]].concat());
        }
        let connection = self.discover(offer, entry).await?;
        let id = connection.privatelink_connection_id.as_str();
        let address = entry.address.to_string();
        let verb = [&link[..], &["connection"]].concat();
        match (self.args.cloud, connection.state) {
            (_, ConnectionState::Rejected) => {
                return Err(
                    Failure::refused(format!("connection {id} was rejected")).hint(format!(
                        "`underpass service privatelink {provider} connection restore {name} {id}` \
                         approves it again"
                    )),
                );
            }
            (TryCloud::Azure, ConnectionState::PendingUserApproval) => {
                self.say(&[&verb[..], &["approve", name, id]].concat());
                offer.approve(id, json!({})).await?;
            }
            (TryCloud::Google, ConnectionState::PendingUserApproval) => {
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
        if self.args.cloud == TryCloud::Azure && connection.user_ip_address != Some(entry.address) {
            let flags = ["--endpoint-ip-address", &address];
            self.say(&[&verb[..], &["update", name, id], &flags].concat());
            offer.set_address(id, &address).await?;
        }
        offer.connected(id, self.args.timeout).await?;
        Ok(id.to_owned())
    }

    /// Refreshes the link until the connection of the endpoint is listed.
    async fn discover(&self, offer: &Offer<'_>, entry: &Entry) -> Result<ConnectionView, Failure> {
        let listing = async {
            loop {
                if let Some(connection) = offer.connection(&entry.id).await? {
                    return Ok(connection);
                }
                offer.refresh().await?;
            }
        };
        let found = tokio::time::timeout(self.args.timeout, listing).await;
        found.unwrap_or_else(|_| {
            Err(Failure::refused(format!(
                "the endpoint is still not listed as a connection after {:?}",
                self.args.timeout
            ))
            .hint("show the answers of the cloud with `underpass events`"))
        })
    }

    /// Waits until the endpoint accepts connections: the nodes of a new service may start late.
    async fn reach(&self, entry: &Entry) -> Result<(), Failure> {
        let at = (entry.address, self.args.at.port()).into();
        let probing = async {
            while !underpass_net::probe::answers(at, PATIENCE).await {
                tokio::time::sleep(POLL).await;
            }
        };
        let reached = tokio::time::timeout(self.args.timeout, probing).await;
        reached.map_err(|_| {
            Failure::refused(format!(
                "every step succeeded, but {at} still does not accept connections after {:?}",
                self.args.timeout
            ))
            .hint(format!(
                "show details with `underpass service privatelink connections {}` and `underpass events`",
                self.name
            ))
        })?;
        self.session.printer.say(&format!(
            "{at} accepts connections. The path through the private endpoint works."
        ));
        Ok(())
    }
}

/// Returns the component that clients use by default.
fn main_component(service_type: &str) -> Result<&'static ComponentFacts, Failure> {
    let facts = service_type::find(service_type);
    let main = facts.and_then(service_type::ServiceTypeFacts::main_component);
    main.ok_or_else(|| {
        let known: Vec<_> = service_type::SERVICE_TYPES
            .iter()
            .map(|it| it.name)
            .collect();
        Failure::usage(format!("there is no service type `{service_type}`"))
            .hint(format!("valid values: {}", known.join(", ")))
    })
}
