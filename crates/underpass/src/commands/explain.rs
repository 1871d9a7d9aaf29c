//! `explain`

use crate::cli::explain::ExplainArgs;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::refusal_page::{PAGES, page};

pub(super) fn run(args: &ExplainArgs, printer: Printer) -> Result<(), Failure> {
    let Some(code) = &args.code else {
        return PAGES.iter().try_for_each(|(code, _)| printer.data(code));
    };
    let text = page(code).ok_or_else(|| {
        Failure::usage(format!("no refusal has the code `{code}`"))
            .hint("list the codes with `underpass explain`")
    })?;
    printer.data(text.trim_end())
}
