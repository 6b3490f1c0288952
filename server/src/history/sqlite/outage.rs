//! Failures as the log is told of them: when they begin and when they are over, however often they
//! are met in between. Visitors decide how often that is.

use crate::history::HistoryError;

/// One kind of work, which goes well or does not.
pub(super) struct Outage {
    work: &'static str,
    lasts: bool,
}

impl Outage {
    /// Of work that has gone well so far.
    pub(super) fn new(work: &'static str) -> Self {
        Self { work, lasts: false }
    }

    /// Whether it failed the last time.
    pub(super) fn lasts(&self) -> bool {
        self.lasts
    }

    /// The work failed.
    pub(super) fn met(&mut self, error: &HistoryError) {
        let work = self.work;
        if std::mem::replace(&mut self.lasts, true) {
            tracing::debug!(%error, "{work} still fails");
        } else {
            tracing::error!(%error, "{work} fails; it is tried again whenever it is asked for");
        }
    }

    /// The work went well.
    pub(super) fn over(&mut self) {
        if std::mem::replace(&mut self.lasts, false) {
            tracing::info!("{} goes on", self.work);
        }
    }
}
