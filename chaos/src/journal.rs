//! What happened when, line by line, in a file: to look into when something went wrong.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Takes notes; cloning shares it.
#[derive(Debug, Clone)]
pub struct Journal {
    began: Instant,
    file: Option<Arc<Mutex<BufWriter<File>>>>,
}

impl Journal {
    /// Writes to a file of its own.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(File::create(path)?);
        Ok(Self {
            file: Some(Arc::new(Mutex::new(file))),
            ..Self::none()
        })
    }

    /// Writes nothing.
    #[must_use]
    pub fn none() -> Self {
        Self {
            began: Instant::now(),
            file: None,
        }
    }

    /// Notes what happened to `whom`, with the milliseconds since the beginning.
    pub fn note(&self, whom: &str, what: impl Display) {
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // It is there to help: a full disk must not end a run that could go on.
            let ms = self.began.elapsed().as_millis();
            let _ = writeln!(file, "{ms:>7} {whom}: {what}");
        }
    }

    /// Has all notes in the file.
    pub fn flush(&self) {
        if let Some(file) = &self.file {
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).flush();
        }
    }
}
