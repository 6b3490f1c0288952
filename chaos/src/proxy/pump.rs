//! One direction of a line: takes bytes from one end, and hands them to the other as the weather
//! allows.

use std::io;

use fastrand::Rng;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::line::Orders;
use super::weather::Direction;

/// What is taken at once: little, so that a line holds no more than its sockets do.
const BUFFER: usize = 16 * 1024;

/// Passes bytes on until `from` ends, and then tells `to` so, unless that is lost, too.
///
/// # Errors
/// Where an end is broken, and the other may learn of it.
pub(super) async fn pump(
    direction: Direction,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut orders: watch::Receiver<Orders>,
    mut rng: Rng,
) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    let lost = |orders: &watch::Receiver<Orders>| orders.borrow().weather.loses(direction);
    loop {
        let weather = orders.borrow_and_update().weather;
        if weather.hold {
            // Nothing is taken: its sender will feel it.
            changed(&mut orders).await?;
            continue;
        }
        let (window, _) = buffer.split_at_mut(weather.chunk(BUFFER));
        let taken = tokio::select! {
            changed = changed(&mut orders) => {
                changed?;
                continue;
            }
            taken = from.read(window) => taken,
        };
        match taken {
            _ if lost(&orders) && !matches!(taken, Ok(1..)) => return Ok(()),
            Ok(0) => {
                // Like all else, the end comes late.
                if ripe(direction, 0, &mut orders, &mut rng).await? {
                    told(to.shutdown().await, &orders)?;
                }
                return Ok(());
            }
            Ok(bytes) => {
                if ripe(direction, bytes, &mut orders, &mut rng).await? {
                    let (bytes, _) = window.split_at(bytes);
                    told(to.write_all(bytes).await, &orders)?;
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Waits as long as the weather has `bytes` wait, though it may change meanwhile; false where they
/// are lost.
async fn ripe(
    direction: Direction,
    bytes: usize,
    orders: &mut watch::Receiver<Orders>,
    rng: &mut Rng,
) -> io::Result<bool> {
    let (since, luck) = (Instant::now(), rng.f64());
    loop {
        let weather = orders.borrow_and_update().weather;
        if weather.loses(direction) {
            return Ok(false);
        }
        if weather.hold {
            changed(orders).await?;
            continue;
        }
        let pause = weather.pause(bytes, luck);
        if pause.is_zero() {
            return Ok(true);
        }
        tokio::select! {
            changed = changed(orders) => changed?,
            () = sleep_until(since + pause) => return Ok(true),
        }
    }
}

/// That the reader has gone, unless the way back is lost: then nobody learns of it.
fn told(written: io::Result<()>, orders: &watch::Receiver<Orders>) -> io::Result<()> {
    let unheard = orders.borrow().weather.lost.any();
    written.or_else(|error| if unheard { Ok(()) } else { Err(error) })
}

async fn changed(orders: &mut watch::Receiver<Orders>) -> io::Result<()> {
    // Nobody gives orders any more: the proxy has gone.
    orders
        .changed()
        .await
        .map_err(|_| io::ErrorKind::ConnectionReset.into())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use tokio::io::{DuplexStream, duplex};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::proxy::weather::{Lost, Weather};

    /// One direction, with both its ends in the test's hands.
    struct Pumped {
        sender: DuplexStream,
        reader: DuplexStream,
        orders: watch::Sender<Orders>,
        pump: JoinHandle<io::Result<()>>,
    }

    fn pumped(weather: Weather) -> Pumped {
        let (sender, from) = duplex(1 << 20);
        let (to, reader) = duplex(1 << 20);
        let (orders, obeyed) = watch::channel(Orders { weather, cut: None });
        let pump = pump(Direction::Up, from, to, obeyed, Rng::with_seed(1));
        Pumped {
            sender,
            reader,
            orders,
            pump: tokio::spawn(pump),
        }
    }

    impl Pumped {
        fn weather(&self, weather: Weather) {
            self.orders.send_modify(|orders| orders.weather = weather);
        }

        async fn read(&mut self, bytes: usize) -> Vec<u8> {
            let mut read = vec![0; bytes];
            self.reader.read_exact(&mut read).await.unwrap();
            read
        }

        /// Sends the end, and waits for the pump's; tells what still came out.
        async fn rest(mut self) -> Vec<u8> {
            self.sender.shutdown().await.unwrap();
            self.pump.await.unwrap().unwrap();
            let mut rest = Vec::new();
            self.reader.read_to_end(&mut rest).await.unwrap();
            rest
        }
    }

    fn throttled(rate: u32) -> Weather {
        Weather {
            bytes_per_second: NonZeroU32::new(rate),
            ..Weather::default()
        }
    }

    #[tokio::test]
    async fn a_fair_line_passes_bytes_and_the_end() {
        let mut line = pumped(Weather::default());
        line.sender.write_all(b"hej").await.unwrap();
        assert_eq!(line.read(3).await, b"hej");
        line.sender.shutdown().await.unwrap();
        assert_eq!(line.reader.read(&mut [0]).await.unwrap(), 0);
        line.pump.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_half_open_line_swallows_bytes_and_the_end() {
        let lost = Weather {
            lost: Lost::BOTH,
            ..Weather::default()
        };
        let mut line = pumped(lost);
        line.sender.write_all(b"lost").await.unwrap();
        // All was taken, and nothing came out, not even the end: that comes of the pump's own.
        assert_eq!(line.rest().await, b"");
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_on_their_way_are_lost_with_the_line() {
        let mut line = pumped(Weather {
            delay: Duration::from_secs(10),
            ..Weather::default()
        });
        line.sender.write_all(b"late").await.unwrap();
        // Paused, the clock moves on once all have nothing to do: the bytes are taken and wait.
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
        line.weather(Weather {
            lost: Lost::BOTH,
            ..Weather::default()
        });
        assert_eq!(line.rest().await, b"");
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_line_passes_so_much_in_a_second_and_loses_nothing() {
        let mut line = pumped(throttled(1_000));
        let sent: Vec<u8> = (0..2_500_u32).map(|n| n.to_le_bytes()[0]).collect();
        line.sender.write_all(&sent).await.unwrap();
        let mut passed = Vec::new();
        let second = tokio::time::sleep(Duration::from_millis(1_001));
        tokio::pin!(second);
        loop {
            tokio::select! {
                () = &mut second => break,
                _ = line.reader.read_buf(&mut passed) => {}
            }
        }
        assert_eq!(passed.len(), 1_000);
        passed.extend(line.read(1_500).await);
        assert_eq!(passed, sent);
    }

    #[tokio::test(start_paused = true)]
    async fn delayed_bytes_come_late_and_in_order() {
        let mut line = pumped(Weather {
            delay: Duration::from_millis(200),
            jitter: Duration::from_millis(100),
            ..Weather::default()
        });
        let began = Instant::now();
        for chunk in [b"one", b"two", b"six"] {
            line.sender.write_all(chunk).await.unwrap();
            // Taken before the next is sent.
            tokio::task::yield_now().await;
        }
        assert_eq!(line.read(9).await, b"onetwosix");
        // The clock stands still but for the line's own waits.
        assert!(began.elapsed() >= Duration::from_millis(200));
        assert!(began.elapsed() <= Duration::from_millis(3 * 300));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_passes_when_the_line_is_mended() {
        let mut line = pumped(Weather {
            hold: true,
            ..Weather::default()
        });
        line.sender.write_all(b"patience").await.unwrap();
        let read = tokio::time::timeout(Duration::from_secs(60), line.read(1)).await;
        assert!(read.is_err(), "held bytes have passed");
        line.weather(Weather::default());
        assert_eq!(line.read(8).await, b"patience");
    }

    #[tokio::test]
    async fn a_reader_that_has_gone_is_told_of_only_where_the_way_back_is_open() {
        for (lost, told) in [
            (Lost::default(), true),
            (
                Lost {
                    up: false,
                    down: true,
                },
                false,
            ),
        ] {
            let mut line = pumped(Weather {
                lost,
                ..Weather::default()
            });
            drop(line.reader);
            line.sender.write_all(b"anybody?").await.unwrap();
            line.sender.shutdown().await.unwrap();
            let ended = line.pump.await.unwrap();
            assert_eq!(ended.is_err(), told, "{lost:?}");
        }
    }
}
