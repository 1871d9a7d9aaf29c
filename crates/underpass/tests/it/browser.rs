//! A browser without scripts: it keeps cookies and submits forms.

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, StatusCode};
use tokio::runtime::{Builder, Runtime};

pub(crate) struct Browser {
    runtime: Runtime,
    http: Client,
    base: String,
    cookie: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    /// Target of a redirect.
    pub(crate) location: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        // Another test was faster and installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirect = reqwest::redirect::Policy::none();
        let http = Client::builder().redirect(redirect).no_proxy().build();
        Self {
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            http: http.unwrap(),
            base: base.to_owned(),
            cookie: None,
        }
    }

    /// Opens a page, wherever it leads.
    pub(crate) fn opens(&mut self, path: &str) -> Page {
        let page = self.asks(path, &[]);
        match page.location.clone() {
            Some(next) => self.opens(&next),
            None => page,
        }
    }

    /// Requests a page with additional headers.
    pub(crate) fn asks(&mut self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.sends(Method::GET, path, headers, String::new())
    }

    /// Fills in the form of a page and submits it to `path`.
    pub(crate) fn submits(&mut self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let word = between(&page.html, "name=\"csrf_token\" value=\"", "\"");
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", word));
        self.posts(path, &fields, &[])
    }

    /// Submits a form that is on no page.
    pub(crate) fn posts(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Page {
        let encode = |text: &str| {
            let encoded = text.bytes().map(|byte| format!("%{byte:02X}"));
            encoded.collect::<String>()
        };
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.sends(Method::POST, path, headers, body.join("&"))
    }

    fn sends(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Page {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (status, headers, html) = self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            (status, headers, answer.text().await.unwrap())
        });
        let text = |name| Some(headers.get(name)?.to_str().unwrap().to_owned());
        if let Some(line) = text(SET_COOKIE) {
            self.cookie = line.split(';').next().map(str::to_owned);
        }
        Page {
            status,
            location: text(LOCATION),
            headers,
            html,
        }
    }

    /// Waits for the first event of a stream.
    pub(crate) fn hears(&self, path: &str) -> String {
        self.runtime.block_on(async {
            let request = self.http.get(format!("{}{path}", self.base));
            let mut answer = request.send().await.unwrap();
            let chunk = answer.chunk().await.unwrap().unwrap();
            String::from_utf8(chunk.to_vec()).unwrap()
        })
    }
}

impl Page {
    /// Returns a header that occurs once.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// Returns the rest of the first attribute that begins with a text, unescaped.
    pub(crate) fn attribute(&self, name: &str, begin: &str) -> String {
        between(&self.html, &format!("{name}=\"{begin}"), "\"").replace("&#38;", "&")
    }

    /// Returns the visible text of the element with that ID.
    pub(crate) fn text_of(&self, id: &str) -> String {
        let rest = between(&self.html, &format!("id=\"{id}\""), "</section>");
        let mut text = String::new();
        let mut is_tag = true;
        for letter in rest.chars() {
            match letter {
                '<' => is_tag = true,
                '>' => {
                    is_tag = false;
                    text.push(' ');
                }
                _ if !is_tag => text.push(letter),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Returns the text between two texts.
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = html
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {html}"));
    rest.split_once(after).map_or(rest, |(found, _)| found)
}
