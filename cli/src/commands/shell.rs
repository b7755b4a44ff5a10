//! `foray completions` and `foray man`: what shells and readers of manuals want to know of the command line.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::arguments::Arguments;

const NAME: &str = "foray";

pub fn completions(shell: Shell) -> Result<()> {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
    io::stdout().write_all(&script)?;
    Ok(())
}

/// One page: the program, then each of its commands.
pub fn man() -> Result<()> {
    let mut program = Arguments::command();
    program.build();
    let mut page = vec![];
    Man::new(program.clone()).render(&mut page)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        render(command, &mut page)?;
    }
    io::stdout().write_all(&page)?;
    Ok(())
}

fn render(command: &Command, page: &mut Vec<u8>) -> Result<()> {
    writeln!(page, ".SH {NAME} {}", command.get_name())?;
    let man = Man::new(command.clone());
    man.render_description_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_options_section(page)?;
    Ok(())
}
