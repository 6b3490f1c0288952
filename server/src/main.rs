//! The program `realtid`: flags, logs and signals.

use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};
use realtid::{Chat, ServeConfig, Server, healthcheck};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A chat for one's own site: serves the built site and the chat on one port.
#[derive(Parser)]
#[command(name = "realtid", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// How logs are written
    #[arg(long, env = "REALTID_LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,

    /// Which logs are written: error, warn, info, debug or trace, also by module
    #[arg(long, env = "REALTID_LOG", default_value = "info")]
    log: String,

    // Last: the limits in it have a heading of their own, which holds for all that follows.
    #[command(flatten)]
    serve: ServeConfig,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (the default)
    Serve,
    /// Ask the server at --listen whether it is well; ends with 0 where it is
    Healthcheck,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Healthcheck) => healthcheck(cli.serve.listen).map_err(anyhow::Error::msg),
        Some(Command::Serve) | None => {
            logs(&cli)?;
            serve(cli.serve).await
        }
    }
}

async fn serve(config: ServeConfig) -> anyhow::Result<()> {
    // Two descriptors a connection: a distribution's 1,024 would not last.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "could not raise the limit of open files");
    }
    // Before anyone is told that the server is there, and may want to stop it.
    let stop = stop_signal()?;
    let chat = Chat::start(config.chat.clone())?;
    let server = Server::bind(chat, &config).with_context(|| {
        format!(
            "cannot listen on {}; choose another by --listen",
            config.listen
        )
    })?;
    tracing::info!("open http://{}", server.address());
    server.run(stop).await.context("the server failed")
}

/// From the signal to the end at the latest, whatever the disk does meanwhile.
const STOP: Duration = Duration::from_millis(4_500);

/// Resolves at SIGTERM or SIGINT; from then on the process ends within [`STOP`].
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::thread::spawn(|| {
            std::thread::sleep(STOP);
            tracing::error!("stopping took too long: clients will send again what was not stored");
            std::process::exit(1);
        });
    })
}

fn logs(cli: &Cli) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&cli.log).context("--log")?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match cli.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}
