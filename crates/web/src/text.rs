//! Text as pages show it: code between backticks, long names that may break.

/// Part of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The text.
    pub text: &'a str,
    /// Reports whether it stood between backticks.
    pub is_code: bool,
}

/// Parts of a sentence; without a closing backtick the rest stays as it is.
pub fn pieces(sentence: &str) -> Vec<Piece<'_>> {
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

/// Parts of a long name or address; a line may break before each.
pub fn breakable(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['/', '.', '@'])
}

/// Last segment of a path, which is what users call a cloud resource by.
pub fn last_segment(path: &str) -> &str {
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
