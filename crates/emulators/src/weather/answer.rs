//! Answers requests in the present weather.

use jiff::Timestamp;

use super::control::WeatherControl;
use super::disturbance::Disturbance;
use super::in_weather::InWeather;
use super::request_facts::RequestFacts;
use crate::emulated_network::{EmulatedNetwork, Error};
use crate::reply::Reply;

/// Answers a request in the present weather; `None` if its connection is to be cut.
///
/// `calm` answers it as in calm weather. `token` identifies its access token, if that can expire.
///
/// # Errors
/// When the journal, the endpoints or the model have stopped.
pub(crate) async fn answer<C: InWeather>(
    network: &EmulatedNetwork<C>,
    weather: &WeatherControl,
    request: &C::Request,
    token: Option<u64>,
    now: Timestamp,
    calm: impl AsyncFnOnce(&C::Request) -> Result<Reply, Error>,
) -> Result<Option<Reply>, Error> {
    if weather.is_calm() {
        return calm(request).await.map(Some);
    }
    put_back(network, weather).await?;
    let facts = network.with(|cloud, _, _| cloud.facts(request)).await?;
    let Some(disturbance) = weather.disturb(&facts, token, now) else {
        let reply = calm(request).await?;
        weather.remember(&facts, &reply, now);
        return Ok(Some(reply));
    };
    let reply = disturbed(network, weather, request, &disturbance, &facts, now, calm).await?;
    put_back(network, weather).await?;
    Ok(reply)
}

async fn disturbed<C: InWeather>(
    network: &EmulatedNetwork<C>,
    weather: &WeatherControl,
    request: &C::Request,
    disturbance: &Disturbance,
    facts: &RequestFacts,
    now: Timestamp,
    calm: impl AsyncFnOnce(&C::Request) -> Result<Reply, Error>,
) -> Result<Option<Reply>, Error> {
    match disturbance {
        Disturbance::Slow(pause) => {
            weather.note(disturbance, facts);
            let reply = calm(request).await?;
            weather.remember(facts, &reply, now);
            tokio::time::sleep(*pause).await;
            Ok(Some(reply))
        }
        Disturbance::Cut { is_carried_out } => {
            weather.note(disturbance, facts);
            if *is_carried_out {
                calm(request).await?;
            }
            Ok(None)
        }
        Disturbance::Refused {
            refusal,
            is_carried_out,
        } => {
            weather.note(disturbance, facts);
            if *is_carried_out {
                calm(request).await?;
            }
            let refused = network.with(|cloud, now, _| cloud.refusal(request, refusal, now));
            refused.await.map(Some)
        }
        Disturbance::False(kind) => {
            let truth = calm(request).await?;
            let absent = network.with(|cloud, _, _| cloud.absent(request)).await?;
            if let Some(reply) = weather.falsify(*kind, facts, &truth, now, || absent) {
                weather.note(disturbance, facts);
                return Ok(Some(reply));
            }
            weather.remember(facts, &truth, now);
            Ok(Some(truth))
        }
        Disturbance::Operation(fault) => {
            weather.note(disturbance, facts);
            let reply =
                network.with(|cloud, now, rng| cloud.handle_with(request, *fault, now, rng));
            reply.await.map(Some)
        }
        Disturbance::Reverted => {
            let before = network.with(|cloud, _, _| cloud.settings(request)).await?;
            let reply = calm(request).await?;
            let is_accepted = (200..300).contains(&reply.status);
            if let Some(before) = before.filter(|_| is_accepted)
                && weather.revert(before)
            {
                weather.note(disturbance, facts);
            }
            Ok(Some(reply))
        }
    }
}

/// Puts settings back whose resources accept a write now.
async fn put_back<C: InWeather>(
    network: &EmulatedNetwork<C>,
    weather: &WeatherControl,
) -> Result<(), Error> {
    for (settings, attempts) in weather.take_reverts() {
        let reply = network.with(|cloud, now, rng| {
            let request = cloud.put_back(&settings)?;
            Some(cloud.handle(&request, now, rng))
        });
        match reply.await? {
            Some(reply) if reply.status >= 400 => weather.retry_revert(settings, attempts),
            Some(_) => {
                tracing::debug!(http.path = %settings.path, "weather: put former settings back");
            }
            // The resource was deleted.
            None => {}
        }
    }
    Ok(())
}
