//! The `filter` of list requests, in the two syntaxes that the API reference describes.
//!
//! * AIP-160: comparisons such as `name = "a*"`, `labels.team:*` or `id > 5`, joined by AND, OR and
//!   NOT, with parentheses (`parser`).
//! * Regular expressions: `field eq pattern` and `field ne pattern`, one, or several in parentheses,
//!   all of which must hold (`pattern`).
//!
//! Everything else is refused, because a filter that is partly applied lists too much or too little.

mod comparison;
mod expression;
mod field;
mod parser;
mod pattern;
mod token;

#[cfg(test)]
mod tests;

use serde_json::Value;

use self::expression::Expression;
use super::kind::Kind;
use super::members;
use super::refusal::Refusal;

/// Maximum length of a filter, in bytes: twice the 2048 characters that the API reference allows.
const MAX_BYTES: usize = 4096;

/// Maximum length of the rule in a refusal, in characters: it quotes parts of the filter.
const MAX_WHY: usize = 300;

/// A parsed filter.
#[derive(Debug)]
pub(super) struct Filter {
    expression: Expression,
}

impl Filter {
    /// Parses a filter of resources of a kind, whose fields are known, or of other items.
    ///
    /// # Errors
    /// 400 `invalid` for another syntax, and for a field that the kind does not have.
    pub(super) fn parse(text: &str, kind: Option<Kind>) -> Result<Filter, Refusal> {
        let refused = |why: String| {
            let why: String = why.chars().take(MAX_WHY).collect();
            let why = format!("Invalid list filter expression. {why}");
            Refusal::parameter("filter", text, &why)
        };
        if text.len() > MAX_BYTES {
            return Err(refused(format!("It has more than {MAX_BYTES} bytes.")));
        }
        let parsed = if pattern::begins(text) {
            pattern::parse(text).map(Expression::of_patterns)
        } else {
            parser::parse(text)
        };
        let expression = parsed.map_err(refused)?;
        if let Some(kind) = kind {
            let mut fields = Vec::new();
            expression.collect_fields(&mut fields);
            let unknown = fields
                .into_iter()
                .find(|field| !members::describes(kind, field.segments()));
            if let Some(unknown) = unknown {
                return Err(refused(format!("There is no field '{unknown}'.")));
            }
        }
        Ok(Filter { expression })
    }

    /// Reports whether a document passes the filter.
    pub(super) fn matches(&self, document: &Value) -> bool {
        self.expression.holds(document)
    }
}
