//! The real server, as a process that is killed and started again over the same data.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// Where the server's directory has its log.
pub const LOG: &str = "server.log";

/// Time for a start.
const START: Duration = Duration::from_secs(60);

/// How often to try where the port of before is taken for the moment, and after how long.
const PORT_TRIES: u32 = 20;
const PORT_PAUSE: Duration = Duration::from_millis(250);

/// What went wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// It could not be run at all.
    #[error("cannot run {}: {error}", path.display())]
    Run {
        /// What was to be run.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It ended, or said nothing in time.
    #[error("the server did not start; the end of its log:\n{0}")]
    Start(String),
    /// It ended by itself.
    #[error("the server ended by itself ({0}); see its log")]
    Ended(ExitStatus),
    /// It panicked, or told of an error of its own.
    #[error("the server failed at something: {0}")]
    Failed(String),
}

/// A server, running or killed. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    settings: &'static [(&'static str, &'static str)],
    arguments: Vec<String>,
    directory: PathBuf,
    address: SocketAddr,
    child: Option<Child>,
}

impl Server {
    /// Starts `program` over fresh data in `directory`, on a port of its own. `settings` are variables,
    /// which `arguments` override.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn start(
        program: &Path,
        settings: &'static [(&'static str, &'static str)],
        arguments: &[String],
        directory: &Path,
    ) -> Result<Self, ServerError> {
        let mut server = Self {
            program: program.to_owned(),
            settings,
            arguments: arguments.to_owned(),
            directory: directory.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            child: None,
        };
        server.restart().await?;
        Ok(server)
    }

    /// Where it listens, or did.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// SIGKILL: no chance to tidy up.
    ///
    /// # Errors
    /// Where it had ended before.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.check()?;
        self.end();
        Ok(())
    }

    /// # Errors
    /// Where it has ended, though nobody killed it.
    pub fn check(&mut self) -> Result<(), ServerError> {
        let child = self.child.as_mut();
        match child.map(Child::try_wait) {
            Some(Ok(Some(status))) => Err(ServerError::Ended(status)),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// Where its log tells of a panic, or of anything else that must not be.
    pub fn check_log(&self) -> Result<(), ServerError> {
        let log = self.log();
        let told = |line: &&str| ["panicked at", "ERROR"].iter().any(|w| line.contains(w));
        let failure = log.lines().find(told);
        failure.map_or(Ok(()), |line| Err(ServerError::Failed(line.to_owned())))
    }

    /// Starts it again, where it was.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn restart(&mut self) -> Result<(), ServerError> {
        let mut tries = 0;
        loop {
            match self.run().await {
                // Whoever connects from a port of the system's choice may have this one.
                Err(ServerError::Start(log)) if log.contains("in use") && tries < PORT_TRIES => {
                    tries += 1;
                    sleep(PORT_PAUSE).await;
                }
                ended => return ended,
            }
        }
    }

    async fn run(&mut self) -> Result<(), ServerError> {
        let run = |error| ServerError::Run {
            path: self.program.clone(),
            error,
        };
        let mut child = Command::new(&self.program)
            .args(["--listen", &self.address.to_string()])
            .args(["--history", "sqlite"])
            .args(["--assets", "no-site", "--data-dir"])
            .arg(self.directory.join("data"))
            .args(&self.arguments)
            // Nothing of whoever runs this: a run is to be repeatable elsewhere.
            .env_clear()
            .envs(self.settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(run)?;
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.join(LOG))
            .map_err(run)?;
        let (found, address) = oneshot::channel();
        if let Some(lines) = child.stderr.take() {
            std::thread::spawn(move || keep(lines, log, found));
        }
        self.child = Some(child);
        match timeout(START, address).await {
            Ok(Ok(address)) => {
                self.address = address;
                Ok(())
            }
            _ => {
                self.end();
                let log = self.log();
                let lines: Vec<_> = log.lines().rev().take(5).collect();
                let lines: Vec<_> = lines.into_iter().rev().collect();
                Err(ServerError::Start(lines.join("\n")))
            }
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join(LOG)).unwrap_or_default()
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Copies the server's log to a file, and says once where it listens.
fn keep(lines: impl Read, mut log: File, found: oneshot::Sender<SocketAddr>) {
    let mut found = Some(found);
    for line in BufReader::new(lines).lines().map_while(Result::ok) {
        // To read on matters more: a server stops at a full pipe.
        let _ = writeln!(log, "{line}");
        let address = line.split_once("open http://").map(|(_, address)| address);
        if let Some(address) = address.and_then(|address| address.trim().parse().ok())
            && let Some(found) = found.take()
        {
            let _ = found.send(address);
        }
    }
}
