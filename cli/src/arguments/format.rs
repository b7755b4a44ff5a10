//! How results are printed.

use clap::{Args, ValueEnum};

use crate::preview::Protocol;

/// How results are printed.
#[derive(Clone, Copy, Debug, Args)]
pub struct FormatArguments {
    /// Print paths alone, without scores
    #[arg(long)]
    pub paths: bool,
    /// End each line with a zero byte instead of a newline, for xargs -0
    #[arg(short = '0', long = "null")]
    pub null: bool,
    /// Print one JSON document
    #[arg(long, conflicts_with_all = ["paths", "null"])]
    pub json: bool,
    /// Show each picture above its line, in a terminal: in the way that it is known to take, or in the one given
    #[arg(
        long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "auto",
        conflicts_with_all = ["json", "null"],
    )]
    pub preview: Option<PreviewArgument>,
    /// Do not keep the list for `foray open`
    #[arg(long)]
    pub no_remember: bool,
}

/// How pictures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PreviewArgument {
    /// As the terminal is known to take them; not at all where the output is none
    Auto,
    /// The graphics protocol of kitty, Ghostty and others
    Kitty,
    /// Inline images of iTerm2, WezTerm and others
    Iterm,
    /// Sixels, as foot, mlterm, xterm and others take them
    Sixel,
    /// Coloured half blocks, in any terminal with true colour
    Blocks,
}

impl PreviewArgument {
    /// The way that was named.
    pub fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Auto => None,
            Self::Kitty => Some(Protocol::Kitty),
            Self::Iterm => Some(Protocol::Iterm),
            Self::Sixel => Some(Protocol::Sixel),
            Self::Blocks => Some(Protocol::Blocks),
        }
    }
}
