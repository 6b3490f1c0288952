//! The proxy over real sockets, with both ends in the test's hands.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::*;

/// A guard against hanging only.
const LIMIT: Duration = Duration::from_secs(20);

/// A proxy, and the server behind it.
struct Between {
    proxy: Proxy,
    server: TcpListener,
}

async fn between() -> Between {
    let any = "127.0.0.1:0".parse().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = server.local_addr().unwrap();
    let proxy = Proxy::start(any, to, None, Journal::none()).await.unwrap();
    Between { proxy, server }
}

impl Between {
    fn tell(&self, command: &str) -> usize {
        self.proxy.obey(&command.parse().unwrap())
    }

    /// A line: what the client has of it, and what the server has.
    async fn line(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.proxy.address()).await.unwrap();
        let (server, _) = timeout(LIMIT, self.server.accept()).await.unwrap().unwrap();
        let mut line = (client, server);
        // Once something has passed the proxy knows the line as open.
        passes(&mut line.0, &mut line.1, b"hello").await;
        line
    }
}

async fn passes(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) {
    from.write_all(bytes).await.unwrap();
    let mut read = vec![0; bytes.len()];
    timeout(LIMIT, to.read_exact(&mut read))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read, bytes);
}

/// How a line ended that has nothing more to read: 0 bytes, or a reset.
async fn end(stream: &mut TcpStream) -> Result<usize, io::ErrorKind> {
    timeout(LIMIT, stream.read(&mut [0; 16]))
        .await
        .unwrap()
        .map_err(|error| error.kind())
}

#[tokio::test]
async fn bytes_pass_both_ways_and_so_does_the_end_of_each() {
    let between = between().await;
    let (mut client, mut server) = between.line().await;
    passes(&mut server, &mut client, b"welcome").await;
    client.shutdown().await.unwrap();
    assert_eq!(end(&mut server).await, Ok(0));
    passes(&mut server, &mut client, b"goodbye").await;
    drop(server);
    assert_eq!(end(&mut client).await, Ok(0));
}

#[tokio::test]
async fn a_cut_resets_both_ends() {
    let between = between().await;
    let (mut client, mut server) = between.line().await;
    assert_eq!(between.tell("cut"), 1);
    assert_eq!(end(&mut client).await, Err(io::ErrorKind::ConnectionReset));
    assert_eq!(end(&mut server).await, Err(io::ErrorKind::ConnectionReset));
    assert_eq!(between.proxy.deeds().cuts, 1);
}

#[tokio::test]
async fn a_gentle_cut_ends_both_ends() {
    let between = between().await;
    let (mut client, mut server) = between.line().await;
    assert_eq!(between.tell("cut fin"), 1);
    assert_eq!(end(&mut client).await, Ok(0));
    assert_eq!(end(&mut server).await, Ok(0));
}

#[tokio::test]
async fn a_half_open_line_stays_open_and_swallows_one_way() {
    let between = between().await;
    let (mut client, mut server) = between.line().await;
    assert_eq!(between.tell("freeze up"), 1);
    client.write_all(b"lost").await.unwrap();
    passes(&mut server, &mut client, b"heard").await;
    // The other one goes, and nobody learns of it.
    client.shutdown().await.unwrap();
    passes(&mut server, &mut client, b"still heard").await;
    // Only the end that the line comes to in the end.
    between.tell("clear");
    assert_eq!(end(&mut server).await, Err(io::ErrorKind::ConnectionReset));
    assert_eq!(between.proxy.deeds().half_opens, 1);
}

#[tokio::test]
async fn a_line_opened_after_a_freeze_is_whole() {
    let between = between().await;
    let (mut frozen, _server) = between.line().await;
    between.tell("freeze");
    let (mut client, mut server) = between.line().await;
    passes(&mut server, &mut client, b"whole").await;
    between.tell("clear");
    assert_eq!(end(&mut frozen).await, Err(io::ErrorKind::ConnectionReset));
    passes(&mut server, &mut client, b"still").await;
}

#[tokio::test]
async fn nobody_gets_in_while_refused() {
    let between = between().await;
    let (mut client, mut server) = between.line().await;
    between.tell("refuse");
    let mut late = TcpStream::connect(between.proxy.address()).await.unwrap();
    assert_eq!(end(&mut late).await, Err(io::ErrorKind::ConnectionReset));
    passes(&mut server, &mut client, b"who is in stays").await;
    between.tell("clear");
    between.line().await;
    assert_eq!(between.proxy.deeds().refused, 1);
}

#[tokio::test]
async fn without_a_server_a_connection_is_reset_and_the_next_finds_the_new_one() {
    let mut between = between().await;
    let gone = std::mem::replace(
        &mut between.server,
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
    );
    drop(gone);
    let mut client = TcpStream::connect(between.proxy.address()).await.unwrap();
    assert_eq!(end(&mut client).await, Err(io::ErrorKind::ConnectionReset));
    let to = between.server.local_addr().unwrap();
    between.tell(&format!("to {to}"));
    let (mut client, mut server) = between.line().await;
    passes(&mut client, &mut server, b"found").await;
}

#[tokio::test]
async fn a_line_has_segments_as_over_a_network() {
    let between = between().await;
    let (client, server) = between.line().await;
    for end in [&client, &server] {
        assert!(SockRef::from(end).tcp_mss().unwrap() <= SEGMENT_BYTES);
    }
}

#[tokio::test]
async fn a_plan_meets_every_line() {
    let mut between = between().await;
    let (any, to) = (
        "127.0.0.1:0".parse().unwrap(),
        between.server.local_addr().unwrap(),
    );
    let plan = Plan {
        seed: 1,
        lifetime: Duration::from_millis(1),
    };
    between.proxy = Proxy::start(any, to, Some(plan), Journal::none())
        .await
        .unwrap();
    let mut lines = Vec::new();
    let enough = async {
        let deeds = |d: Deeds| d.cuts.min(d.half_opens).min(d.held).min(d.delayed);
        while deeds(between.proxy.deeds()) == 0 {
            lines.push(TcpStream::connect(between.proxy.address()).await.unwrap());
            lines.push(between.server.accept().await.unwrap().0);
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, enough).await.unwrap();
}
