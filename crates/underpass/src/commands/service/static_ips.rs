//! Static IP addresses that a service needs on Azure.

use underpass_model::static_ip;

use crate::commands::session::Session;
use crate::commands::static_ip as static_ip_command;
use crate::compatible::service::Service;
use crate::failure::Failure;

/// Creates and associates as many addresses as the service lacks for a number of nodes. Returns them.
///
/// # Errors
/// A refusal of the server; the addresses of this call are deleted.
pub(super) async fn complete(
    session: &Session,
    service: &Service,
    nodes: usize,
) -> Result<Vec<String>, Failure> {
    let associated = static_ip_command::of_service(session, &service.name).await?;
    let needed = static_ip::required(nodes.max(1));
    let missing = needed.saturating_sub(associated.len());
    let created = create(session, &service.cloud, missing).await?;
    for (number, id) in created.iter().enumerate() {
        if let Err(failure) = static_ip_command::associate(session, id, &service.name).await {
            let (used, unused) = created.split_at(number);
            delete(session, unused).await;
            withdraw(session, used).await;
            return Err(failure);
        }
    }
    Ok(created)
}

/// Undoes [`complete`] after a failure; names the addresses that cannot be deleted. The server keeps
/// those that the service needs.
pub(super) async fn withdraw(session: &Session, addresses: &[String]) {
    let mut free = Vec::new();
    for id in addresses {
        match static_ip_command::dissociate(session, id).await {
            Ok(()) => free.push(id.clone()),
            Err(failure) => session.printer.say(&format!(
                "warning: failed to dissociate static IP {id}, which this command created: \
                 {failure}. If the service does not need it, remove it with `underpass static-ip \
                 dissociate {id}` and `underpass static-ip delete {id}`"
            )),
        }
    }
    delete(session, &free).await;
}

/// Creates a number of addresses, all or none.
///
/// # Errors
/// A refusal of the server.
pub(super) async fn create(
    session: &Session,
    cloud: &str,
    count: usize,
) -> Result<Vec<String>, Failure> {
    let mut created = Vec::new();
    for _ in 0..count {
        match static_ip_command::create(session, cloud).await {
            Ok(address) => created.push(address.content.id),
            Err(failure) => {
                delete(session, &created).await;
                return Err(failure);
            }
        }
    }
    session.printer.say(&format!(
        "Created {} static IP addresses in {cloud}",
        created.len()
    ));
    Ok(created)
}

/// Undoes [`create`] after a failure; names the addresses that cannot be deleted.
pub(super) async fn delete(session: &Session, addresses: &[String]) {
    let mut deleted = 0;
    for id in addresses {
        match static_ip_command::delete(session, id).await {
            Ok(()) => deleted += 1,
            Err(failure) => session.printer.say(&format!(
                "warning: failed to delete static IP {id}, which this command created: {failure}. \
                 Remove it with `underpass static-ip delete {id}`"
            )),
        }
    }
    if deleted > 0 {
        session.printer.say(&format!(
            "Deleted {deleted} of the static IP addresses that this command created, because it failed"
        ));
    }
}
