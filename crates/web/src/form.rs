//! Fields of a form that was sent.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::Response;

/// The fields of a form, in the order of the page. Names may repeat.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        Ok(Self::parse(&bytes))
    }
}

impl Fields {
    /// Reads the body of a form; the query of an address has the same format.
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first field of that name, without surrounding space; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// The first field of that name with surrounding space, which belongs to a password; without the
    /// end of a pasted line.
    pub fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value.trim_end_matches(['\r', '\n']))
    }

    /// The first field of that name; `None` if it was left empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every field of that name that was filled in.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(found, value)| found == name && !value.trim().is_empty())
            .map(|(_, value)| value.trim())
    }

    /// Every field whose name begins so, by the rest of its name.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.trim())))
    }
}

/// Entries of a list, separated by space, commas or semicolons.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_lose_their_margins() {
        let fields = Fields::parse(b"id=+a+&id=&id=b%26c&access.pg=on&note=");
        assert_eq!(fields.text("id"), "a");
        assert_eq!(fields.all("id").collect::<Vec<_>>(), ["a", "b&c"]);
        assert_eq!(fields.raw("id"), " a ");
        assert_eq!(fields.filled("note"), None);
        assert_eq!(fields.below("access.").collect::<Vec<_>>(), [("pg", "on")]);
    }
}
