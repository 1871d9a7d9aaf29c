//! The consumer accept and reject lists of a service attachment.
//!
//! Entries name projects, networks or endpoints; all entries of an attachment name the same kind.
//! An endpoint is named by its numeric id, which it gets with its insert.

use serde_json::Value;

use super::id::path_of;

/// Maximum number of entries of the accept list (API reference).
const MAX_ACCEPT_ENTRIES: usize = 5000;

/// Maximum number of entries of the reject list (API reference).
const MAX_REJECT_ENTRIES: usize = 64;

/// The consumer that an entry names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Consumer {
    /// A project, by id or by number.
    Project(String),
    /// A network: its project, by id or by number, and its name.
    Network(String, String),
    /// An endpoint: its project, by id or by number, its region and its numeric id.
    Endpoint(String, String, u64),
}

/// An entry of the accept list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AcceptEntry {
    pub(super) consumer: Consumer,
    /// Maximum number of endpoints that it accepts; ignored for an endpoint.
    pub(super) limit: u64,
}

/// Both lists, checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ConsumerLists {
    /// Accepts all consumers (`ACCEPT_AUTOMATIC`).
    pub(super) automatic: bool,
    pub(super) accept: Vec<AcceptEntry>,
    pub(super) reject: Vec<Consumer>,
}

/// An invalid member of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidField {
    /// The path of the member, below `resource.`.
    pub(super) field: String,
    /// Its value.
    pub(super) value: Value,
    /// The rule that it breaks.
    pub(super) why: String,
}

/// The properties of an endpoint that entries can name it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EndpointIdentity<'a> {
    pub(super) project: &'a str,
    pub(super) project_number: u64,
    /// Its network, which is in the same project.
    pub(super) network: &'a str,
    pub(super) region: &'a str,
    /// The numeric id of a forwarding rule; a backend cannot be named by one.
    pub(super) number: Option<u64>,
}

impl ConsumerLists {
    /// Parses `connectionPreference`, `consumerAcceptLists` and `consumerRejectLists`.
    ///
    /// # Errors
    /// [`InvalidField`] for the first invalid member.
    pub(super) fn parse(document: &Value) -> Result<ConsumerLists, InvalidField> {
        let preference = document.get("connectionPreference");
        let automatic = match preference.and_then(Value::as_str) {
            Some("ACCEPT_AUTOMATIC") => true,
            Some("ACCEPT_MANUAL") => false,
            Some(_) | None => {
                return Err(invalid(
                    "connectionPreference",
                    preference.unwrap_or(&Value::Null),
                    "Must be one of [ACCEPT_AUTOMATIC, ACCEPT_MANUAL].",
                ));
            }
        };
        let accept = entries(
            document,
            "consumerAcceptLists",
            MAX_ACCEPT_ENTRIES,
            accept_entry,
        )?;
        let reject = entries(
            document,
            "consumerRejectLists",
            MAX_REJECT_ENTRIES,
            reject_entry,
        )?;
        if automatic && !(accept.is_empty() && reject.is_empty()) {
            return Err(invalid(
                "connectionPreference",
                &Value::from("ACCEPT_AUTOMATIC"),
                "Incorrect combination of connection preference with accept and/or reject list",
            ));
        }
        check_one_kind(document, &accept, &reject)?;
        Ok(ConsumerLists {
            automatic,
            accept,
            reject,
        })
    }

    /// Reports whether the reject list names an endpoint; it takes precedence over the accept list.
    pub(super) fn rejects(&self, identity: &EndpointIdentity<'_>) -> bool {
        self.reject
            .iter()
            .any(|consumer| consumer.matches(identity))
    }

    /// Returns the positions of the accept entries that name an endpoint.
    pub(super) fn accepting(&self, identity: &EndpointIdentity<'_>) -> impl Iterator<Item = usize> {
        let named = self.accept.iter().enumerate();
        named
            .filter(|(_, entry)| entry.consumer.matches(identity))
            .map(|(position, _)| position)
    }

    /// Returns the maximum number of endpoints that an entry accepts; `None` for no maximum.
    pub(super) fn limit(&self, position: usize) -> Option<u64> {
        let entry = self.accept.get(position)?;
        match entry.consumer {
            Consumer::Project(_) | Consumer::Network(..) => Some(entry.limit),
            Consumer::Endpoint(..) => None,
        }
    }
}

impl Consumer {
    fn matches(&self, identity: &EndpointIdentity<'_>) -> bool {
        match self {
            Consumer::Project(project) => {
                matches_project(project, identity.project, identity.project_number)
            }
            Consumer::Network(project, network) => {
                matches_project(project, identity.project, identity.project_number)
                    && network == identity.network
            }
            Consumer::Endpoint(project, region, number) => {
                matches_project(project, identity.project, identity.project_number)
                    && region == identity.region
                    && Some(*number) == identity.number
            }
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Consumer::Project(_) => "projects",
            Consumer::Network(..) => "networks",
            Consumer::Endpoint(..) => "endpoints",
        }
    }

    /// Parses the id or number of a project.
    fn project(text: &str) -> Option<Consumer> {
        let fits = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "-.:".contains(it);
        let is_one = !text.is_empty() && text.len() <= 63 && text.chars().all(fits);
        is_one.then(|| Consumer::Project(text.to_owned()))
    }

    /// Parses a link to a network.
    fn network(text: &str) -> Option<Consumer> {
        let segments: Vec<&str> = path_of(text).split('/').collect();
        match segments.as_slice() {
            ["projects", project, "global", "networks", network] if !network.is_empty() => {
                Consumer::project(project)?;
                Some(Consumer::Network(
                    (*project).to_owned(),
                    (*network).to_owned(),
                ))
            }
            _ => None,
        }
    }

    /// Parses a link to an endpoint by its numeric id.
    fn endpoint(text: &str) -> Option<Consumer> {
        let segments: Vec<&str> = path_of(text).split('/').collect();
        match segments.as_slice() {
            [
                "projects",
                project,
                "regions",
                region,
                "forwardingRules",
                number,
            ] if !region.is_empty() => {
                Consumer::project(project)?;
                let digits = number.bytes().all(|byte| byte.is_ascii_digit());
                let number = digits.then(|| number.parse().ok()).flatten()?;
                let (project, region) = ((*project).to_owned(), (*region).to_owned());
                Some(Consumer::Endpoint(project, region, number))
            }
            _ => None,
        }
    }
}

fn matches_project(entry: &str, id: &str, number: u64) -> bool {
    entry == id || entry.parse() == Ok(number)
}

/// Parses the value of a member that names a consumer.
type Reader = fn(&str) -> Option<Consumer>;

/// The members that name a consumer, each with the rule for its value; an entry has exactly one.
const CONSUMER_MEMBERS: [(&str, Reader, &str); 3] = [
    (
        "projectIdOrNum",
        Consumer::project,
        "Must be the id or the number of a project.",
    ),
    (
        "networkUrl",
        Consumer::network,
        "Must be the URL of a network: projects/PROJECT/global/networks/NETWORK.",
    ),
    (
        "endpointUrl",
        Consumer::endpoint,
        "Must be the URL of a forwarding rule by its number, as endpointWithId of a connected \
         endpoint says: projects/PROJECT/regions/REGION/forwardingRules/NUMBER.",
    ),
];

fn accept_entry(field: &str, entry: &Value) -> Result<AcceptEntry, InvalidField> {
    let Some(members) = entry.as_object() else {
        return Err(invalid(field, entry, "Must be an object."));
    };
    let is_given = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    let given: Vec<_> = CONSUMER_MEMBERS
        .iter()
        .filter_map(|(name, read, why)| {
            let value = members.get(*name).filter(is_given)?;
            Some((name, value, read, why))
        })
        .collect();
    let [(name, value, read, why)] = given.as_slice() else {
        let why = "Must name exactly one of projectIdOrNum, networkUrl and endpointUrl.";
        return Err(invalid(field, entry, why));
    };
    let consumer = value.as_str().and_then(read);
    let consumer = consumer.ok_or_else(|| invalid(&format!("{field}.{name}"), value, why))?;
    let limit = match members.get("connectionLimit") {
        None | Some(Value::Null) => 0,
        Some(limit) => {
            let number = limit
                .as_u64()
                .or_else(|| limit.as_str().and_then(|text| text.parse().ok()));
            let field = format!("{field}.connectionLimit");
            let why = "Must be a number from 0 to 4294967295.";
            let number = number.filter(|number| u32::try_from(*number).is_ok());
            number.ok_or_else(|| invalid(&field, limit, why))?
        }
    };
    Ok(AcceptEntry { consumer, limit })
}

/// Parses an entry of the reject list; the spelling decides the kind.
fn reject_entry(field: &str, entry: &Value) -> Result<Consumer, InvalidField> {
    let text = entry.as_str().unwrap_or_default();
    let consumer = if text.contains("/forwardingRules/") {
        Consumer::endpoint(text)
    } else if text.contains("/networks/") {
        Consumer::network(text)
    } else {
        Consumer::project(text)
    };
    let why = "Must be the id or the number of a project, the URL of a network, or the URL of a \
               forwarding rule by its number.";
    consumer.ok_or_else(|| invalid(field, entry, why))
}

fn entries<T>(
    document: &Value,
    member: &str,
    limit: usize,
    read: fn(&str, &Value) -> Result<T, InvalidField>,
) -> Result<Vec<T>, InvalidField> {
    let entries = match document.get(member) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(entries)) => entries,
        Some(other) => return Err(invalid(member, other, "Must be a list.")),
    };
    if entries.len() > limit {
        let (field, count) = (format!("{member}[{limit}]"), entries.len());
        let why = format!("Too many entries specified: {count}. Maximum is {limit}.");
        let first_above = entries.get(limit).unwrap_or(&Value::Null);
        return Err(invalid(&field, first_above, &why));
    }
    let numbered = entries.iter().enumerate();
    numbered
        .map(|(position, entry)| read(&format!("{member}[{position}]"), entry))
        .collect()
}

fn check_one_kind(
    document: &Value,
    accept: &[AcceptEntry],
    reject: &[Consumer],
) -> Result<(), InvalidField> {
    let accept = accept
        .iter()
        .enumerate()
        .map(|(position, entry)| ("consumerAcceptLists", position, entry.consumer.kind()));
    let reject = reject
        .iter()
        .enumerate()
        .map(|(position, consumer)| ("consumerRejectLists", position, consumer.kind()));
    let mut all = accept.chain(reject);
    let Some((_, _, first)) = all.next() else {
        return Ok(());
    };
    match all.find(|(_, _, kind)| *kind != first) {
        None => Ok(()),
        Some((member, position, kind)) => {
            let entry = document.pointer(&format!("/{member}/{position}"));
            let why = format!(
                "Entries of both lists must be of one kind, and it names {kind} where others name \
                 {first}. To change the kind, replace both lists in one update."
            );
            let entry = entry.unwrap_or(&Value::Null);
            Err(invalid(&format!("{member}[{position}]"), entry, &why))
        }
    }
}

fn invalid(field: &str, value: &Value, why: &str) -> InvalidField {
    InvalidField {
        field: field.to_owned(),
        value: value.clone(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests;
