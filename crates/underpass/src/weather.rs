//! Weather of emulated clouds: read from the command line or a file.

use std::path::Path;

use underpass_emulators::Weather;

use crate::cli::weather::WeatherSource;
use crate::failure::Failure;

/// Reads the weather.
///
/// # Errors
/// If the file cannot be read, has an unknown key, or a value that is out of range.
pub(crate) fn read(source: &WeatherSource) -> Result<Weather, Failure> {
    match source {
        WeatherSource::Named(name) => Weather::named(name)
            .map_err(|error| Failure::ours(format!("--weather {name}: {error}"))),
        WeatherSource::File(path) => from_file(path),
    }
}

fn from_file(path: &Path) -> Result<Weather, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let file = path.display();
        Failure::refused(format!("failed to read the weather {file}: {error}"))
            .hint("`--weather` takes calm, breezy, storm, or a file in TOML")
    })?;
    Weather::from_toml(&text).map_err(|error| {
        let file = path.display();
        Failure::refused(format!("the weather {file} is not valid: {error}"))
    })
}
