//! The assumptions of the emulated clouds, read from their page.

use underpass_model::cloud::Provider;

/// The page with the assumptions.
const PAGE: &str = include_str!("../../../../../../docs/reference/emulators.md");

/// A behaviour that was not checked against the real cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assumption {
    pub(super) behaviour: &'static str,
    pub(super) assumed: &'static str,
    pub(super) confidence: &'static str,
}

/// The assumptions about a cloud, in the order of the page.
pub(super) fn of(provider: Provider) -> Vec<Assumption> {
    let title = match provider {
        Provider::Google => "## Google",
        _ => "## Azure",
    };
    let lines = PAGE.lines().skip_while(|line| *line != title).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("## "));
    lines.filter_map(row).collect()
}

fn row(line: &'static str) -> Option<Assumption> {
    let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
    let (behaviour, assumed, confidence) = (cells.next()?, cells.next()?, cells.next()?);
    let is_one = ["**assumed**", "**unproven**"]
        .iter()
        .any(|word| confidence.contains(word));
    is_one.then_some(Assumption {
        behaviour,
        assumed,
        confidence,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{azure, google};
    use super::*;

    #[test]
    fn each_assumption_that_a_step_shows_is_on_the_page() {
        for (provider, shown) in [
            (Provider::Azure, &azure::SHOWN[..]),
            (Provider::Google, &google::SHOWN[..]),
        ] {
            let all = of(provider);
            assert!(all.len() > 20, "{provider}: {}", all.len());
            for (behaviour, _) in shown {
                let mut found = all.iter();
                assert!(found.any(|it| it.behaviour == *behaviour), "{behaviour}");
            }
        }
    }
}
