use super::world::*;

fn mismatch(requested: &str, found: &str) -> String {
    format!(
        "Etag provided in if-match header {requested} does not match etag {found} of resource {} in \
         NRP data store.",
        ours("loadBalancers/lb")
    )
}

#[test]
fn the_tag_is_in_body_and_header_and_new_on_each_write() {
    let mut world = World::new();
    let path = ours("loadBalancers/lb");
    let reply = world.put(&path, balancer(&[]));
    assert_eq!(header(&reply, "etag"), None);
    let reply = world.get(&path);
    let first = header(&reply, "etag").unwrap().to_owned();
    assert!(first.starts_with("W/\"") && first.len() == 40, "{first}");
    assert_eq!(reply.body.unwrap()["etag"], first);
    let second = world.made(&path, balancer(&[]))["etag"].clone();
    assert_ne!(first, second);
}

#[test]
fn a_write_with_a_stale_tag_is_refused_as_recorded() {
    let mut world = World::new();
    let path = ours("loadBalancers/lb");
    let etag = world.made(&path, balancer(&[]))["etag"]
        .as_str()
        .unwrap()
        .to_owned();
    let reply = world
        .by(provider())
        .if_match("W/\"invalid\"")
        .put(&path, balancer(&[1]));
    assert_eq!(refusal(&reply), (412, "PreconditionFailed".to_owned()));
    let error = reply.body.unwrap()["error"].clone();
    assert_eq!(error["message"], "Precondition failed.");
    assert_eq!(
        error["details"][0]["code"],
        "PreconditionFailedEtagMismatch"
    );
    assert_eq!(
        error["details"][0]["message"],
        mismatch("W/\"invalid\"", &etag)
    );
    let delete = world.by(provider()).if_match("W/\"invalid\"").delete(&path);
    assert_eq!(delete.status, 412);
    assert_eq!(
        world
            .by(provider())
            .if_match(&etag)
            .put(&path, balancer(&[1]))
            .status,
        200
    );
    assert_eq!(
        world
            .by(provider())
            .if_match(&etag)
            .put(&path, balancer(&[1]))
            .status,
        412
    );
    assert_eq!(
        world
            .by(provider())
            .if_match("*")
            .put(&path, balancer(&[1]))
            .status,
        200
    );
}

#[test]
fn a_tag_wanted_of_what_is_not_there_does_not_match() {
    let mut world = World::new();
    let path = ours("loadBalancers/lb");
    let reply = world.by(provider()).if_match("*").put(&path, balancer(&[]));
    assert_eq!(reply.status, 412);
    let message = reply.body.unwrap()["error"]["details"][0]["message"].clone();
    assert_eq!(message, mismatch("*", "null"));
}

#[test]
fn the_tag_of_the_answer_is_old_once_the_operation_ends() {
    let mut world = World::slow();
    let path = ours("loadBalancers/lb");
    let answered = world.put(&path, balancer(&[])).body.unwrap()["etag"].clone();
    assert_eq!(world.seen(&path)["etag"], answered);
    world.pass(DELAY);
    assert_ne!(world.seen(&path)["etag"], answered);
}

#[test]
fn a_subnets_write_changes_its_networks_tag() {
    let mut world = World::new();
    let before = world.seen(&ours("virtualNetworks/v"))["etag"].clone();
    let subnet = world.seen(&ours("virtualNetworks/v/subnets/nodes"));
    world.made(&ours("virtualNetworks/v/subnets/nodes"), subnet);
    let after = world.seen(&ours("virtualNetworks/v"))["etag"].clone();
    assert_ne!(before, after);
    world.delete(&ours("virtualNetworks/v/subnets/nodes"));
    assert_ne!(after, world.seen(&ours("virtualNetworks/v"))["etag"]);
}
