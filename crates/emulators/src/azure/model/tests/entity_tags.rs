use super::fixture::*;

fn mismatch(requested: &str, found: &str) -> String {
    format!(
        "Etag provided in if-match header {requested} does not match etag {found} of resource {} in \
         NRP data store.",
        ours("loadBalancers/lb")
    )
}

#[test]
fn the_tag_is_in_body_and_header_and_new_on_each_write() {
    let mut fixture = Fixture::new();
    let path = ours("loadBalancers/lb");
    let reply = fixture.put(&path, balancer(&[]));
    assert_eq!(header(&reply, "etag"), None);
    let reply = fixture.get(&path);
    let first = header(&reply, "etag").unwrap().to_owned();
    assert!(first.starts_with("W/\"") && first.len() == 40, "{first}");
    assert_eq!(reply.body.unwrap()["etag"], first);
    let second = fixture.made(&path, balancer(&[]))["etag"].clone();
    assert_ne!(first, second);
}

#[test]
fn a_write_with_a_stale_tag_is_refused_as_recorded() {
    let mut fixture = Fixture::new();
    let path = ours("loadBalancers/lb");
    let etag = fixture.made(&path, balancer(&[]))["etag"]
        .as_str()
        .unwrap()
        .to_owned();
    let reply = fixture
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
    let delete = fixture
        .by(provider())
        .if_match("W/\"invalid\"")
        .delete(&path);
    assert_eq!(delete.status, 412);
    assert_eq!(
        fixture
            .by(provider())
            .if_match(&etag)
            .put(&path, balancer(&[1]))
            .status,
        200
    );
    assert_eq!(
        fixture
            .by(provider())
            .if_match(&etag)
            .put(&path, balancer(&[1]))
            .status,
        412
    );
    assert_eq!(
        fixture
            .by(provider())
            .if_match("*")
            .put(&path, balancer(&[1]))
            .status,
        200
    );
}

#[test]
fn an_if_match_header_for_a_missing_resource_does_not_match() {
    let mut fixture = Fixture::new();
    let path = ours("loadBalancers/lb");
    let reply = fixture
        .by(provider())
        .if_match("*")
        .put(&path, balancer(&[]));
    assert_eq!(reply.status, 412);
    let message = reply.body.unwrap()["error"]["details"][0]["message"].clone();
    assert_eq!(message, mismatch("*", "null"));
}

#[test]
fn the_tag_of_the_answer_is_old_once_the_operation_ends() {
    let mut fixture = Fixture::slow();
    let path = ours("publicIPAddresses/a");
    let answered = fixture.put(&path, public_address()).body.unwrap()["etag"].clone();
    assert_eq!(fixture.seen(&path)["etag"], answered);
    fixture.pass(DELAY);
    assert_ne!(fixture.seen(&path)["etag"], answered);
}

#[test]
fn a_subnets_write_changes_its_networks_tag() {
    let mut fixture = Fixture::new();
    let before = fixture.seen(&ours("virtualNetworks/v"))["etag"].clone();
    let subnet = fixture.seen(&ours("virtualNetworks/v/subnets/nodes"));
    fixture.made(&ours("virtualNetworks/v/subnets/nodes"), subnet);
    let after = fixture.seen(&ours("virtualNetworks/v"))["etag"].clone();
    assert_ne!(before, after);
    fixture.delete(&ours("virtualNetworks/v/subnets/nodes"));
    assert_ne!(after, fixture.seen(&ours("virtualNetworks/v"))["etag"]);
}
