//! Suggestions for misspelt names.

/// The longest word that is compared, in bytes: longer than any option's full name.
const LONGEST: usize = 64;

/// Returns the closest candidate within one or two edits, if there is one.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let (least, found) = nearest_with_distance(word, candidates)?;
    // Short words are similar by chance.
    let allowed = if word.len() < 5 { 1 } else { 2 };
    (least <= allowed).then_some(found)
}

/// Returns up to `most` candidates that share most of their letters with a word, the most similar
/// first. Upper case and hyphens count as lower case and underscores.
pub fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    if word.len() > LONGEST {
        return Vec::new();
    }
    let word = word.to_ascii_lowercase().replace('-', "_");
    let mut similar: Vec<_> = candidates
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        // A third of the letters may differ.
        .filter(|(slips, candidate)| slips * 3 <= candidate.chars().count())
        .collect();
    similar.sort_unstable();
    similar.truncate(most);
    similar
        .into_iter()
        .map(|(_, candidate)| candidate)
        .collect()
}

fn nearest_with_distance<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<(usize, &'a str)> {
    let distances = candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate));
    distances.min_by_key(|(slips, _)| *slips)
}

/// Levenshtein's distance, row by row.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut next = vec![line + 1];
        let mut left = line + 1;
        for (other, pair) in to.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            let replaced = diagonal + usize::from(letter != *other);
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_names_come_first() {
        let known = ["no_token", "no_account", "token_expired"];
        assert_eq!(nearest("NO-TOKEN", known, 3), ["no_token"]);
        assert_eq!(nearest("no_acount", known, 1), ["no_account"]);
        assert!(nearest("quota", known, 3).is_empty());
        assert!(nearest(&"x".repeat(100_000), known, 3).is_empty());
    }

    #[test]
    fn a_slip_or_two_is_understood() {
        let known = ["privatelink_access", "public_access", "static_ips"];
        for (typed, meant) in [
            ("privatelink_acess", Some("privatelink_access")),
            ("publik_acces", Some("public_access")),
            ("static_ip", Some("static_ips")),
            ("max_connections", None),
            ("pg", None),
        ] {
            assert_eq!(closest(typed, known), meant, "{typed}");
        }
        assert_eq!(closest("pq", ["pg", "kafka"]), Some("pg"));
        assert_eq!(closest(&"x".repeat(100_000), known), None);
    }
}
