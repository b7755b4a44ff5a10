//! `foray password`: the hash of a password, for the configuration.

use std::io::{self, BufRead, IsTerminal};

use anyhow::{Context, Result, bail};
use foray_server::PasswordHash;

pub fn password() -> Result<()> {
    println!("{}", PasswordHash::of(&read()?)?);
    Ok(())
}

/// From the terminal, without showing it and twice; else the first line of standard input.
fn read() -> Result<String> {
    let unreadable = "cannot read the password";
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).context(unreadable)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password("Password: ").context(unreadable)?;
    if rpassword::prompt_password("Once more: ").context(unreadable)? != first {
        bail!("the two are not the same; try again");
    }
    Ok(first)
}
