//! Warnings about options that open a component which is not registered.

use serde_json::{Map, Value};

use crate::printer::Printer;

/// Groups of options that open components, one per route.
const GROUPS: [&str; 3] = ["privatelink_access", "public_access", "private_access"];

/// Prints a warning for each option that opens a component which the answered service lacks.
pub(super) fn warn(printer: Printer, answer: &Value, options: Option<&Map<String, Value>>) {
    let text = |pointer| answer.pointer(pointer).and_then(Value::as_str);
    let (Some(name), Some(options)) = (text("/service/service_name"), options) else {
        return;
    };
    let components = answer.pointer("/service/underpass/components");
    let components = components.and_then(Value::as_array).into_iter().flatten();
    let registered: Vec<String> = components
        .filter_map(|it| {
            it.get("component")
                .and_then(Value::as_str)
                .map(str::to_owned)
        })
        .collect();
    for line in warnings(name, options, &registered) {
        printer.say(&line);
    }
}

/// Returns a warning for each option of `options` that opens a component without a listener.
pub(super) fn warnings(
    service: &str,
    options: &Map<String, Value>,
    registered: &[String],
) -> Vec<String> {
    let opened = GROUPS.iter().flat_map(|group| {
        let members = options.get(*group).and_then(Value::as_object);
        let on = members
            .into_iter()
            .flatten()
            .filter(|(_, on)| **on == Value::Bool(true));
        on.map(move |(component, _)| (*group, component))
    });
    opened
        .filter(|(_, component)| !registered.contains(component))
        .map(|(group, component)| {
            let present = registered
                .iter()
                .map(|it| format!("--component {it}=PORT "));
            let present: String = present.collect();
            format!(
                "warning: `{group}.{component}` has no effect, because component `{component}` is \
                 not registered. Register it: `underpass service update {service} \
                 {present}--component {component}=PORT`"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::warnings;

    #[test]
    fn only_options_that_open_nothing_are_named() {
        let options = json!({
            "privatelink_access": {"pg": true, "prometheus": true, "pgbouncer": false},
            "static_ips": true,
        });
        let lines = warnings("pg-1", options.as_object().unwrap(), &["pg".to_owned()]);
        assert_eq!(
            lines,
            [
                "warning: `privatelink_access.prometheus` has no effect, because component \
              `prometheus` is not registered. Register it: `underpass service update pg-1 \
              --component pg=PORT --component prometheus=PORT`"
            ]
        );
    }
}
