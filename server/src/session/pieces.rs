//! A response's body in small pieces. The connection of a mounted session keeps a buffer as large as
//! the largest piece that ever went through it, for as long as it lives.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

/// Of one piece in bytes, to begin with: a fraction of a `welcome`.
const SMALL: usize = 1024;

/// Bytes after which a connection is one that much is said to: its pieces are larger from then on.
const MUCH: usize = 64 * 1024;

/// Of one piece in bytes then: what is said in a busy room between two writes.
const LARGE: usize = 16 * 1024;

/// A stream of bytes, cut.
pub(super) struct Pieces<S> {
    stream: S,
    rest: Bytes,
    /// Bytes so far.
    said: usize,
}

impl<S> Pieces<S> {
    pub(super) fn of(stream: S) -> Self {
        Self {
            stream,
            rest: Bytes::new(),
            said: 0,
        }
    }
}

impl<S, E> Stream for Pieces<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.rest.is_empty() {
            match ready!(self.stream.poll_next_unpin(cx)) {
                Some(Ok(bytes)) => self.rest = bytes,
                end => return Poll::Ready(end),
            }
        }
        let most = if self.said < MUCH { SMALL } else { LARGE };
        let piece = match self.rest.len() <= most {
            true => std::mem::take(&mut self.rest),
            false => self.rest.split_to(most),
        };
        self.said = self.said.saturating_add(piece.len());
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt as _, stream};

    #[test]
    fn pieces_are_the_whole() {
        let whole: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
        let chunks = [&whole[..1], &whole[1..MUCH], &whole[MUCH..]];
        let chunks = chunks.map(|chunk| Ok::<_, ()>(Bytes::copy_from_slice(chunk)));
        let pieces = Pieces::of(stream::iter(chunks)).map(Result::unwrap);
        let pieces: Vec<_> = pieces.collect().now_or_never().unwrap();
        assert_eq!(pieces.concat(), whole);
        let sizes: Vec<_> = pieces.iter().map(Bytes::len).collect();
        assert_eq!(sizes.get(..3), Some(&[1, SMALL, SMALL][..]));
        assert_eq!(sizes.iter().max(), Some(&LARGE));
    }
}
