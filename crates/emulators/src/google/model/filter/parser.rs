//! Filters of AIP-160: comparisons joined by AND, OR and NOT, with parentheses.
//!
//! Comparisons that stand beside each other are joined by AND. OR binds tighter than AND.

use super::comparison::{Comparison, Operator};
use super::expression::Expression;
use super::field::Field;
use super::token::{MAX_DEPTH, Token, tokens};

/// Words that join comparisons.
const JOINING: [&str; 3] = ["AND", "OR", "NOT"];

/// Parses a filter.
///
/// # Errors
/// The rule that the text breaks.
pub(super) fn parse(text: &str) -> Result<Expression, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        rest: tokens.iter().collect(),
        depth: 0,
    };
    parser.rest.reverse();
    let expression = parser.expression()?;
    match parser.next() {
        None => Ok(expression),
        Some(_) => Err("A parenthesis is closed that was not opened.".to_owned()),
    }
}

struct Parser<'a> {
    /// The tokens that were not read yet, the next one last.
    rest: Vec<&'a Token>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        self.rest.pop()
    }

    fn peek(&self) -> Option<&'a Token> {
        self.rest.last().copied()
    }

    /// Takes the next token if it is this word.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Sequences joined by AND.
    fn expression(&mut self) -> Result<Expression, String> {
        let mut all = self.sequence()?;
        while self.takes("AND") {
            all.extend(self.sequence()?);
        }
        Ok(Expression::All(all))
    }

    /// Factors beside each other.
    fn sequence(&mut self) -> Result<Vec<Expression>, String> {
        let mut factors = vec![self.factor()?];
        while self.begins_factor() {
            factors.push(self.factor()?);
        }
        Ok(factors)
    }

    fn begins_factor(&self) -> bool {
        match self.peek() {
            None | Some(Token::Close) => false,
            Some(Token::Word(word)) => word != "AND",
            Some(Token::Quoted(_) | Token::Operator(_) | Token::Open) => true,
        }
    }

    /// Terms joined by OR.
    fn factor(&mut self) -> Result<Expression, String> {
        let mut terms = vec![self.term()?];
        while self.takes("OR") {
            terms.push(self.term()?);
        }
        Ok(Expression::Any(terms))
    }

    fn term(&mut self) -> Result<Expression, String> {
        if self.takes("NOT") {
            return Ok(Expression::Not(Box::new(self.simple()?)));
        }
        self.simple()
    }

    /// A comparison, or an expression in parentheses.
    fn simple(&mut self) -> Result<Expression, String> {
        if self.peek() != Some(&Token::Open) {
            return Ok(Expression::Comparison(self.comparison()?));
        }
        self.next();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!(
                "Parentheses are nested more than {MAX_DEPTH} deep."
            ));
        }
        let expression = self.expression()?;
        self.depth -= 1;
        match self.next() {
            Some(Token::Close) => Ok(expression),
            _ => Err("A parenthesis is not closed.".to_owned()),
        }
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        let field = match self.next() {
            Some(Token::Word(word)) if !JOINING.contains(&word.as_str()) => {
                Field::parse(word).ok_or_else(|| format!("'{word}' is no name of a field."))?
            }
            _ => return Err("The name of a field is missing.".to_owned()),
        };
        let operator = match self.next() {
            Some(Token::Operator(operator)) => Operator::of(operator),
            Some(Token::Word(word)) if word == "eq" || word == "ne" => {
                let why = "'eq' and 'ne' cannot be joined with other operators, nor with AND, OR \
                           or NOT.";
                return Err(why.to_owned());
            }
            _ => {
                let why = "The operator must be one of =, !=, <, <=, >, >=, :, eq, ne.";
                return Err(format!("After '{field}': {why}"));
            }
        };
        match self.next() {
            Some(Token::Word(word)) if !JOINING.contains(&word.as_str()) => {
                Comparison::new(field, operator, word.clone(), false)
            }
            Some(Token::Quoted(text)) => Comparison::new(field, operator, text.clone(), true),
            _ => Err(format!(
                "The value that '{field}' is compared with is missing."
            )),
        }
    }
}
