//! Displayed names of parts; documents of the API name a part by its stored text.

use underpass_model::part::Part;

/// Displayed name of a part, for instance `load balancer`; its stored text if it is not known here.
pub(crate) fn part_name(part: &str) -> String {
    let known = part.parse::<Part>();
    known.map_or_else(|_unknown| part.to_owned(), |part| part.display_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_after_its_cloud_object() {
        assert_eq!(part_name("balancer"), "load balancer");
        assert_eq!(
            part_name("admission:plc000000000001"),
            "connection plc000000000001"
        );
        assert_eq!(part_name("member:/x/nic"), "backend /x/nic");
        assert_eq!(part_name("something"), "something");
    }
}
