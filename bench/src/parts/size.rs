//! Row 8: the release binary as it lies there.

use anyhow::Result;

use super::World;
use crate::report::{Figure, Name, Report};

/// Reads its size; it costs nothing, so it is always there.
pub(crate) fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    report.add(Figure::bytes(Name::Binary, std::fs::metadata(&world.program.path)?.len()));
    Ok(())
}
