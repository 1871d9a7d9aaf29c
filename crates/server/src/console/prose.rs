//! Sentences of the API as pages show them: what stands between backticks looks like code.

/// A piece of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    /// Whether it is to be read letter by letter.
    pub(super) is_code: bool,
}

/// The pieces of a sentence; without a closing backtick the rest stays as it is.
pub(super) fn pieces(sentence: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, behind)) = after.split_once('`') else {
            break;
        };
        pieces.push(Piece {
            text: before,
            is_code: false,
        });
        pieces.push(Piece {
            text: code,
            is_code: true,
        });
        rest = behind;
    }
    pieces.push(Piece {
        text: rest,
        is_code: false,
    });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// The pieces of a long name or address, each of which may begin a line of its own.
pub(super) fn breakable(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['/', '.', '@'])
}

/// What people call something by, of the full path of its cloud.
pub(super) fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_come_in_pairs() {
        let shown = |sentence| -> Vec<_> {
            let pieces = pieces(sentence);
            pieces.iter().map(|it| (it.text, it.is_code)).collect()
        };
        assert_eq!(
            shown("run `a b` now"),
            [("run ", false), ("a b", true), (" now", false)]
        );
        assert_eq!(shown("it`s"), [("it`s", false)]);
        assert_eq!(shown(""), []);
    }

    #[test]
    fn a_path_is_known_by_its_end_and_whole_in_its_pieces() {
        let path = "projects/shop/forwardingRules/till";
        assert_eq!(last_segment(path), "till");
        assert_eq!(last_segment("till"), "till");
        let pieces: Vec<_> = breakable(path).collect();
        assert_eq!(pieces, ["projects/", "shop/", "forwardingRules/", "till"]);
    }
}
