//! A visitor of the console without a browser: signs in, reads pages, sends forms.

use axum::body::Body;
use axum::http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::request::Builder;
use axum::http::{Method, Request, StatusCode};
use underpass_model::credentials::Secret;

use crate::world::{Client, Reply, World};

/// The host under which visitors come.
const AT: &str = "127.0.0.1:8780";

/// A visitor with a session.
pub(crate) struct Visitor {
    client: Client,
    session: String,
    word: String,
}

impl World {
    /// The operator at the console.
    pub(crate) async fn visitor(&self) -> Visitor {
        Visitor::with(self, &self.token()).await
    }

    /// A member of `demo` with read access at the console.
    pub(crate) async fn reading_visitor(&self) -> Visitor {
        let reader = self.reader().await;
        Visitor::with(self, &reader.token.unwrap()).await
    }
}

impl Visitor {
    /// Signs in with a token.
    pub(crate) async fn with(world: &World, token: &Secret) -> Self {
        let client = world.stranger();
        let reply = Self::knock(world, token).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
        let set = reply.headers[SET_COOKIE].to_str().unwrap();
        let session = set.split(';').next().unwrap().to_owned();
        let mut visitor = Self {
            client,
            session,
            word: String::new(),
        };
        let home = visitor.get("/console/project/demo").await.text;
        let (_, rest) = home
            .split_once("name=\"csrf_token\" value=\"")
            .expect("every page has the form that signs out");
        visitor.word = rest.split('"').next().unwrap().into();
        visitor
    }

    /// Sends the form that signs in with a token.
    pub(crate) async fn knock(world: &World, token: &Secret) -> Reply {
        let fields = [("token", token.expose())];
        submit(&world.stranger(), "/console/sign-in", "", &fields).await
    }

    /// The cookie of the session, as the browser would send it.
    pub(crate) fn cookie(&self) -> &str {
        &self.session
    }

    /// A page.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        send(
            &self.client,
            Method::GET,
            path,
            &self.session,
            String::new(),
        )
        .await
    }

    /// A page as its own script refreshes it.
    pub(crate) async fn get_unattended(&self, path: &str) -> Reply {
        let request = request(Method::GET, path, &self.session)
            .header("x-underpass-live", "1")
            .body(Body::empty())
            .unwrap();
        self.client.exchange(request).await
    }

    /// A page that is there, as its visible text and attributes.
    pub(crate) async fn page(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text);
        reply.text
    }

    /// Sends a form from a page of this session.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", &self.word));
        submit(&self.client, path, &self.session, &fields).await
    }

    /// Sends a form without the word that only pages of this session have.
    pub(crate) async fn forge(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        submit(&self.client, path, &self.session, fields).await
    }

    /// Sends a form that does what it says; gives the page it leads to, with the notice.
    pub(crate) async fn done(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let reply = self.post(path, fields).await;
        assert_eq!(
            reply.status,
            StatusCode::SEE_OTHER,
            "{path}: {}",
            reply.text
        );
        let place = reply.headers[LOCATION].to_str().unwrap();
        let place = place.split('#').next().unwrap();
        let notices = reply.headers.get_all(SET_COOKIE).iter();
        let cookies: Vec<_> = notices
            .map(|line| line.to_str().unwrap().split(';').next().unwrap())
            .chain([self.session.as_str()])
            .collect();
        let cookies = cookies.join("; ");
        send(&self.client, Method::GET, place, &cookies, String::new())
            .await
            .text
    }
}

/// Sends a request with these cookies, as the form of a page would.
pub(crate) async fn exchange(
    client: &Client,
    method: &str,
    path: &str,
    cookies: &str,
    body: String,
) -> Reply {
    send(client, method.parse().unwrap(), path, cookies, body).await
}

async fn submit(client: &Client, path: &str, cookies: &str, fields: &[(&str, &str)]) -> Reply {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    send(client, Method::POST, path, cookies, form.finish()).await
}

async fn send(client: &Client, method: Method, path: &str, cookies: &str, body: String) -> Reply {
    let request = request(method, path, cookies)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    client.exchange(request).await
}

fn request(method: Method, path: &str, cookies: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, AT)
        .header(COOKIE, cookies)
}
