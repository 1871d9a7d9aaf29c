//! Writes of a backend pool by itself: the load balancer is written with or without it.

use serde_json::{Value, json};

use super::admission;
use super::body_schema;
use super::call::Call;
use super::document;
use super::draft::Draft;
use super::element;
use super::id::ResourceId;
use super::kind::Kind;
use super::load_balancer::{self, POOLS};
use super::refusal::Refusal;
use super::resource::{self, Resource};
use super::state::State;

/// The collection of pools.
pub(super) const COLLECTION: &str = "backendAddressPools";

/// A checked write of a pool.
pub(super) struct PoolDraft {
    /// The whole load balancer.
    pub(super) balancer: Draft,
    /// The load balancer had the pool before.
    pub(super) existed: bool,
}

/// `PUT …/loadBalancers/{balancer}/backendAddressPools/{name}`.
///
/// # Errors
/// Those of the load balancer, and `ParentResourceNotFound`.
pub(super) fn put(
    state: &State,
    call: &Call<'_>,
    balancer: &ResourceId,
    name: &str,
) -> Result<PoolDraft, Refusal> {
    let existing = existing_balancer(state, call, balancer)?;
    resource::check_name(name)?;
    let mut pool = document::normalized(call.request.body.as_ref())?;
    document::put(&mut pool, "/name", name);
    let body = json!({ "properties": { "backendAddressPools": [pool] } });
    let mut body = body_schema::read(Kind::LoadBalancer, body, call.api_version)?;
    let pool = body.pointer_mut(&format!("{POOLS}/0")).map(Value::take);
    let pool = pool.unwrap_or_default();
    let mut pools = document::list(&existing.body, POOLS).to_vec();
    let before = pools
        .iter_mut()
        .find(|it| document::text_is(it, "/name", name));
    let existed = before.is_some();
    match before {
        Some(before) => *before = pool,
        None => pools.push(pool),
    }
    let balancer = with_pools(state, call, existing, pools)?;
    Ok(PoolDraft { balancer, existed })
}

/// `DELETE` of a pool; `None` if it is missing.
///
/// # Errors
/// Those of the load balancer: the pool may be in use.
pub(super) fn delete(
    state: &State,
    call: &Call<'_>,
    balancer: &ResourceId,
    name: &str,
) -> Result<Option<Draft>, Refusal> {
    let existing = existing_balancer(state, call, balancer)?;
    let mut pools = document::list(&existing.body, POOLS).to_vec();
    if element::find(&pools, name).is_none() {
        return Ok(None);
    }
    pools.retain(|it| !document::text_is(it, "/name", name));
    with_pools(state, call, existing, pools).map(Some)
}

fn existing_balancer(
    state: &State,
    call: &Call<'_>,
    balancer: &ResourceId,
) -> Result<Resource, Refusal> {
    let existing = admission::admit(state, call, balancer)?;
    existing.ok_or_else(|| {
        let verb = call.request.method.to_ascii_lowercase();
        Refusal::missing_parent(balancer, COLLECTION, &verb)
    })
}

fn with_pools(
    state: &State,
    call: &Call<'_>,
    existing: Resource,
    pools: Vec<Value>,
) -> Result<Draft, Refusal> {
    let mut body = existing.body.clone();
    document::put(&mut body, POOLS, pools);
    load_balancer::prepare(state, call, existing.id.clone(), Some(existing), body)
}
