//! The way in: hands a connection's bytes to the frame decoder, as fast as the session wants them
//! and never a frame larger than allowed.
//!
//! The decoder itself gathers a frame whole before it looks at its length, so one header that
//! announces gigabytes would have it gather gigabytes: the gate reads the headers first. And
//! pausing the actor instead of its input would hold up its deliveries, too.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

/// Opens and shuts a [`Gate`].
#[derive(Debug, Clone, Default)]
pub struct GateKeeper(Rc<RefCell<GateState>>);

#[derive(Debug, Default)]
struct GateState {
    shut: bool,
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
        self.0.borrow().shut
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

/// A stream of bytes that can be paused, and that ends at a frame above the limit.
#[derive(Debug)]
pub struct Gate<S> {
    stream: S,
    keeper: GateKeeper,
    headers: Headers,
}

impl<S> Gate<S> {
    /// A gate before `stream`, for frames of at most `limit` bytes.
    pub fn new(stream: S, keeper: GateKeeper, limit: usize) -> Self {
        Self {
            stream,
            keeper,
            headers: Headers::new(limit as u64),
        }
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
        let item = std::task::ready!(Pin::new(&mut self.stream).poll_next(cx));
        Poll::Ready(item.map(|chunk| {
            let chunk = chunk?;
            self.headers
                .read(&chunk)
                .map_err(|TooLarge| PayloadError::Overflow)?;
            Ok(chunk)
        }))
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

    fn read(&mut self, mut chunk: &[u8]) -> Result<(), TooLarge> {
        while !chunk.is_empty() {
            let passed = usize::try_from(self.skip)
                .unwrap_or(usize::MAX)
                .min(chunk.len());
            self.skip -= passed as u64;
            chunk = chunk.get(passed..).unwrap_or_default();
            let Some((byte, rest)) = chunk.split_first() else {
                break;
            };
            self.header.push(*byte);
            chunk = rest;
            if let Some(length) = self.length() {
                if length > self.limit {
                    return Err(TooLarge);
                }
                let masked = self.header.get(1).is_some_and(|b| b & 0x80 != 0);
                self.skip = length + if masked { 4 } else { 0 };
                self.header.clear();
            }
        }
        Ok(())
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
    use futures_util::{FutureExt as _, StreamExt as _, stream};

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
            assert!(
                bytes.chunks(cut).all(|chunk| headers.read(chunk).is_ok()),
                "{cut}"
            );
            assert_eq!((headers.skip, headers.header.len()), (0, 0), "{cut}");
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

    #[test]
    fn a_gate_that_is_shut_hands_on_nothing_until_it_opens() {
        let keeper = GateKeeper::default();
        let chunks = stream::iter([Ok(Bytes::from_static(&[0x81, 0x80, 0, 0, 0, 0]))]);
        let mut gate = Gate::new(chunks, keeper.clone(), 10);
        keeper.shut();
        assert!(gate.next().now_or_never().is_none());
        keeper.open();
        assert!(matches!(gate.next().now_or_never(), Some(Some(Ok(_)))));
        assert!(matches!(gate.next().now_or_never(), Some(None)));
    }
}
