//! Sessions: access tokens that were exchanged for another access token.
//!
//! A session is valid as long as its original token, and ends if it is not used. An access token has a
//! few sessions at most, whose hashes its row contains, so that a sign-in costs as much with any number
//! of tokens.

use std::net::IpAddr;

use ipnet::Ipv6Net;
use jiff::SignedDuration;
use underpass_model::auth::{Principal, Token};
use underpass_model::credentials::Secret;
use underpass_model::project_limits::RequestRate;
use underpass_store::{Change, Key, Kind, Lookup};
use underpass_web::live::RequestKind;

use crate::admission::in_queue;
use crate::api::admit::take_rate;
use crate::api::error::Error;
use crate::api::extract::{identify, unknown_token};
use crate::app::App;
use crate::token;

/// Most sessions of one access token: 20, more than the browsers of a person. The oldest one ends.
const MAX_SESSIONS: usize = 20;

/// Rate of sign-ins with one access token. A person signs in a few times a day.
const SIGN_INS: RequestRate = RequestRate {
    per_second: 1,
    burst: 20,
};

/// Rate of failed sign-ins of one address.
const FAILED_SIGN_INS: RequestRate = RequestRate {
    per_second: 1,
    burst: 20,
};

/// Exchanges an access token for a session of a client, and deletes sessions of the token that ended.
///
/// # Errors
/// The refusals of [`crate::api`] for a token that is not accepted; [`Error::TooManyRequests`] after
/// many sign-ins with it, or many failed ones of the client's address; [`Error::Unavailable`] if the
/// store takes no writes.
pub async fn begin(app: &App, access_token: &str, client: Option<IpAddr>) -> Result<Secret, Error> {
    let now = app.clock.now();
    let failures = client.and_then(bucket_of_failures);
    let refuse = |wait| too_often("Sign-ins from this address failed", FAILED_SIGN_INS, wait);
    if let Some(bucket) = &failures {
        let checked = app.rates.check(bucket, FAILED_SIGN_INS, now);
        checked.map_err(refuse)?;
    }
    let caller = match identify(app, access_token, RequestKind::User, &[]).await {
        Ok((caller, _nothing)) => caller,
        Err(error) => {
            if let (Error::Refused(_), Some(bucket)) = (&error, &failures) {
                app.rates
                    .take(bucket, FAILED_SIGN_INS, now)
                    .map_err(refuse)?;
            }
            return Err(error);
        }
    };
    take_sign_in(app, &caller)?;
    in_queue(&caller.holder(), store(app, &caller)).await
}

/// Counts a sign-in among the requests of its token. Those of operators with an unrestricted token are
/// not limited, as their requests.
fn take_sign_in(app: &App, caller: &Principal) -> Result<(), Error> {
    if caller.is_operator() {
        return Ok(());
    }
    take_rate(app, caller, None)?;
    let bucket = format!("sign-in/{}", caller.token.origin());
    let taken = app.rates.take(&bucket, SIGN_INS, app.clock.now());
    taken.map_err(|wait| {
        let subject = format!("Token `{}…` was used to sign in", caller.token.prefix);
        too_often(&subject, SIGN_INS, wait)
    })
}

fn too_often(subject: &str, rate: RequestRate, wait: SignedDuration) -> Error {
    let retry_after = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    Error::TooManyRequests {
        message: format!(
            "{subject} more than {} times, and then more than once a second. Retry in {retry_after} s",
            rate.burst
        ),
        retry_after,
    }
}

async fn store(app: &App, caller: &Principal) -> Result<Secret, Error> {
    let text = token::draw(&app.ids);
    let origin = Key::token(caller.token.origin());
    app.transact(async || {
        let now = app.clock.now();
        let fetched = app
            .store
            .fetch(&[Lookup::One(Kind::Token, origin.clone())])
            .await?;
        let mut row = fetched.one::<Token>(&origin)?.ok_or_else(unknown_token)?;
        let hash = token::hash(text.expose());
        let prefix = token::prefix(text.expose());
        let session = caller
            .token
            .session(&caller.user, prefix, hash.clone(), now);
        let mut change = Change::new().insert(Key::token(&hash), &session)?;
        let sessions = row.value.sessions.iter();
        let lookups: Vec<_> = sessions
            .map(|hash| Lookup::One(Kind::Token, Key::token(hash)))
            .collect();
        let fetched = app.store.fetch(&lookups).await?;
        let mut valid = Vec::new();
        for hash in &row.value.sessions {
            match fetched.readable_one::<Token>(&Key::token(hash)) {
                Some(row) if row.value.check(&caller.user, now).is_ok() => valid.push(row),
                Some(row) => change = change.delete(&row),
                None => {}
            }
        }
        let displaced = (valid.len() + 1).saturating_sub(MAX_SESSIONS);
        for row in valid.drain(..displaced) {
            change = change.delete(&row);
        }
        row.value.sessions = valid.into_iter().map(|row| row.value.sha256).collect();
        row.value.sessions.push(hash);
        Ok((change.update(&row)?, ()))
    })
    .await?;
    Ok(text)
}

/// Returns the bucket of failed sign-ins of an address: in IPv6 of its /64 prefix, which one machine has
/// to itself. Loopback has none: behind a proxy that is not trusted all clients have it.
fn bucket_of_failures(client: IpAddr) -> Option<String> {
    match client.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V4(address) => Some(format!("failed-sign-in/{address}")),
        IpAddr::V6(address) => {
            let prefix = Ipv6Net::new(address, 64).ok()?.trunc();
            Some(format!("failed-sign-in/{prefix}"))
        }
    }
}

/// Finds the session of a token; a user's request counts as its use.
///
/// # Errors
/// If the store cannot be read.
pub async fn find(
    app: &App,
    token: &Secret,
    kind: RequestKind,
) -> Result<Option<Principal>, Error> {
    match identify(app, token.expose(), kind, &[]).await {
        // Only a token that was exchanged is a session: an access token in a cookie would live
        // longer than one.
        Ok((principal, _nothing)) if principal.token.exchanged_for.is_some() => Ok(Some(principal)),
        Ok(_) | Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
