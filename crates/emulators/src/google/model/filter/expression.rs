//! A parsed filter: comparisons and patterns, and how they are joined.

use serde_json::Value;

use super::comparison::Comparison;
use super::field::Field;
use super::pattern::Pattern;

#[derive(Debug)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Comparison(Comparison),
    Pattern(Pattern),
}

impl Expression {
    /// Patterns that must all match.
    pub(super) fn of_patterns(patterns: Vec<Pattern>) -> Expression {
        Expression::All(patterns.into_iter().map(Expression::Pattern).collect())
    }

    /// Reports whether the expression is true of a document.
    pub(super) fn holds(&self, document: &Value) -> bool {
        match self {
            Expression::All(expressions) => expressions.iter().all(|it| it.holds(document)),
            Expression::Any(expressions) => expressions.iter().any(|it| it.holds(document)),
            Expression::Not(expression) => !expression.holds(document),
            Expression::Comparison(comparison) => comparison.holds(document),
            Expression::Pattern(pattern) => pattern.holds(document),
        }
    }

    /// Adds the fields that the expression names.
    pub(super) fn collect_fields<'a>(&'a self, found: &mut Vec<&'a Field>) {
        match self {
            Expression::All(expressions) | Expression::Any(expressions) => {
                for expression in expressions {
                    expression.collect_fields(found);
                }
            }
            Expression::Not(expression) => expression.collect_fields(found),
            Expression::Comparison(comparison) => found.push(comparison.field()),
            Expression::Pattern(pattern) => found.push(pattern.field()),
        }
    }
}
