//! Members of a compatible request that belong into Underpass's own object.
//!
//! Compatible routes ignore unknown members, as their clients need. A restriction that is misspelt or
//! beside its object would be ignored too, and what was to be restricted would not be.

use crate::closest::closest;
use crate::excerpt::excerpt;
use crate::refusal::Refusal;

/// The name of Underpass's own object in compatible requests.
const OBJECT: &str = "underpass";

/// Refuses unknown members of a request that are, or nearly are, members of the `underpass` object,
/// or its name.
///
/// # Errors
/// * `invalid_body`: a member belongs into the object.
pub fn refuse_misplaced<'a>(
    unknown: impl IntoIterator<Item = &'a str>,
    own: &[&'static str],
) -> Result<(), Refusal> {
    for given in unknown {
        let word = words(given);
        if closest(&word, [OBJECT]).is_some() {
            return Err(did_you_mean(given, OBJECT));
        }
        if let Some(meant) = closest(&word, own.iter().copied()).or_else(|| {
            let run_together = word.replace('_', "");
            own.iter()
                .copied()
                .find(|it| it.replace('_', "") == run_together)
        }) {
            return Err(did_you_mean(given, &format!("{OBJECT}.{meant}")));
        }
    }
    Ok(())
}

/// The refusal of a member that is not one there, with the name of another one.
pub fn did_you_mean(given: &str, meant: &str) -> Refusal {
    Refusal::invalid(
        "invalid_body",
        format!(
            "Invalid request body: `{}` is not a member there. Did you mean `{meant}`?",
            excerpt(given)
        ),
    )
}

/// Returns a name in lower case, with `_` between its words: `onlyProjects` and `only-projects` are
/// `only_projects`.
pub fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len());
    let mut after_small = false;
    for c in name.chars() {
        if c.is_uppercase() && after_small {
            words.push('_');
        }
        after_small = c.is_lowercase();
        words.extend(if c == '-' { '_' } else { c }.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_beside_its_object_is_refused_in_every_spelling() {
        let own = ["only_projects", "read_only"];
        for (given, meant) in [
            ("only_projects", "underpass.only_projects"),
            ("only_project", "underpass.only_projects"),
            ("onlyProjects", "underpass.only_projects"),
            ("readonly", "underpass.read_only"),
            ("read-only", "underpass.read_only"),
            ("READ_ONLY", "underpass.read_only"),
            ("underpas", "underpass"),
            ("Underpass", "underpass"),
        ] {
            let refusal = refuse_misplaced([given], &own).unwrap_err();
            let question = format!("Did you mean `{meant}`?");
            assert!(refusal.message.ends_with(&question), "{}", refusal.message);
        }
        let others = ["tech_emails", "disk_space_mb", "service_integrations"];
        assert_eq!(refuse_misplaced(others, &own), Ok(()));
    }
}
