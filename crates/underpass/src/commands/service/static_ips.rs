//! Static IP addresses that a service needs on Azure.

use underpass_model::static_ip;

use crate::commands::session::Session;
use crate::commands::static_ip as static_ip_command;
use crate::compatible::service::Service;
use crate::failure::Failure;

/// Creates and associates as many addresses as the service lacks for a number of nodes.
///
/// # Errors
/// A refusal of the server; the addresses of this call that no service uses are deleted.
pub(super) async fn complete(
    session: &Session,
    service: &Service,
    nodes: usize,
) -> Result<(), Failure> {
    let associated = static_ip_command::of_service(session, &service.name).await?;
    let needed = static_ip::required(nodes.max(1));
    let missing = needed.saturating_sub(associated.len());
    let created = create(session, &service.cloud, missing).await?;
    for (number, id) in created.iter().enumerate() {
        if let Err(failure) = static_ip_command::associate(session, id, &service.name).await {
            delete(session, created.get(number..).unwrap_or_default()).await;
            return Err(failure);
        }
    }
    Ok(())
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
                "warning: failed to delete static IP {id}: {failure}"
            )),
        }
    }
    if deleted > 0 {
        session.printer.say(&format!(
            "Deleted {deleted} of the static IP addresses that this command created, because it failed"
        ));
    }
}
