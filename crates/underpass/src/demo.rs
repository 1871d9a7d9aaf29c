//! `demo`
use crate::cli::demo::DemoArgs;
use crate::failure::Failure;
use crate::printer::Printer;
pub(crate) async fn run(_: &DemoArgs, _: Printer) -> Result<(), Failure> { Ok(()) }
