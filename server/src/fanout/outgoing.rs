//! What one connection is still to be sent: its room's log from a position on, and frames of its own
//! in between, in the order in which both were said. Never anything else in the middle of a frame.

use std::collections::VecDeque;
use std::io;

use bytes::{Buf as _, Bytes};

use super::log::Log;

/// Bytes for this connection alone.
#[derive(Debug)]
pub(super) struct Own<P> {
    pub(super) bytes: Bytes,
    /// What is to be told once they have been written, and what they cost the session's queue.
    pub(super) then: Option<(P, usize)>,
}

#[derive(Debug)]
struct Queued<P> {
    /// They follow this position of the log.
    after: u64,
    begun: bool,
    own: Own<P>,
}

/// A connection's place in what is said.
#[derive(Debug)]
pub(super) struct Outgoing<P> {
    /// How far in the log; 0 while there is none.
    cursor: u64,
    own: VecDeque<Queued<P>>,
}

impl<P> Outgoing<P> {
    pub(super) fn new() -> Self {
        Self {
            cursor: 0,
            own: VecDeque::new(),
        }
    }

    /// Adds bytes, which follow all that has been said so far.
    pub(super) fn push(&mut self, own: Own<P>, log: Option<&Log>) {
        self.own.push_back(Queued {
            after: log.map_or(0, Log::end),
            begun: false,
            own,
        });
    }

    /// From here on the log is to be sent, too.
    pub(super) fn attach(&mut self, log: &Log) {
        self.cursor = log.end();
    }

    /// The log is followed no further. What it holds so far still goes out.
    pub(super) fn detach(&mut self, log: &Log) {
        let mut at = std::mem::take(&mut self.cursor);
        let mut all = VecDeque::with_capacity(self.own.len() + 1);
        let mut copy = |all: &mut VecDeque<_>, until: u64| {
            if at < until {
                all.push_back(Queued {
                    after: 0,
                    begun: false,
                    own: Own {
                        bytes: Bytes::copy_from_slice(log.between(at, until)),
                        then: None,
                    },
                });
                at = until;
            }
        };
        for queued in self.own.drain(..) {
            copy(&mut all, queued.after);
            all.push_back(Queued { after: 0, ..queued });
        }
        copy(&mut all, log.end());
        self.own = all;
    }

    /// Drops all that can be dropped: what is left is the rest of a frame, if one is under way.
    pub(super) fn cut(&mut self, log: &Log) {
        let at = std::mem::take(&mut self.cursor);
        let begun = self.own.drain(..).next().filter(|queued| queued.begun);
        let bytes = match begun {
            Some(queued) => queued.own.bytes,
            None => Bytes::copy_from_slice(log.between(at, log.frame_end(at))),
        };
        if !bytes.is_empty() {
            self.push(Own { bytes, then: None }, None);
        }
    }

    /// Up to where the log has been written.
    pub(super) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Whether there are bytes of its own.
    pub(super) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Writes until nothing is left, or an error, such as that the peer takes no more.
    pub(super) fn write(
        &mut self,
        log: Option<&Log>,
        mut write: impl FnMut(&[u8]) -> io::Result<usize>,
        mut tell: impl FnMut(P, usize),
    ) -> io::Result<()> {
        let mut write = |bytes: &[u8]| match write(bytes) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            written => written,
        };
        loop {
            match self.own.front_mut() {
                Some(queued) if queued.after <= self.cursor => {
                    while queued.own.bytes.has_remaining() {
                        let written = write(&queued.own.bytes)?;
                        queued.begun = true;
                        queued.own.bytes.advance(written);
                    }
                    let done = self.own.pop_front().and_then(|queued| queued.own.then);
                    if let Some((parcel, cost)) = done {
                        tell(parcel, cost);
                    }
                    if self.own.is_empty() {
                        self.own = VecDeque::new(); // Most lines have none for hours.
                    }
                }
                next => {
                    let Some(log) = log else { return Ok(()) };
                    let until = next.map_or(log.end(), |queued| queued.after);
                    if self.cursor >= until {
                        return Ok(());
                    }
                    self.cursor += write(log.between(self.cursor, until))? as u64;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fanout::Frames;
    use proptest::prelude::*;

    fn own(text: &'static str) -> Own<&'static str> {
        Own {
            bytes: Bytes::from_static(text.as_bytes()),
            then: Some((text, text.len())),
        }
    }

    fn say(log: &mut Log, text: &str) {
        log.append(&Frames::encode(&[text]));
    }

    /// Writes until `most` bytes are taken.
    fn take(
        outgoing: &mut Outgoing<&'static str>,
        log: Option<&Log>,
        most: usize,
    ) -> (Vec<u8>, Vec<&'static str>) {
        let (mut taken, mut told) = (Vec::new(), Vec::new());
        let _ = outgoing.write(
            log,
            |bytes| {
                let n = bytes.len().min(most - taken.len());
                taken.extend_from_slice(&bytes[..n]);
                (n > 0)
                    .then_some(n)
                    .ok_or_else(|| io::ErrorKind::WouldBlock.into())
            },
            |parcel, _| told.push(parcel),
        );
        (taken, told)
    }

    #[test]
    fn its_own_and_the_rooms_keep_the_order_in_which_they_were_said() {
        let (mut log, mut outgoing) = (Log::new(), Outgoing::new());
        say(&mut log, "before");
        outgoing.push(own("welcome"), None);
        outgoing.attach(&log);
        say(&mut log, "a");
        outgoing.push(own("page"), Some(&log));
        say(&mut log, "b");
        let (taken, told) = take(&mut outgoing, Some(&log), usize::MAX);
        assert_eq!(taken, b"welcome\x81\x03\"a\"page\x81\x03\"b\"");
        assert_eq!(told, ["welcome", "page"]);
    }

    #[test]
    fn nothing_is_told_before_it_is_written() {
        let mut outgoing = Outgoing::new();
        outgoing.push(own("page"), None);
        assert_eq!(take(&mut outgoing, None, 3), (b"pag".to_vec(), vec![]));
        assert_eq!(take(&mut outgoing, None, 3), (b"e".to_vec(), vec!["page"]));
    }

    #[test]
    fn who_leaves_is_sent_what_was_said_before() {
        let (mut log, mut outgoing) = (Log::new(), Outgoing::new());
        outgoing.attach(&log);
        say(&mut log, "a");
        outgoing.push(own("page"), Some(&log));
        say(&mut log, "b");
        assert_eq!(take(&mut outgoing, Some(&log), 2).0, b"\x81\x03");
        outgoing.detach(&log);
        say(&mut log, "c");
        outgoing.push(own("close"), None);
        let (taken, _) = take(&mut outgoing, None, usize::MAX);
        assert_eq!(taken, b"\"a\"page\x81\x03\"b\"close");
    }

    #[test]
    fn who_is_cut_off_is_sent_the_rest_of_one_frame() {
        let (mut log, mut outgoing) = (Log::new(), Outgoing::new());
        outgoing.attach(&log);
        say(&mut log, "a");
        say(&mut log, "b");
        outgoing.push(own("page"), Some(&log));
        take(&mut outgoing, Some(&log), 6);
        outgoing.cut(&log);
        outgoing.push(own("close"), None);
        let rest = take(&mut outgoing, None, usize::MAX);
        assert_eq!(rest, (b"\x03\"b\"close".to_vec(), vec!["close"]));

        outgoing.push(own("page"), None);
        outgoing.push(own("page"), None);
        take(&mut outgoing, None, 2);
        outgoing.cut(&log);
        assert_eq!(take(&mut outgoing, None, usize::MAX).0, b"ge");
    }

    #[test]
    fn a_socket_that_takes_nothing_is_an_error_and_no_loop() {
        let mut outgoing = Outgoing::new();
        outgoing.push(own("page"), None);
        let written = outgoing.write(None, |_| Ok(0), |_, _| {});
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }

    proptest! {
        #[test]
        fn however_little_a_socket_takes_the_bytes_are_the_same(
            steps in prop::collection::vec((0..5_u8, 0..20_usize), 0..60),
        ) {
            let (mut log, mut outgoing) = (Log::new(), Outgoing::new());
            let (mut expected, mut got) = (Vec::new(), Vec::new());
            let mut attached = false;
            for (step, most) in steps {
                match step {
                    0 => {
                        say(&mut log, "said");
                        if attached {
                            expected.extend_from_slice(b"\x81\x06\"said\"");
                        }
                    }
                    1 => {
                        outgoing.push(own("own"), attached.then_some(&log));
                        expected.extend_from_slice(b"own");
                    }
                    2 if !attached => {
                        outgoing.attach(&log);
                        attached = true;
                    }
                    3 if attached => {
                        outgoing.detach(&log);
                        attached = false;
                    }
                    _ => got.extend(take(&mut outgoing, attached.then_some(&log), most).0),
                }
                if attached {
                    log.trim(outgoing.cursor());
                }
            }
            got.extend(take(&mut outgoing, attached.then_some(&log), usize::MAX).0);
            prop_assert_eq!(got, expected);
        }
    }
}
