//! A link, the same for every cloud.

use serde::Deserialize;
use serde_json::{Value, json};
use underpass_api_types::connection::ConnectionView;
use underpass_api_types::link::LinkView;

use super::connection_line::line;
use super::progress::progress;
use crate::cli::output::OutputArgs;
use crate::cli::privatelink::link::LinkDeleteArgs;
use crate::cli::span::WaitArgs;
use crate::commands::session::Session;
use crate::compatible::connection::{Connection, ConnectionList};
use crate::compatible::link::Link as CompatibleLink;
use crate::document::Document;
use crate::failure::Failure;
use crate::table::Layout;
use crate::wait::{self, Progress};

/// Properties of the links of one cloud.
#[derive(Debug)]
pub(super) struct Kind {
    /// Word in paths and commands.
    pub(super) provider: &'static str,
    /// Name of the target that consumers connect to.
    pub(super) target: &'static str,
    /// Columns of connections, as in the compatible command line.
    pub(super) columns: &'static [&'static str],
}

pub(super) const AZURE: Kind = Kind {
    provider: "azure",
    target: "alias",
    columns: &[
        "privatelink_connection_id",
        "private_endpoint_id",
        "state",
        "user_ip_address",
    ],
};

pub(super) const GOOGLE: Kind = Kind {
    provider: "google",
    target: "service attachment",
    columns: &[
        "privatelink_connection_id",
        "psc_connection_id",
        "state",
        "user_ip_address",
    ],
};

impl Kind {
    /// Returns the kind of links in a cloud such as `azure-westeurope`.
    pub(super) fn of_cloud(cloud: &str) -> Option<&'static Self> {
        let is_it = |kind: &&Self| {
            let rest = cloud.strip_prefix(kind.provider);
            rest.is_some_and(|rest| rest.starts_with('-'))
        };
        [&AZURE, &GOOGLE].into_iter().find(is_it)
    }
}

/// Answer with every connection of a link, unknown members included.
#[derive(Deserialize)]
struct AllConnections {
    connections: Vec<Document<ConnectionView>>,
}

/// The link of a service.
pub(super) struct Link<'a> {
    pub(super) session: &'a Session,
    pub(super) kind: &'static Kind,
    pub(super) service: &'a str,
}

impl<'a> Link<'a> {
    pub(super) const fn of(session: &'a Session, kind: &'static Kind, service: &'a str) -> Self {
        Self {
            session,
            kind,
            service,
        }
    }

    /// Returns the path of the link or of a resource below it.
    pub(super) fn path(&self, below: &[&'a str]) -> Vec<&'a str> {
        let link = [
            "project",
            &self.session.project,
            "service",
            self.service,
            "privatelink",
            self.kind.provider,
        ];
        [&link[..], below].concat()
    }

    /// Creates the link, and waits until it is active if requested.
    ///
    /// # Errors
    /// A refusal of the server, the end of the time limit, or a failed output.
    pub(super) async fn create(
        &self,
        body: Value,
        wait: &WaitArgs,
        output: &OutputArgs,
    ) -> Result<(), Failure> {
        let mut link = self.session.client.post(&self.path(&[]), body).await?;
        if wait.wait {
            link = self.wait_active(wait).await?.raw;
        }
        self.print(link, output)?;
        let command = format!(
            "underpass service privatelink {} {{}} {}",
            self.kind.provider, self.service
        );
        self.session.printer.say(&if wait.wait {
            format!(
                "next: give the {} to the consumer. Once the endpoint exists, list it with `{}`",
                self.kind.target,
                command.replace("{}", "refresh")
            )
        } else {
            format!(
                "next: wait until the state is `active`. Check with `{}`",
                command.replace("{}", "get")
            )
        });
        Ok(())
    }

    /// Waits until the link is active, printing its progress.
    ///
    /// # Errors
    /// A refusal of the server, or the end of the time limit.
    pub(super) async fn wait_active(
        &self,
        wait: &WaitArgs,
    ) -> Result<Document<CompatibleLink>, Failure> {
        wait::until(&self.title(), wait, self.session.printer, async || {
            let link: Document<CompatibleLink> = self.session.client.read(&self.path(&[])).await?;
            if link.content.state == "active" {
                return Ok(Progress::Done(link));
            }
            Ok(Progress::Pending(self.progress(&link.content).await?))
        })
        .await
    }

    /// Returns the progress of the link; `link` is its compatible document.
    async fn progress(&self, link: &CompatibleLink) -> Result<String, Failure> {
        Ok(match self.conditions().await? {
            Some(conditions) => progress(&conditions),
            None => link.state.clone(),
        })
    }

    /// Reads the link with the conditions of its parts, if it exists.
    ///
    /// # Errors
    /// A refusal of the server other than a missing link.
    pub(super) async fn conditions(&self) -> Result<Option<LinkView>, Failure> {
        let path = [&["underpass"][..], &self.path(&[])].concat();
        match self.session.client.read(&path).await {
            Ok(link) => Ok(Some(link)),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Prints the link.
    ///
    /// # Errors
    /// A refusal of the server, or a failed output.
    pub(super) async fn get(&self, output: &OutputArgs) -> Result<(), Failure> {
        let link = self.session.client.get(&self.path(&[])).await?;
        self.print(link, output)
    }

    /// Discovers new endpoints and returns the answer.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(super) async fn refresh(&self) -> Result<Value, Failure> {
        let path = self.path(&["refresh"]);
        self.session.client.post(&path, json!({})).await
    }

    /// Deletes the link after a confirmation that names the connections.
    ///
    /// # Errors
    /// A missing confirmation, a refusal of the server, or the end of the time limit.
    pub(super) async fn delete(&self, args: &LinkDeleteArgs) -> Result<(), Failure> {
        let (session, service) = (self.session, self.service);
        if !args.consent.yes {
            self.announce_deletion().await?;
        }
        session.printer.confirm(
            &format!("Delete the private link of {service}"),
            args.consent,
        )?;
        let path = self.path(&[]);
        let link = session.client.delete(&path).await?;
        if args.wait.wait {
            wait::until(
                &self.title(),
                &args.wait,
                session.printer,
                async || match session.client.read(&path).await {
                    Ok(link) => Ok(Progress::Pending(self.progress(&link).await?)),
                    Err(failure) if failure.is_missing() => Ok(Progress::Done(())),
                    Err(failure) => Err(failure),
                },
            )
            .await?;
        }
        self.print(link, &args.output)
    }

    /// Prints the connections that a deletion cuts.
    async fn announce_deletion(&self) -> Result<(), Failure> {
        let connections = self.all_connections().await?;
        let printer = self.session.printer;
        printer.say(&format!(
            "This deletes the private link of {} and its {} permanently. A new link gets a new \
             one.",
            self.service, self.kind.target
        ));
        let (cut, others): (Vec<_>, Vec<_>) = connections
            .iter()
            .map(|it| &it.content)
            .partition(|it| it.can_carry_flows());
        if cut.is_empty() {
            printer.say("No connection can carry flows.");
        } else {
            printer.say("It cuts these connections:");
        }
        for connection in cut {
            printer.say(&line(connection));
        }
        if !others.is_empty() {
            printer.say("These connections carry no flows and are deleted:");
        }
        for connection in others {
            printer.say(&line(connection));
        }
        Ok(())
    }

    /// Reads the connections of the compatible list.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(super) async fn connections(&self) -> Result<Vec<Document<Connection>>, Failure> {
        let path = self.path(&["connections"]);
        let answer: ConnectionList = self.session.client.read(&path).await?;
        Ok(answer.connections)
    }

    /// Reads every connection from our own API.
    ///
    /// # Errors
    /// A refusal of the server.
    pub(super) async fn all_connections(&self) -> Result<Vec<Document<ConnectionView>>, Failure> {
        let path = [&["underpass"][..], &self.path(&["connections"])].concat();
        let answer: AllConnections = self.session.client.read(&path).await?;
        Ok(answer.connections)
    }

    fn print(&self, link: Value, output: &OutputArgs) -> Result<(), Failure> {
        self.session.printer.rows(&[link], Layout::Sorted, output)
    }

    fn title(&self) -> String {
        format!("private link of {}", self.service)
    }
}
