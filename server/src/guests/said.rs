//! What a room says, read once and written once for all guests of a thread: a frame that a thousand
//! of them are handed is the same text in memory.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use bytestring::ByteString;
use shared::{AuthorId, Epoch, ServerMessage};
use socketio::{Args, Emission};

use super::NAMESPACE;
use super::events::{Form, Told, tell};

/// Frames kept: more than a room hands out between two turns of its guests.
const FRAMES: usize = 256;

/// Bytes of their texts.
const BYTES: usize = 1024 * 1024;

/// A frame of a room's.
pub(super) struct Said {
    pub(super) text: ByteString,
    pub(super) message: ServerMessage,
    /// By form.
    written: [OnceCell<Vec<Written>>; 3],
}

/// An event, ready to be sent to many.
pub(super) struct Written {
    pub(super) emission: Emission,
    /// See [`Told::not_to`].
    pub(super) not_to: Option<AuthorId>,
}

impl Said {
    fn new(text: &ByteString) -> Option<Self> {
        Some(Self {
            message: serde_json::from_str(text).ok()?,
            text: text.clone(),
            written: Default::default(),
        })
    }

    /// Its events. `epoch` is that of the room whose frame it is.
    pub(super) fn events(&self, form: Form, epoch: &Epoch) -> &[Written] {
        let [lines, example, own] = &self.written;
        let cell = match form {
            Form::Lines => lines,
            Form::Example => example,
            Form::Own => own,
        };
        cell.get_or_init(|| {
            let told = tell(form, &self.message, &self.text, epoch);
            told.into_iter().map(write).collect()
        })
    }
}

fn write(told: Told) -> Written {
    Written {
        emission: Emission::new(NAMESPACE, &told.name, &Args::new(&told.args)),
        not_to: told.not_to,
    }
}

/// The frames of late. Their texts are kept with them, so that no other can come to lie where one
/// of them lies.
#[derive(Default)]
struct Late {
    said: HashMap<Place, Rc<Said>>,
    order: VecDeque<Place>,
    bytes: usize,
}

/// Where a text lies: two of the same place and length are one.
type Place = (usize, usize);

thread_local! {
    static LATE: RefCell<Late> = RefCell::default();
}

/// A frame that one guest alone is handed.
pub(super) fn read_once(text: &ByteString) -> Option<Said> {
    Said::new(text)
}

/// A frame, read; `None` for one that is no message, which no room sends.
pub(super) fn read(text: &ByteString) -> Option<Rc<Said>> {
    LATE.with_borrow_mut(|late| late.read(text))
}

impl Late {
    fn read(&mut self, text: &ByteString) -> Option<Rc<Said>> {
        let place = (text.as_ptr().addr(), text.len());
        if let Some(said) = self.said.get(&place) {
            return Some(said.clone());
        }
        let said = Rc::new(Said::new(text)?);
        self.said.insert(place, said.clone());
        self.order.push_back(place);
        self.bytes += text.len();
        while (self.order.len() > FRAMES || self.bytes > BYTES)
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= oldest.1;
            self.said.remove(&oldest);
        }
        Some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typing(nick: usize) -> ByteString {
        format!(r#"{{"type":"typing","nicks":["{nick}"]}}"#).into()
    }

    #[test]
    fn a_text_that_many_hold_is_read_once() {
        let mut late = Late::default();
        let (text, same_words) = (typing(1), typing(1));
        let first = late.read(&text).unwrap();
        assert!(Rc::ptr_eq(&first, &late.read(&text.clone()).unwrap()));
        assert!(!Rc::ptr_eq(&first, &late.read(&same_words).unwrap()));
        assert!(late.read(&ByteString::from_static("no message")).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut late = Late::default();
        for nick in 0..FRAMES * 2 {
            late.read(&typing(nick)).unwrap();
        }
        assert_eq!((late.said.len(), late.order.len()), (FRAMES, FRAMES));
        let long = |nick| typing(nick * 10_usize.pow(9)).to_string() + &" ".repeat(BYTES / 3);
        for nick in 1..9 {
            late.read(&long(nick).into()).unwrap();
        }
        assert!(late.bytes <= BYTES && late.said.len() < 4);
        let kept: usize = late.said.values().map(|said| said.text.len()).sum();
        assert_eq!(late.bytes, kept);
    }
}
