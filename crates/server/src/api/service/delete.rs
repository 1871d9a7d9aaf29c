//! Removal of services without links.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use underpass_model::credentials::Credentials;
use underpass_model::link::check_removal;
use underpass_model::ordinals::{ConnectionOrdinals, RetiredOrdinals};
use underpass_model::static_ip::StaticIp;
use underpass_store::{
    Change, Expectation, HostLabelReservation, Key, Kind, Lookup, OwnedRows, ResourceHolder,
};

use super::service_vpc::ServiceVpc;
use crate::api::cloud_resource::{ResourceUse, reserve};
use crate::api::error::Error;
use crate::api::extract::Member;
use crate::api::history::Subject;
use crate::api::service_snapshot::ServiceSnapshot;
use crate::app::App;

pub(super) async fn delete(State(app): State<App>, member: Member) -> Result<Json<Value>, Error> {
    let name = member.service()?;
    app.transact(|| async {
        let snapshot = ServiceSnapshot::load(&app, &member.project.value, &name).await?;
        let service = &snapshot.service.value;
        let links: Vec<_> = snapshot.links.iter().map(|link| &link.link.value).collect();
        check_removal(service, &links)?;
        let key = snapshot.service.key.clone();
        let label = Key::host_label(&service.host_label);
        // Without a link, no worker draws ordinals.
        let lookups = [
            Lookup::One(Kind::ConnectionOrdinals, key.clone()),
            Lookup::One(Kind::RetiredOrdinals, label.clone()),
        ];
        let fetched = app.store.fetch(&lookups).await?;
        let counted = fetched.one::<ConnectionOrdinals>(&key)?;
        let retired = fetched.one::<RetiredOrdinals>(&label)?;
        let last = counted.map(|row| row.value).unwrap_or_default();
        let last = last.including(retired.iter().map(|row| row.value.0.last));
        let mut change = Change::new()
            .expect(Expectation::NoneUnder(Kind::Link, key.clone()))
            .delete(&snapshot.service)
            .remove::<HostLabelReservation>(label.clone())
            .remove::<ConnectionOrdinals>(key.clone())
            .remove::<Credentials>(key);
        if last != ConnectionOrdinals::default() {
            change = change.put(label, &RetiredOrdinals(last))?;
        }
        if let Some(vpc) = service.project_vpc_id {
            change = ServiceVpc::move_out(change, member.name(), vpc, &name);
        }
        let (used, holder) = (
            service.cloud_resources(),
            ResourceHolder::Service(name.clone()),
        );
        let ended = ResourceUse::ended(&holder, &used);
        change = reserve(&app, &member, change, ended).await?;
        let ips = Lookup::Owned(OwnedRows::static_ips(member.name(), &name));
        for mut ip in app.store.fetch(&[ips]).await?.readable::<StaticIp>() {
            ip.value.service = None;
            change = change.update(&ip)?;
        }
        let subject = Subject::Service(&name);
        let message =
            format!("Service `{name}` was removed. The servers on its nodes keep running");
        let event = member.event(app.clock.now(), &subject, "service.deleted", message);
        Ok((change.event(event), ()))
    })
    .await?;
    Ok(Json(json!({"message": "deleted"})))
}
