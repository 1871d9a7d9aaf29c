//! The service attachment, which consumers' endpoints connect to, with its accept and reject lists.
//!
//! An attachment can never be moved to another forwarding rule, and a new one would end every
//! connection. So a change affects only NAT ranges and lists.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use serde_json::{Value, json};
use underpass_model::connection::Identity;
use underpass_model::id::ConnectionId;
use underpass_model::observed_connection::ObservedConnection;
use underpass_model::part::{Admission, Confirmed, Facts, GoogleSpec, Spec};
use underpass_model::reconcile::{Evidence, Outcome};

use super::classify;
use super::job::{Job, Sent, Write, check_tag, confirmed};
use super::names::range_of;
use super::ownership;
use super::resource::{Resource, name_of, path_of};
use crate::cloud::Report;
use crate::document;
use crate::error::{Error, ErrorKind, own};
use crate::listing::LinkOrigin;

/// The maximum of characters kept of an untrusted text: 1,000.
const TEXT_LENGTH: usize = 1000;

/// The member with proofs. No limit of its size is documented; the lists and [`MOST_OTHERS`] bound
/// it.
const METADATA: &str = "metadata";

/// The key of the proof that the link is ours.
const LINK_PROOF: &str = "underpass-link";

/// The most proofs about endpoints that are on neither list: 256.
const MOST_OTHERS: usize = 256;

/// The prefix of the keys of decisions' proofs; the endpoint's number follows.
const PROOF_PREFIX: &str = "underpass-endpoint-";

/// The properties of an attachment that are written.
#[derive(Clone, Copy)]
pub(super) struct Lists<'a> {
    pub(super) nat: &'a BTreeSet<Ipv4Net>,
    pub(super) accept: &'a BTreeSet<String>,
    pub(super) reject: &'a BTreeSet<String>,
}

pub(super) async fn read(job: Job<'_>) -> Result<Report, Error> {
    let attachment = job.names.attachment();
    Ok(match job.get_own(&attachment).await? {
        None => Report::of(Outcome::Absent(Evidence::Alone)),
        Some(document) => {
            let confirmed = confirm(&document, &attachment);
            report(Outcome::Ready(confirmed), &document)
        }
    })
}

pub(super) async fn put(
    job: Job<'_>,
    lists: Lists<'_>,
    tag: Option<&str>,
) -> Result<Report, Error> {
    let attachment = job.names.attachment();
    let entry = job.names.forwarding_rule().link();
    let desired = Spec::Google(GoogleSpec::ServiceAttachment {
        nat: lists.nat.clone(),
        accept: lists.accept.clone(),
        reject: lists.reject.clone(),
    });
    let mut members = job.body(&attachment, members(job, lists));
    let write = match job.get_own(&attachment).await? {
        None => {
            document::set(&mut members, "", METADATA, metadata(job, lists, &json!({})));
            document::set(&mut members, "", "targetService", json!(entry));
            Write::Insert(members)
        }
        Some(document) => {
            let confirmed = confirm(&document, &attachment);
            if confirmed.spec == desired {
                return Ok(report(Outcome::Found(confirmed), &document));
            }
            check_tag(&document, tag, &attachment)?;
            let target = document::text(&document, "/targetService").unwrap_or_default();
            if path_of(target) != path_of(&entry) {
                return Err(refuse_other_target(&attachment, target));
            }
            document::set(&mut members, "", "fingerprint", json!(tag));
            document::set(&mut members, "", METADATA, metadata(job, lists, &document));
            Write::Patch(members)
        }
    };
    match job.send(&attachment, write).await? {
        Sent::InProgress(outcome) => Ok(Report::of(outcome)),
        Sent::Done(document) => {
            let confirmed = confirm(&document, &attachment);
            if confirmed.spec != desired {
                let action = format!("write {attachment}");
                return Err(classify::not_kept(&action, &attachment));
            }
            Ok(report(Outcome::Ready(confirmed), &document))
        }
    }
}

/// Reads the state of one connection, together with all others.
pub(super) async fn read_admission(job: Job<'_>, id: &ConnectionId) -> Result<Report, Error> {
    let attachment = job.names.attachment();
    let Some(document) = job.get_own(&attachment).await? else {
        return Ok(Report::of(Outcome::Absent(Evidence::ParentAbsent)));
    };
    let name = job.target().connections.get(id);
    let connections = reported(&document);
    let found = connections
        .iter()
        .find(|reported| Some(&reported.identity.name) == name);
    // Nothing but the attachment shows a connection, so this read is one of the parent.
    let outcome = found.map_or(Outcome::Absent(Evidence::ParentLacks), |reported| {
        Outcome::Ready(Confirmed {
            spec: Spec::Admission(reported.admission),
            tag: None,
            facts: Facts {
                id: Some(reported.id.clone()),
                ..Facts::default()
            },
        })
    });
    Ok(Report {
        outcome,
        connections: Some(connections),
    })
}

/// Returns the report on the attachment and its connections.
pub(super) fn report(outcome: Outcome, document: &Value) -> Report {
    Report {
        outcome,
        connections: Some(reported(document)),
    }
}

/// Returns all members that are written with every change. Both lists are always present, also when
/// empty: an omitted list stays as it was, and the last consumer could never be removed. Members
/// that never change are sent as well, because the provider validates some only together.
fn members(job: Job<'_>, lists: Lists<'_>) -> Value {
    let subnets: Vec<_> = lists
        .nat
        .iter()
        .map(|range| job.names.nat_subnet(*range).link())
        .collect();
    // One entry accepts one endpoint by its number; the limit is required and has no other effect.
    let accept: Vec<_> = lists
        .accept
        .iter()
        .map(|endpoint| json!({"endpointUrl": endpoint, "connectionLimit": 1}))
        .collect();
    json!({
        "connectionPreference": "ACCEPT_MANUAL",
        "enableProxyProtocol": false,
        "natSubnets": subnets,
        "consumerAcceptLists": accept,
        "consumerRejectLists": lists.reject,
        // Without it, an endpoint removed from the list stays connected.
        "reconcileConnections": true,
    })
}

/// Returns the metadata that is written with the lists: the proof that the link is ours, and those
/// of decisions. A PATCH merges metadata, so entries of ours that are no longer needed
/// are removed by null.
fn metadata(job: Job<'_>, lists: Lists<'_>, before: &Value) -> Value {
    let proofs = &job.target().proofs;
    let mut metadata = serde_json::Map::new();
    let old = before.get(METADATA).and_then(Value::as_object);
    let old = old.into_iter().flat_map(serde_json::Map::keys);
    for key in old.filter(|key| key.starts_with(PROOF_PREFIX)) {
        metadata.insert(key.clone(), Value::Null);
    }
    metadata.insert(LINK_PROOF.to_owned(), json!(proofs.link));
    let named = proofs.decisions.iter().filter_map(|(id, proof)| {
        let name = job.target().connections.get(id)?;
        Some((name, proof))
    });
    // A rejected endpoint may be on no list; its proof shows that it is not merely undecided.
    let (listed, others): (Vec<_>, Vec<_>) =
        named.partition(|(name, _)| lists.accept.contains(*name) || lists.reject.contains(*name));
    for (name, proof) in listed
        .into_iter()
        .chain(others.into_iter().take(MOST_OTHERS))
    {
        let number = name_of(name);
        metadata.insert(format!("{PROOF_PREFIX}{number}"), json!(proof));
    }
    Value::Object(metadata)
}

/// Returns the origin of the link in an attachment's document.
pub(super) fn origin(document: &Value) -> Option<LinkOrigin> {
    let proof = document.get(METADATA)?.get(LINK_PROOF)?.as_str()?;
    Some(LinkOrigin {
        managed: ownership::of(document)?.managed,
        proof: document::bounded(proof, TEXT_LENGTH),
    })
}

/// Returns the confirmed state of an attachment. An attachment that accepts automatically, that
/// does not disconnect removed endpoints, or that has other NAT ranges is confirmed as `Present`, which is
/// never the desired spec; therefore it is put again.
pub(super) fn confirm(document: &Value, attachment: &Resource) -> Confirmed {
    let decides = document::text(document, "/connectionPreference") == Some("ACCEPT_MANUAL")
        && document::flag(document, "/reconcileConnections")
        && !document::flag(document, "/enableProxyProtocol");
    let nat: Option<BTreeSet<Ipv4Net>> = document::list(document, "/natSubnets")
        .iter()
        .map(|subnet| range_of(name_of(subnet.as_str()?)))
        .collect();
    let spec = match nat {
        Some(nat) if decides => Spec::Google(GoogleSpec::ServiceAttachment {
            nat,
            accept: document::list(document, "/consumerAcceptLists")
                .iter()
                .map(entry)
                .collect(),
            reject: document::list(document, "/consumerRejectLists")
                .iter()
                .map(|it| path_of(it.as_str().unwrap_or_default()).to_owned())
                .collect(),
        }),
        Some(_) | None => Spec::Present,
    };
    confirmed(spec, document, attachment)
}

/// Returns an entry of the accept list. An entry for a whole project or network is not ours: it is
/// returned as its whole text, which no desired state contains.
fn entry(entry: &Value) -> String {
    match document::text(entry, "/endpointUrl") {
        Some(endpoint) => path_of(endpoint).to_owned(),
        None => entry.to_string(),
    }
}

fn refuse_other_target(attachment: &Resource, target: &str) -> Error {
    let message = format!(
        "{attachment} has target `{}` instead of the link's forwarding rule. Google cannot move \
         it, and a new attachment would end every connection",
        document::bounded(target, TEXT_LENGTH)
    );
    let action = format!("update {attachment}");
    let mut error = own(ErrorKind::Invalid, &action, "UnexpectedTarget", message);
    let remedy = "Delete the link and create it again. Consumers need new endpoints";
    error.remedy = Some(remedy.to_owned());
    error
}

fn reported(document: &Value) -> Vec<ObservedConnection> {
    document::list(document, "/connectedEndpoints")
        .iter()
        .filter_map(|listed| parse_connection(listed, document))
        .collect()
}

/// Parses a listed connection; `None` if it has no name for a decision: the lists name forwarding
/// rules by their numbers, and a consumer's backend (a network endpoint group) only by its project or
/// network, which would accept others as well.
fn parse_connection(listed: &Value, attachment: &Value) -> Option<ObservedConnection> {
    let text = |pointer: &str| document::text(listed, pointer).map(path_of);
    let endpoint = text("/endpoint").unwrap_or_default();
    // Identified by number: an endpoint created again under the same name needs a new decision.
    let name = text("/endpointWithId").unwrap_or_default();
    let number = listed.get("pscConnectionId").and_then(|number| {
        let as_text = number.as_str().map(str::to_owned);
        as_text.or_else(|| number.as_u64().map(|number| number.to_string()))
    });
    let digits = |number: &String| {
        (1..=20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    if is_numbered(name, "networkEndpointGroups") {
        tracing::debug!(
            cloud = "google",
            backend = name,
            "skipping the connection of a Private Service Connect backend"
        );
        return None;
    }
    let is_endpoint = is_numbered(name, "forwardingRules");
    let (true, Some(number)) = (is_endpoint, number.filter(digits)) else {
        tracing::warn!(
            cloud = "google",
            "failed to read a listed connection; skipping it"
        );
        return None;
    };
    let key = format!("{PROOF_PREFIX}{}", name_of(name));
    let proof = attachment
        .get(METADATA)
        .and_then(|metadata| metadata.get(&key)?.as_str()?.parse().ok());
    let identity = Identity {
        name: name.to_owned(),
        link_identifier: Some(number),
        endpoint: document::bounded(endpoint, TEXT_LENGTH),
        location: name.split('/').nth(3).map(str::to_owned),
        message: None,
    };
    Some(ObservedConnection {
        admission: admission(listed),
        id: name.to_owned(),
        tag: None,
        proof,
        identity,
    })
}

/// Reports whether a path is `projects/P/regions/R/COLLECTION/N`, where N is the number of a resource.
fn is_numbered(path: &str, collection: &str) -> bool {
    matches!(
        path.split('/').collect::<Vec<_>>().as_slice(),
        ["projects", project, "regions", region, kind, number]
            if *kind == collection
                && !project.is_empty()
                && !region.is_empty()
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
    )
}

/// The state of a connection. An unknown state counts as pending, because it is not accepted.
fn admission(listed: &Value) -> Admission {
    match document::text(listed, "/status").unwrap_or_default() {
        "ACCEPTED" => Admission::Approved,
        "REJECTED" => Admission::Rejected,
        "NEEDS_ATTENTION" => Admission::NeedsAttention,
        "CLOSED" => Admission::Disconnected,
        _ => Admission::Pending,
    }
}
