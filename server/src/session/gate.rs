//! The way in: hands a connection's bytes to the frame decoder, as fast as the session wants them,
//! no faster than it may have them, and never a frame larger than allowed.
//!
//! The decoder itself gathers a frame whole before it looks at its length, so one header that
//! announces gigabytes would have it gather gigabytes: the gate reads the headers first. It also
//! takes all there is before it looks at a frame, so it is handed one frame at a time. And pausing
//! the actor instead of its input would hold up its deliveries, too.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::{FutureExt as _, Stream};
use tokio::time::Sleep;

/// What is paid for at once: little enough to be had beside others of the same address.
const PIECE: usize = 4_096;

/// Opens and shuts a [`Gate`].
#[derive(Debug, Clone, Default)]
pub struct GateKeeper(Rc<RefCell<GateState>>);

#[derive(Debug, Default)]
struct GateState {
    shut: bool,
    /// Something came that has to wait for the meter.
    held: bool,
    waiting: Option<Waker>,
}

impl GateKeeper {
    /// Nothing more comes in until the gate is opened.
    pub fn shut(&self) {
        self.0.borrow_mut().shut = true;
    }

    /// Whether nothing comes in.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        let state = self.0.borrow();
        state.shut || state.held
    }

    /// Lets what waits come in.
    pub fn open(&self) {
        let mut state = self.0.borrow_mut();
        state.shut = false;
        if let Some(waker) = state.waiting.take() {
            waker.wake();
        }
    }
}

/// Takes account of bytes that came; in vain so far, it tells how long they have to wait.
pub type Meter = Box<dyn Fn(usize) -> Result<(), Duration>>;

/// A stream of bytes that can be paused, is slowed down by a meter, and ends at a frame above the
/// limit.
pub struct Gate<S> {
    stream: S,
    keeper: GateKeeper,
    headers: Headers,
    meter: Option<Meter>,
    /// What has come and is not paid for.
    rest: Bytes,
    /// What is paid for and not handed out.
    paid: Bytes,
    /// A frame has been handed out whole.
    whole: bool,
    /// What is paid for at once: half as much after every wait in vain, down to what nobody who
    /// takes little and often can snatch away, and twice as much once it has been had.
    piece: usize,
    /// Until the meter is asked again.
    wait: Option<Pin<Box<Sleep>>>,
}

impl<S> Gate<S> {
    /// A gate before `stream`, for frames of at most `limit` bytes.
    pub fn new(stream: S, keeper: GateKeeper, limit: usize, meter: Option<Meter>) -> Self {
        Self {
            stream,
            keeper,
            headers: Headers::new(limit as u64),
            meter,
            rest: Bytes::new(),
            paid: Bytes::new(),
            whole: false,
            piece: PIECE,
            wait: None,
        }
    }

    /// Pays for as much of the rest as can be had, or waits until something can.
    fn pay(&mut self) {
        let bytes = match &self.meter {
            Some(_) => self.piece.min(self.rest.len()),
            None => self.rest.len(),
        };
        let paid = self.meter.as_ref().map_or(Ok(()), |meter| meter(bytes));
        self.keeper.0.borrow_mut().held = paid.is_err();
        match paid {
            Ok(()) => {
                self.piece = (2 * self.piece).min(PIECE);
                self.paid = split_to(&mut self.rest, bytes);
            }
            Err(wait) => {
                self.piece = (bytes / 2).max(1);
                self.wait = Some(Box::pin(tokio::time::sleep(wait)));
            }
        }
    }

    /// Hands out what is paid for, up to the end of a frame.
    fn hand_out(&mut self) -> Result<Bytes, TooLarge> {
        let bytes = self.headers.read(&self.paid)?;
        self.whole = self.headers.between_frames();
        Ok(split_to(&mut self.paid, bytes))
    }
}

/// Even the empty end of a chunk would keep all of it in memory.
fn split_to(bytes: &mut Bytes, at: usize) -> Bytes {
    match bytes.len() <= at {
        true => std::mem::take(bytes),
        false => bytes.split_to(at),
    }
}

impl<S> Stream for Gate<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        {
            let mut state = self.keeper.0.borrow_mut();
            if state.shut {
                state.waiting = Some(cx.waker().clone());
                return Poll::Pending;
            }
        }
        if std::mem::take(&mut self.whole) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            if !self.paid.is_empty() {
                let chunk = self.hand_out();
                let chunk = chunk.map_err(|TooLarge| PayloadError::Overflow);
                return Poll::Ready(Some(chunk));
            }
            if let Some(wait) = &mut self.wait {
                ready!(wait.poll_unpin(cx));
                self.wait = None;
            }
            if self.rest.is_empty() {
                match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                    Some(Ok(chunk)) => self.rest = chunk,
                    end => return Poll::Ready(end),
                }
            }
            self.pay();
        }
    }
}

/// A frame announces more than the limit.
#[derive(Debug, PartialEq, Eq)]
struct TooLarge;

/// Follows the headers of masked frames (RFC 6455, section 5.2) through a stream of chunks.
#[derive(Debug)]
struct Headers {
    limit: u64,
    /// The header so far: two bytes and an extended length.
    header: Vec<u8>,
    /// Bytes of mask and payload still to pass by.
    skip: u64,
}

impl Headers {
    fn new(limit: u64) -> Self {
        Self {
            limit,
            header: Vec::with_capacity(10),
            skip: 0,
        }
    }

    /// Reads up to the end of a frame, or of the chunk; tells how far that is.
    fn read(&mut self, chunk: &[u8]) -> Result<usize, TooLarge> {
        let mut read = 0;
        while read < chunk.len() {
            if self.skip > 0 {
                let left = chunk.len() - read;
                let passed = usize::try_from(self.skip).map_or(left, |skip| skip.min(left));
                self.skip -= passed as u64;
                read += passed;
            } else if let Some(byte) = chunk.get(read) {
                self.header.push(*byte);
                read += 1;
            }
            if let Some(length) = self.length() {
                if length > self.limit {
                    return Err(TooLarge);
                }
                let masked = self.header.get(1).is_some_and(|b| b & 0x80 != 0);
                self.skip = length + if masked { 4 } else { 0 };
                self.header.clear();
            }
            if self.between_frames() {
                break;
            }
        }
        Ok(read)
    }

    fn between_frames(&self) -> bool {
        self.skip == 0 && self.header.is_empty()
    }

    /// The payload's length, once the header has it whole.
    fn length(&self) -> Option<u64> {
        let [_, second, extended @ ..] = self.header.as_slice() else {
            return None;
        };
        match second & 0x7F {
            126 => Some(u64::from(u16::from_be_bytes(extended.try_into().ok()?))),
            127 => Some(u64::from_be_bytes(extended.try_into().ok()?)),
            short => Some(u64::from(short)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    use futures_util::{StreamExt as _, stream};

    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0x81];
        match length {
            0..126 => frame.push(0x80 | length as u8),
            126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        // A mask and payload that look like the header of an endless frame.
        frame.resize(frame.len() + 4 + length, 0xFF);
        frame
    }

    #[test]
    fn frames_up_to_the_limit_pass_however_they_are_cut() {
        let bytes: Vec<u8> = [0, 1, 125, 126, 1_000, 65_535, 65_536].map(frame).concat();
        for cut in [1, 2, 3, 7, 1_000, bytes.len()] {
            let mut headers = Headers::new(65_536);
            let mut frames = 0;
            for mut chunk in bytes.chunks(cut) {
                while !chunk.is_empty() {
                    let read = headers.read(chunk).unwrap();
                    chunk = &chunk[read..];
                    frames += usize::from(headers.between_frames());
                }
            }
            assert_eq!(frames, 7, "{cut}");
        }
    }

    #[test]
    fn a_larger_frame_is_known_by_its_header_alone() {
        let mut headers = Headers::new(1_000);
        headers.read(&frame(1_000)).unwrap();
        assert_eq!(headers.read(frame(1_001).get(..4).unwrap()), Err(TooLarge));
        let endless = [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        assert_eq!(Headers::new(1_000).read(&endless), Err(TooLarge));
    }

    /// What the gate has at once, waiting only for itself.
    fn next<S>(gate: &mut Gate<S>) -> Option<Option<Result<Bytes, PayloadError>>>
    where
        S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    {
        let mut next = || gate.next().now_or_never();
        next().or_else(next)
    }

    #[test]
    fn frames_are_handed_out_one_at_a_time() {
        let chunks = [
            [frame(1), frame(2)].concat(),
            [frame(3), frame(4)[..5].to_vec()].concat(),
        ];
        let chunks = chunks.map(|chunk| Ok(Bytes::from(chunk)));
        let mut gate = Gate::new(stream::iter(chunks), GateKeeper::default(), 10, None);
        for length in [1, 2, 3] {
            let Some(Some(Ok(chunk))) = gate.next().now_or_never() else {
                panic!("nothing came")
            };
            assert_eq!(chunk, frame(length));
            assert!(gate.next().now_or_never().is_none(), "time to look at it");
        }
        let part = gate.next().now_or_never().unwrap().unwrap().unwrap();
        assert_eq!(part, frame(4)[..5]);
    }

    #[test]
    fn a_gate_that_is_shut_hands_on_nothing_until_it_opens() {
        let keeper = GateKeeper::default();
        let chunks = stream::iter([Ok(Bytes::from_static(&[0x81, 0x80, 0, 0, 0, 0]))]);
        let mut gate = Gate::new(chunks, keeper.clone(), 10, None);
        keeper.shut();
        assert!(next(&mut gate).is_none());
        keeper.open();
        assert!(matches!(next(&mut gate), Some(Some(Ok(_)))));
        assert!(matches!(next(&mut gate), Some(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_too_fast_waits_and_is_not_lost() {
        let keeper = GateKeeper::default();
        let chunks = [&[0x81, 0x80, 0, 0][..], &[0, 0], &[0x81, 0x80, 0, 0, 0, 0]];
        let stream = stream::iter(chunks.map(|chunk| Ok(Bytes::from_static(chunk))));
        let waits = RefCell::new(vec![2, 3]);
        let meter: Meter = Box::new(move |_| match waits.borrow_mut().pop() {
            None => Ok(()),
            Some(seconds) => Err(Duration::from_secs(seconds)),
        });
        let mut gate = Gate::new(stream, keeper.clone(), 10, Some(meter));
        let began = tokio::time::Instant::now();
        assert!(gate.next().now_or_never().is_none());
        assert!(keeper.is_shut(), "its peer is not silent");
        let mut came = Vec::new();
        while let Some(part) = gate.next().await {
            came.extend(part.unwrap());
            assert!(!keeper.is_shut());
            assert_eq!(began.elapsed().as_secs(), 5);
        }
        assert_eq!(came, chunks.concat());
    }

    /// A rate of its own that time fills again: `burst` bytes, and as many a second.
    fn bucket(burst: f64) -> Rc<dyn Fn(usize) -> Result<(), Duration>> {
        let full_at = Cell::new(tokio::time::Instant::now());
        Rc::new(move |bytes| {
            let now = tokio::time::Instant::now();
            let then = full_at.get().max(now) + Duration::from_secs_f64(bytes as f64 / burst);
            let over = (then - now).checked_sub(Duration::from_secs(1));
            match over.filter(|over| !over.is_zero()) {
                Some(wait) => Err(wait),
                None => {
                    full_at.set(then);
                    Ok(())
                }
            }
        })
    }

    fn metered(
        stream: Vec<Bytes>,
        bucket: &Rc<dyn Fn(usize) -> Result<(), Duration>>,
    ) -> Gate<impl Stream<Item = Result<Bytes, PayloadError>> + Unpin> {
        let bucket = bucket.clone();
        let meter: Meter = Box::new(move |bytes| bucket(bytes));
        let stream = stream::iter(stream.into_iter().map(Ok));
        Gate::new(stream, GateKeeper::default(), 65_536, Some(meter))
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_much_is_not_starved_by_who_sends_little_and_often() {
        let bucket = bucket(32_768.0);
        let text = Bytes::from(frame(16_384));
        let mut large = metered(vec![text.clone()], &bucket);
        let mut small = metered(vec![Bytes::from(frame(2)); 200_000], &bucket);
        while next(&mut small).is_some() {}
        let busy = async { while small.next().await.is_some() {} };
        let mut came = Vec::new();
        let whole = async {
            while let Some(part) = large.next().await {
                came.extend(part.unwrap());
            }
        };
        tokio::select! {
            biased;
            () = busy => panic!("starved"),
            () = whole => {}
        }
        assert_eq!(came, text);
    }
}
