//! One comparison of a field with a value, by the rules of AIP-160.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::super::id::path_of;
use super::field::{Field, text_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `=`: equal; `*` in a text stands for any characters.
    Equals,
    /// `!=`
    Differs,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `:`: a text contains the value, ignoring case; a map has the key; `*` stands for any
    /// characters, alone for presence.
    Has,
}

impl Operator {
    /// Returns the operator of a token.
    pub(super) fn of(token: &str) -> Operator {
        match token {
            "=" => Operator::Equals,
            "!=" => Operator::Differs,
            "<" => Operator::Less,
            "<=" => Operator::AtMost,
            ">" => Operator::Greater,
            ">=" => Operator::AtLeast,
            _ => Operator::Has,
        }
    }

    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Operator::Less => ordering.is_lt(),
            Operator::AtMost => ordering.is_le(),
            Operator::Greater => ordering.is_gt(),
            Operator::AtLeast => ordering.is_ge(),
            Operator::Equals | Operator::Differs | Operator::Has => false,
        }
    }

    fn is_ordering(self) -> bool {
        !matches!(self, Operator::Equals | Operator::Differs | Operator::Has)
    }
}

#[derive(Debug)]
pub(super) struct Comparison {
    field: Field,
    operator: Operator,
    operand: String,
    /// A quoted operand is a text, also if it looks like a number.
    is_quoted: bool,
}

impl Comparison {
    /// # Errors
    /// The rule that the operand breaks.
    pub(super) fn new(
        field: Field,
        operator: Operator,
        operand: String,
        is_quoted: bool,
    ) -> Result<Comparison, String> {
        let has_order = !operand.is_empty()
            && !operand.contains('*')
            && (is_quoted || operand.parse::<bool>().is_err());
        if operator.is_ordering() && !has_order {
            return Err(format!(
                "'{field}' cannot be greater or less than '{operand}'."
            ));
        }
        if operator == Operator::Has && operand.is_empty() {
            return Err(format!(
                "To find out whether '{field}' is present, use '{field}:*'."
            ));
        }
        Ok(Comparison {
            field,
            operator,
            operand,
            is_quoted,
        })
    }

    pub(super) fn field(&self) -> &Field {
        &self.field
    }

    pub(super) fn holds(&self, document: &Value) -> bool {
        let values = self.field.values(document);
        match self.operator {
            Operator::Equals => self.is_equal(&values),
            Operator::Differs => !self.is_equal(&values),
            Operator::Has => values.iter().any(|value| self.has(value)),
            Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
                let mut ordered = values.iter().filter_map(|value| self.order(value));
                ordered.any(|ordering| self.operator.accepts(ordering))
            }
        }
    }

    fn is_equal(&self, values: &[&Value]) -> bool {
        if values.is_empty() {
            // Documents omit members that are false or empty.
            return self.operand.is_empty() || self.operand == "false";
        }
        values.iter().any(|value| match value {
            Value::Bool(flag) => self.operand.parse() == Ok(*flag),
            Value::Number(_) => self.order(value) == Some(Ordering::Equal),
            Value::String(text) => {
                glob_matches(&self.operand, text) || same_link(text, &self.operand)
            }
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        })
    }

    fn has(&self, value: &Value) -> bool {
        if self.operand == "*" {
            return true;
        }
        if let Value::Object(members) = value {
            return members.keys().any(|key| glob_matches(&self.operand, key));
        }
        let (text, operand) = (text_of(value).to_lowercase(), self.operand.to_lowercase());
        if operand.contains('*') {
            return glob_matches(&operand, &text);
        }
        text.contains(&operand)
    }

    /// Returns the order of a value and the operand; `None` if they cannot be compared.
    fn order(&self, value: &Value) -> Option<Ordering> {
        let operand = self.operand.as_str();
        match value {
            Value::Number(number) => numeric_order(&number.to_string(), operand),
            // 64-bit numbers are texts.
            Value::String(text) => match (text.parse::<i128>(), operand.parse::<i128>()) {
                (Ok(number), Ok(operand)) => Some(number.cmp(&operand)),
                (Err(_), Ok(_)) if !self.is_quoted => None,
                _ => match (text.parse::<Timestamp>(), operand.parse::<Timestamp>()) {
                    (Ok(at), Ok(operand)) => Some(at.cmp(&operand)),
                    _ => Some(text.as_str().cmp(operand)),
                },
            },
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

fn numeric_order(left: &str, right: &str) -> Option<Ordering> {
    if let (Ok(left), Ok(right)) = (left.parse::<i128>(), right.parse::<i128>()) {
        return Some(left.cmp(&right));
    }
    let (left, right) = (left.parse::<f64>().ok()?, right.parse::<f64>().ok()?);
    left.partial_cmp(&right)
}

/// Reports whether both texts are links to the same resource, in any spelling.
fn same_link(left: &str, right: &str) -> bool {
    path_of(left).starts_with("projects/") && path_of(left) == path_of(right)
}

/// Reports whether a pattern matches a whole value; `*` stands for any characters.
fn glob_matches(pattern: &str, value: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| value.strip_prefix(first)) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}
