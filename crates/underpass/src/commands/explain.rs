//! `explain`

use underpass_console::refusal_page::{PAGES, nearest, page};

use crate::cli::explain::ExplainArgs;
use crate::failure::Failure;
use crate::printer::Printer;

pub(super) fn run(args: &ExplainArgs, printer: Printer) -> Result<(), Failure> {
    let Some(code) = &args.code else {
        return PAGES.iter().try_for_each(|(code, _)| printer.data(code));
    };
    let text = page(code).ok_or_else(|| {
        let similar = nearest(code);
        let similar = if similar.is_empty() {
            String::new()
        } else {
            format!(". Similar codes: `{}`", similar.join("`, `"))
        };
        Failure::usage(format!("no refusal has the code `{code}`{similar}"))
            .hint("list the codes with `underpass explain`")
    })?;
    printer.data(text.trim_end())
}
