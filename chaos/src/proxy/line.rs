//! One line: a client's connection and the one to the server that goes with it, from its opening
//! to the end that it comes to.

use std::io;
use std::time::Duration;

use fastrand::Rng;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::pump::pump;
use super::weather::{Direction, Weather};

/// How a line is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Both ends are reset, in the middle of a word.
    Reset,
    /// Both ends read all that has passed, and then the end.
    End,
}

/// What a line is to do now.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Orders {
    pub(super) weather: Weather,
    pub(super) cut: Option<Cut>,
}

/// How long an end may go on sending that has been told that the line is at its end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Carries bytes both ways until both ends have ended, one breaks, or the line is cut.
pub(super) async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    mut orders: watch::Receiver<Orders>,
    mut rng: Rng,
) {
    let how = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = (Direction::Up, orders.clone(), rng.fork());
        let down = (Direction::Down, orders.clone(), rng.fork());
        let both = async {
            tokio::try_join!(
                pump(up.0, from_client, to_server, up.1, up.2),
                pump(down.0, from_server, to_client, down.1, down.2),
            )
        };
        tokio::select! {
            cut = orders.wait_for(|orders| orders.cut.is_some()) => {
                // Nobody gives orders any more: the proxy has gone.
                cut.ok().and_then(|orders| orders.cut).or(Some(Cut::Reset))
            }
            ended = both => ended.err().map(|_| Cut::Reset),
        }
    };
    match how {
        Some(Cut::Reset) => {
            reset(client);
            reset(server);
        }
        Some(Cut::End) => {
            tokio::join!(end(client), end(server));
        }
        None => {}
    }
}

/// Closes with a reset: a close with nothing to linger for (socket(7)).
pub(super) fn reset(stream: TcpStream) {
    // A stream that is broken already needs none.
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}

/// Says that there is no more, and hears the other out: closing on unread bytes would be a reset.
async fn end(mut stream: TcpStream) {
    let rest = async {
        stream.shutdown().await?;
        let mut unheard = [0; 1024];
        while stream.read(&mut unheard).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(LAST_WORDS, rest).await;
}
