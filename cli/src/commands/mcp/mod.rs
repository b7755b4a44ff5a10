//! `foray mcp`: a server of the [Model Context Protocol](https://modelcontextprotocol.io) on standard input and output, by which
//! assistants search the library.

mod answers;
mod parameters;
mod tools;
mod visitor;

use anyhow::{Context, Result};
use rmcp::ServiceExt;
use rmcp::transport::stdio;

use self::tools::Tools;
use self::visitor::Visitor;
use crate::settings::Settings;

/// Serves until standard input ends.
pub fn mcp(settings: &Settings) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start to serve")?;
    let tools = Tools::new(Visitor::new(settings.clone()));
    runtime.block_on(async {
        let service = tools.serve(stdio()).await.context("no client of the Model Context Protocol speaks here")?;
        service.waiting().await.context("the server broke down")?;
        Ok(())
    })
}
