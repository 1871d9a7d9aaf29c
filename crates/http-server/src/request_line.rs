//! The length of a head's first line, which decides how a head that is too large is refused.

use crate::limits::HEAD_BYTES;

/// The first line of a head, as far as it arrived.
#[derive(Debug, Default)]
pub(crate) struct RequestLine {
    length: usize,
    is_complete: bool,
}

// === impl RequestLine ===

impl RequestLine {
    /// Counts bytes of the head.
    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        if self.is_complete {
            return;
        }
        // Empty lines before a request are ignored (RFC 9112 §2.2).
        let is_blank = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let blank = if self.length == 0 {
            bytes.iter().take_while(is_blank).count()
        } else {
            0
        };
        let line = bytes.iter().skip(blank);
        self.length += line.take_while(|byte| **byte != b'\n').count();
        self.is_complete = bytes.iter().skip(blank).any(|byte| *byte == b'\n');
    }

    /// Returns whether the line alone takes all the room of a head.
    pub(crate) const fn is_too_long(&self) -> bool {
        self.length >= HEAD_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_counted_across_reads_and_without_blank_lines_before_it() {
        let counted = |reads: &[&str]| {
            let mut line = RequestLine::default();
            for read in reads {
                line.receive(read.as_bytes());
            }
            (line.length, line.is_complete)
        };
        assert_eq!(counted(&["GET /"]), (5, false));
        assert_eq!(
            counted(&["\r\n\r", "\nGET", " /\r", "\nhost: a\r\n"]),
            (6, true)
        );
        assert_eq!(counted(&["a\nb\nc", "d\n"]), (1, true));
    }
}
