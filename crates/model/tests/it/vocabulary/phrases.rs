//! Phrases that leave open who acts or when, and openings that hide the subject.

use std::fmt;

/// One use of a phrase.
pub(super) struct Use {
    path: String,
    around: String,
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}: {}", self.path, self.around)
    }
}

/// Instead: the caller, the consumer, the provider, the operator; "immediately", "concurrently".
///
/// The names of retired ideas are no phrases of ours either.
pub(super) const PHRASES: [&str; 10] = [
    "whoever",
    "somebody",
    "nobody",
    "at once",
    "dossier",
    "form word",
    "leave away",
    "left away",
    "machine room",
    "take a turn",
];

/// First words of a line of documentation; instead: a noun or a third-person verb.
pub(super) const OPENINGS: [&str; 3] = ["What", "Who", "Whether"];

/// Uses that stay, each with its file and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "scripts/test",
        "UNPRIVILEGED=nobody",
        "the Unix user of that name",
    ),
    (
        "crates/underpass/src/demo/programs.rs",
        "nobody",
        "the Unix user of that name",
    ),
    (
        "crates/store/migrations/0001_first.sql",
        "somebody asked a pass for",
        "a released migration is never edited",
    ),
];

/// The number of uses that each part of the workspace may still have.
pub(super) const CEILINGS: &[(&str, usize)] = &[("crates", 0)];

/// The part of the workspace that a file belongs to: a top directory, or the root itself.
pub(super) fn scope(path: &str) -> String {
    let directory = path.split_once('/').map(|(directory, _)| directory);
    directory.unwrap_or(".").to_owned()
}

/// The phrases in a piece of prose.
pub(super) fn find(path: &str, prose: &str, phrases: &[&str]) -> Vec<Use> {
    let lower = prose.to_ascii_lowercase();
    let mut found = Vec::new();
    for phrase in phrases {
        for (place, _) in lower.match_indices(phrase) {
            let end = place + phrase.len();
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let is_whole = !lower[..place].ends_with(is_word) && !lower[end..].starts_with(is_word);
            let around = around(prose, place, end);
            let is_exception = EXCEPTIONS
                .iter()
                .any(|(file, text, _)| *file == path && around.contains(text));
            if is_whole && !is_exception {
                let path = path.to_owned();
                found.push(Use { path, around });
            }
        }
    }
    found
}

/// The opening of a line of documentation, if it is one of those.
pub(super) fn opening(path: &str, line: &str, openings: &[&str]) -> Option<Use> {
    let word = line.split(|c: char| !c.is_alphanumeric()).next()?;
    openings.contains(&word).then(|| Use {
        path: path.to_owned(),
        around: line.to_owned(),
    })
}

/// The text around a phrase.
fn around(prose: &str, start: usize, end: usize) -> String {
    let before: Vec<char> = prose[..start].chars().rev().take(30).collect();
    let before: String = before.into_iter().rev().collect();
    let after: String = prose[end..].chars().take(30).collect();
    format!("{before}{}{after}", &prose[start..end])
}
