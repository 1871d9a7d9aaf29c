//! Entry of the fuzz target about names and identifiers; `docs/reference/hostile-input.md` describes it.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use crate::adoption_grant::GrantScope;
use crate::cloud::{CloudName, Provider};
use crate::connection::Label;
use crate::decision_proof::DecisionProof;
use crate::google::{Instance, network_path, project_path, subnet_path};
use crate::id::{ConnectionId, GrantId, LinkId, ProjectVpcId, StaticIpId, SubscriptionId};
use crate::link::ConnectionState;
use crate::name::{AccountName, DnsName, HostLabel, LABEL_MAX, NodeName, ProjectName, ServiceName};
use crate::part::Part;
use crate::project::Feature;
use crate::refusal::Refusal;
use crate::route::Route;
use crate::service::RouteAddress;
use crate::work::WorkKey;

/// The most bytes of a refusal, whatever it quotes: 1,024. An excerpt has 80 characters of four bytes.
const LONGEST_REFUSAL: usize = 1024;

/// Reads a text as each kind of name and identifier.
///
/// # Panics
/// A value is printed as a text that is read as another value or as none, or a refusal is long or has
/// several lines.
pub fn names(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    names_as_written(text);
    connection_texts(text);
    google_paths(text);
    for provider in [Provider::Azure, Provider::Google, Provider::Aws] {
        match GrantScope::parse(provider, text) {
            Ok(scope) => {
                let again = GrantScope::parse(provider, scope.as_str());
                assert_eq!(again.as_ref(), Ok(&scope), "{text:?}");
            }
            Err(refusal) => check_refusal(&refusal.message),
        }
    }
    let joined = text.split_once('/').and_then(|(service, project)| {
        HostLabel::new(&service.parse().ok()?, &project.parse().ok()?).ok()
    });
    if let Some(label) = joined {
        let private = label.privatelink(999_999, "underpass.test");
        let first = private.split('.').next().unwrap_or_default();
        assert!(first.len() <= LABEL_MAX, "{private}");
        assert!(private.parse::<DnsName>().is_ok(), "{private}");
    }
}

/// Kinds with one spelling of each value, and those that have several.
fn names_as_written(text: &str) {
    kept::<ConnectionId>(text);
    kept::<GrantId>(text);
    kept::<LinkId>(text);
    kept::<StaticIpId>(text);
    kept::<ProjectName>(text);
    kept::<ServiceName>(text);
    kept::<NodeName>(text);
    kept::<AccountName>(text);
    kept::<DnsName>(text);
    kept::<CloudName>(text);
    kept::<RouteAddress>(text);
    stable::<ProjectVpcId>(text);
    stable::<SubscriptionId>(text);
    stable::<Instance>(text);
    // Stored texts, whose errors are for logs.
    let _unknown = read_again::<Part>(text);
    let _unknown = read_again::<WorkKey>(text);
}

/// Texts about connections, and words of the API.
fn connection_texts(text: &str) {
    let _not_a_proof = read_again::<DecisionProof>(text);
    if let Some(proof) = DecisionProof::find_in(text) {
        let found = DecisionProof::find_in(&format!("reason [{proof}]"));
        assert_eq!(found.as_ref(), Some(&proof), "{text:?}");
    }
    match text.parse::<Label>() {
        Ok(label) => {
            let again = label.as_str().parse::<Label>();
            assert_eq!(again.as_ref(), Ok(&label), "{text:?}");
        }
        Err(refusal) => check_refusal(&refusal.message),
    }
    word::<Route>(text, Route::as_str);
    word::<ConnectionState>(text, ConnectionState::as_str);
    word::<Feature>(text, Feature::as_str);
}

/// Paths of Google's resources.
fn google_paths(text: &str) {
    if let Ok(path) = project_path(text) {
        assert_eq!(project_path(&path).as_ref(), Ok(&path), "{text:?}");
    }
    if let Ok(path) = network_path(text) {
        assert_eq!(network_path(&path).as_ref(), Ok(&path), "{text:?}");
    }
    match subnet_path(text) {
        Ok(subnet) => assert_eq!(subnet_path(&subnet.1).as_ref(), Ok(&subnet), "{text:?}"),
        Err(malformed) => check_refusal(&malformed.to_string()),
    }
}

/// Reads a value that is printed as it was written.
fn kept<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) {
    match read_again::<T>(text) {
        Ok(printed) => assert_eq!(printed, text),
        Err(refusal) => check_refusal(&refusal.to_string()),
    }
}

/// Reads a value that has one printed form.
fn stable<T: FromStr<Err: Display> + Display + PartialEq + Debug>(text: &str) {
    if let Err(refusal) = read_again::<T>(text) {
        check_refusal(&refusal.to_string());
    }
}

/// Reads a value, and what it is printed as; returns the printed form.
fn read_again<T: FromStr + Display + PartialEq + Debug>(text: &str) -> Result<String, T::Err> {
    let value: T = text.parse()?;
    let printed = value.to_string();
    let again = printed.parse().ok();
    assert_eq!(again, Some(value), "{text:?} is printed as {printed:?}");
    Ok(printed)
}

/// Reads a word of the API.
fn word<T: FromStr<Err = Refusal> + Copy>(text: &str, print: impl Fn(T) -> &'static str) {
    match text.parse::<T>() {
        Ok(value) => assert_eq!(print(value), text),
        Err(refusal) => check_refusal(&refusal.message),
    }
}

/// Checks that a refusal quotes one short line.
fn check_refusal(text: &str) {
    assert!(text.len() <= LONGEST_REFUSAL, "{} bytes", text.len());
    assert!(!text.contains(char::is_control), "{text:?}");
}

#[cfg(test)]
mod tests {
    use crate::replay::replay;

    #[test]
    fn known_names_break_no_rule() {
        replay("names", super::names);
    }
}
