//! Whether output is coloured: as `--color` says, else as `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` do, else where it goes to a
//! terminal.

use std::io;

use anstream::AutoStream;
use anstream::stream::RawStream;

/// Follows the option `--color` from now on.
pub fn follow(option: clap::ColorChoice) {
    let choice = match option {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Whether results and reports are coloured.
pub fn is_wanted_on_stdout() -> bool {
    is_wanted_on(&io::stdout())
}

/// Whether logs are coloured.
pub fn is_wanted_on_stderr() -> bool {
    is_wanted_on(&io::stderr())
}

fn is_wanted_on(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != anstream::ColorChoice::Never
}
