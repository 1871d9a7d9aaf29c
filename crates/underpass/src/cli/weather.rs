//! Weather of emulated clouds on the command line.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

/// The faults that requests to an emulated cloud meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WeatherSource {
    /// Weather with a name.
    Named(&'static str),
    /// A file in TOML.
    File(PathBuf),
}

/// Weather of an emulated cloud.
#[derive(Debug, Clone, Args)]
pub(crate) struct WeatherArgs {
    /// Faults that requests meet: those of a normal week (breezy), of a bad day (storm), or of a file
    #[arg(long, value_name = "calm|breezy|storm|FILE", default_value = "calm")]
    pub(crate) weather: WeatherSource,
    /// Seed of the faults: the same requests meet the same ones
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) weather_seed: u64,
}

impl FromStr for WeatherSource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let known = ["calm", "breezy", "storm"];
        let found = known.into_iter().find(|it| *it == text);
        Ok(found.map_or_else(|| Self::File(text.into()), Self::Named))
    }
}
