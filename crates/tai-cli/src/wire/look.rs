//! How things are shown, by flags and environment.

use std::io::{self, IsTerminal};

use super::environment;
use crate::args::Colour;
use crate::terminal::Look;

/// Colours on a terminal that knows them, unless `NO_COLOR` is set (see no-color.org) or a flag says otherwise. Nothing is drawn over with `--plain`, and none where the
/// terminal knows no more than lines.
pub(crate) fn look(colour: Colour, plain: bool) -> Look {
    let is_dumb = environment("TERM").is_none_or(|term| term == "dumb");
    let wanted = !plain && !is_dumb && environment("NO_COLOR").is_none() && io::stdout().is_terminal();
    let colour = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => wanted,
    };
    Look { colour, redraws: !plain && !is_dumb }
}
