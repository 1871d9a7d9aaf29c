//! The actions that an account has, as Azure's permissions API lists them.

use serde_json::Value;

use crate::document;

/// The actions of the role assignments in effect at one scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Granted {
    assignments: Vec<Assignment>,
}

/// The actions of one role assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Assignment {
    actions: Vec<String>,
    not_actions: Vec<String>,
    is_conditional: bool,
}

/// The answer about one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    /// An assignment grants it.
    Granted,
    /// Only assignments with a condition grant it.
    Conditional,
    /// No assignment grants it.
    Missing,
}

impl Granted {
    /// Reads the entries of the answer.
    pub(super) fn read(entries: &[Value]) -> Self {
        let texts = |entry: &Value, pointer: &str| -> Vec<String> {
            let listed = document::list(entry, pointer).iter();
            listed
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let assignments = entries.iter().map(|entry| Assignment {
            actions: texts(entry, "/actions"),
            not_actions: texts(entry, "/notActions"),
            is_conditional: document::text(entry, "/condition").is_some_and(|it| !it.is_empty()),
        });
        Self {
            assignments: assignments.collect(),
        }
    }

    /// Reports whether an action is granted: by an assignment whose actions match it and whose
    /// excluded actions do not.
    pub(super) fn grant(&self, action: &str) -> Grant {
        let mut found = Grant::Missing;
        for assignment in &self.assignments {
            let is_in = |patterns: &[String]| patterns.iter().any(|it| matches(it, action));
            if !is_in(&assignment.actions) || is_in(&assignment.not_actions) {
                continue;
            }
            if !assignment.is_conditional {
                return Grant::Granted;
            }
            found = Grant::Conditional;
        }
        found
    }
}

/// Reports whether a pattern matches an action: `*` stands for any characters, case is ignored
/// (Microsoft Learn, "Understand Azure role definitions").
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wildcards_match_any_characters_and_case_is_ignored() {
        let action = "Microsoft.Network/virtualNetworks/subnets/join/action";
        for pattern in [
            "*",
            "*/action",
            "microsoft.network/*",
            "Microsoft.Network/virtualNetworks/*/action",
            "Microsoft.Network/*/subnets/*/action",
            "MICROSOFT.NETWORK/VIRTUALNETWORKS/SUBNETS/JOIN/ACTION",
            "Microsoft.Network/virtualNetworks/subnets/join/action*",
        ] {
            assert!(matches(pattern, action), "{pattern}");
        }
        for pattern in [
            "",
            "*/read",
            "Microsoft.Network/virtualNetworks",
            "Microsoft.Network/virtualNetworks/subnets/join/action/*",
            "Microsoft.Network/*/subnets/*/read",
            "*join/action/action",
        ] {
            assert!(!matches(pattern, action), "{pattern}");
        }
    }

    #[test]
    fn exclusions_belong_to_their_own_assignment() {
        let entry = |actions: &[&str], not: &[&str], condition: Option<&str>| json!({"actions": actions, "notActions": not, "condition": condition});
        let all_but_writes = entry(&["*"], &["*/write"], None);
        let granted = Granted::read(std::slice::from_ref(&all_but_writes));
        assert_eq!(granted.grant("a/read"), Grant::Granted);
        assert_eq!(granted.grant("a/write"), Grant::Missing);
        let other = entry(&["a/write"], &[], None);
        let both = Granted::read(&[all_but_writes.clone(), other]);
        assert_eq!(both.grant("a/write"), Grant::Granted);
        let conditional = Granted::read(&[all_but_writes, entry(&["*"], &[], Some("@x"))]);
        assert_eq!(conditional.grant("a/write"), Grant::Conditional);
        assert_eq!(Granted::default().grant("a/read"), Grant::Missing);
    }
}
