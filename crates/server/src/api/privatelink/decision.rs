//! One person's decision about one connection: the link's wish and the connection change together.

use jiff::Timestamp;
use underpass_model::cloud::Provider;
use underpass_model::connection::Connection;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::part::Observed;
use underpass_model::refusal::Refusal;
use underpass_model::work::{Enqueue, Priority};
use underpass_store::{Change, Versioned};

use crate::api::dossier::{Dossier, LinkDossier};
use crate::api::history::Subject;
use crate::api::{Error, Member};
use crate::app::App;

/// A kind of decision, in the history's words.
pub(in crate::api) struct Decision {
    /// The event's code.
    pub(in crate::api) code: &'static str,
    /// What was done to the connection.
    pub(in crate::api) verb: &'static str,
}

/// It is let in.
pub(in crate::api) const APPROVED: Decision = Decision {
    code: "connection.approved",
    verb: "approved",
};

/// It is turned away.
pub(in crate::api) const REJECTED: Decision = Decision {
    code: "connection.rejected",
    verb: "rejected",
};

/// It is let back in.
pub(in crate::api) const RESTORED: Decision = Decision {
    code: "connection.restored",
    verb: "let back in",
};

/// Its endpoint's address is told.
pub(in crate::api) const ADDRESSED: Decision = Decision {
    code: "connection.addressed",
    verb: "given an address",
};

/// Applies a decision to the connection in the path, as often as the rows change underneath.
///
/// `act` tells whether it changed anything. Returns the link with its connections and the
/// connection as decided.
pub(in crate::api) async fn decide(
    app: &App,
    member: &Member,
    provider: Provider,
    decision: &Decision,
    act: impl Fn(&mut Link, &mut Connection, &Observed, Timestamp) -> Result<bool, Refusal>,
) -> Result<(LinkDossier, Connection), Error> {
    let name = member.service()?;
    let id: ConnectionId = member.segment("connection")?;
    app.transact(|| async {
        let now = app.clock.now();
        let mut dossier = Dossier::load(app, member.name(), &name)
            .await?
            .into_link(provider)?;
        let mut connection: Versioned<Connection> = dossier.connection(&id)?.clone();
        let link = &mut dossier.link;
        if !act(
            &mut link.value,
            &mut connection.value,
            &dossier.observed,
            now,
        )? {
            // Whatever `act` touched without changing anything is not to be seen.
            let stored = dossier.connection(&id)?.value.clone();
            return Ok((Change::new(), (dossier, stored)));
        }
        let subject = Subject::Connection(&name, provider, &id);
        let endpoint = &connection.value.identity.endpoint;
        let message = format!(
            "The connection of endpoint `{endpoint}` was {}",
            decision.verb
        );
        let change = Change::new()
            .update(link)?
            .update(&connection)?
            .enqueue(Enqueue {
                key: link.value.work_key(),
                due_at: now,
                generation: link.value.generation,
                priority: Priority::User,
            })
            .event(member.told(now, &subject, decision.code, message));
        Ok((change, (dossier, connection.value)))
    })
    .await
}
