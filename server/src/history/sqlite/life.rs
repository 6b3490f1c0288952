//! One life of the database, from its opening to its close: decides whether what it holds is all
//! that was acknowledged, and gives rooms a new epoch where it may not be.

use rusqlite::{Connection, Result, TransactionBehavior};

use super::{Durability, rows};

impl Durability {
    /// As the database has it.
    fn stored(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Process => "process",
        }
    }
}

/// Begins a life, which counts as unclean until [`end`]. To be called while every commit is
/// flushed: a mark that the power cut takes along marks nothing.
pub(super) fn begin(connection: &mut Connection, durability: Durability) -> Result<()> {
    let begin = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (last, clean): (String, bool) =
        begin.query_row("SELECT durability, clean FROM life", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if !clean && last != Durability::Power.stored() {
        let rooms = rows::renew_epochs(&begin)?;
        tracing::warn!(
            rooms,
            "the last run was not closed in order and may have lost entries: new epochs"
        );
    }
    begin.execute(
        "UPDATE life SET durability = ?1, clean = 0",
        [durability.stored()],
    )?;
    begin.commit()
}

/// Ends a life in order. To be called while every commit is flushed.
pub(super) fn end(connection: &Connection) -> Result<()> {
    connection.execute("UPDATE life SET clean = 1", [])?;
    Ok(())
}
