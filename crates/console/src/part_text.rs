//! Parts of links and networks, and steps on them, in the words of the pages.
//!
//! The API names a part by its kind and, after a colon, the object that it is about, for instance
//! `member:nic-1`, and a step by a verb and a part, for instance `put balancer`.

use underpass_model::part::Part;

/// Name of a part, for instance `load balancer`.
pub(crate) fn part_name(part: &str) -> String {
    name(part).unwrap_or_else(|| part.to_owned())
}

/// A sentence of the API, with the parts and steps that it names.
///
/// A step is at the beginning of a sentence, or a part after one of a few words.
pub(crate) fn plain(sentence: &str) -> String {
    step(sentence)
        .or_else(|| wait(sentence))
        .unwrap_or_else(|| sentence.to_owned())
}

/// `put balancer: the name is taken`.
fn step(sentence: &str) -> Option<String> {
    let (verb, rest) = sentence.split_once(' ')?;
    let (part, rest) = first_word(rest);
    let name = name(part)?;
    let is_connection = part.starts_with("admission:");
    Some(match (verb, is_connection) {
        ("put", true) => format!("write the decision about {name}{rest}"),
        ("put", false) => format!("create or update {name}{rest}"),
        ("read", _) => format!("read {name}{rest}"),
        ("delete", _) => format!("delete {name}{rest}"),
        ("poll", _) => format!("wait for {name}{rest}"),
        _ => return None,
    })
}

/// `wait for the provider to finish balancer, ask at …`, `try balancer again at …`.
fn wait(sentence: &str) -> Option<String> {
    [
        "try ",
        "wait for the provider to finish ",
        "wait for the provider to show ",
    ]
    .iter()
    .find_map(|begin| {
        let (part, rest) = first_word(sentence.strip_prefix(begin)?);
        Some(format!("{begin}{}{rest}", name(part)?))
    })
}

/// The first word, without the mark that ends it, and the rest.
fn first_word(text: &str) -> (&str, &str) {
    let word = text.split(' ').next().unwrap_or(text);
    text.split_at(word.trim_end_matches([':', ',']).len())
}

fn name(part: &str) -> Option<String> {
    Some(part.parse::<Part>().ok()?.display_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_after_its_cloud_object() {
        assert_eq!(part_name("balancer"), "load balancer");
        assert_eq!(
            part_name("admission:plc000000000001"),
            "connection plc000000000001"
        );
        assert_eq!(part_name("member:/x/nic"), "backend /x/nic");
        assert_eq!(part_name("something"), "something");
    }

    #[test]
    fn a_step_is_a_verb_and_its_part() {
        assert_eq!(
            plain("put attachment: the name is taken"),
            "create or update published service: the name is taken"
        );
        assert_eq!(
            plain("put admission:plc000000000001"),
            "write the decision about connection plc000000000001"
        );
        assert_eq!(
            plain("try balancer again at 10:00"),
            "try load balancer again at 10:00"
        );
        assert_eq!(
            plain("wait for the provider to finish member:/a:b, ask at 10:00"),
            "wait for the provider to finish backend /a:b, ask at 10:00"
        );
    }

    #[test]
    fn other_sentences_stay() {
        for sentence in [
            "put it away",
            "try again",
            "read the docs: network",
            "Nothing",
            "",
        ] {
            assert_eq!(plain(sentence), sentence);
        }
    }
}
