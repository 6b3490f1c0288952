//! What the composer's keys do: send, recall what one said before, complete nicks.

use std::cell::RefCell;

use shared::{Limits, MessageText, Nick};
use web_sys::{HtmlTextAreaElement, KeyboardEvent};
use yew::prelude::*;

use super::{clean, fit, left_over};
use crate::state::completion::Completion;
use crate::state::recall::Recall;
use crate::store::{self, Kept};

/// The key code of a key that an input method has taken (UI Events, section 7.3.1).
const IME_KEY_CODE: u32 = 229;

/// What a key put into the field. Screen readers tell nothing of what was not typed.
#[derive(PartialEq, Default)]
pub enum Put {
    #[default]
    Nothing,
    /// What was said before.
    Recalled(String),
    /// A nick, and which of how many.
    Completed(String, (usize, usize)),
}

/// What the handlers of one composer work with.
pub struct Desk {
    pub field: NodeRef,
    /// Where an unfinished text is kept over a reload.
    pub key_in_store: AttrValue,
    pub limits: Limits,
    pub left: UseStateHandle<Option<isize>>,
    pub put: UseStateHandle<Put>,
    pub on_say: Callback<MessageText>,
    pub on_typed: Callback<()>,
    pub own_texts: Callback<(), Vec<String>>,
    pub nicks: Callback<(), Vec<Nick>>,
    pub keys: std::rc::Rc<RefCell<Keys>>,
}

/// What was put into the field by keys, as long as it stands there.
#[derive(Default)]
pub struct Keys {
    recall: Recall,
    completion: Option<Completion>,
}

impl Desk {
    fn field(&self) -> Option<HtmlTextAreaElement> {
        self.field.cast()
    }

    /// Puts in what was kept of before a reload, or of another room.
    pub fn take_up(&self) {
        *self.keys.borrow_mut() = Keys::default();
        self.put.set(Put::Nothing);
        if let Some(field) = self.field() {
            let kept = store::text(Kept::ForTab, &self.key_in_store);
            field.set_value(&kept.unwrap_or_default());
            self.refresh(&field);
        }
    }

    fn refresh(&self, field: &HtmlTextAreaElement) {
        fit(field);
        self.left.set(left_over(&field.value(), self.limits));
    }

    /// The writer has typed.
    pub fn typed(&self) {
        self.keys.borrow_mut().completion = None;
        self.put.set(Put::Nothing);
        if let Some(field) = self.field() {
            self.written(&field);
        }
    }

    fn written(&self, field: &HtmlTextAreaElement) {
        self.refresh(field);
        let value = field.value();
        if value.trim().is_empty() {
            store::remove(Kept::ForTab, &self.key_in_store);
        } else {
            store::set(Kept::ForTab, &self.key_in_store, &value);
            self.on_typed.emit(());
        }
    }

    pub fn send(&self) {
        let Some(field) = self.field() else { return };
        let _ = field.focus();
        let value = field.value();
        if left_over(&value, self.limits).is_some_and(|left| left < 0) {
            return;
        }
        if let Ok(text) = MessageText::new(clean(&value)) {
            *self.keys.borrow_mut() = Keys::default();
            self.put.set(Put::Nothing);
            field.set_value("");
            store::remove(Kept::ForTab, &self.key_in_store);
            self.refresh(&field);
            self.on_say.emit(text);
        }
    }

    pub fn pressed(&self, event: &KeyboardEvent) {
        if event.is_composing() || event.key_code() == IME_KEY_CODE {
            return;
        }
        let plain = !(event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key());
        let taken = match event.key().as_str() {
            "Enter" if !event.shift_key() => {
                self.send();
                true
            }
            "Tab" if plain => self.complete(),
            "ArrowUp" if plain => self.recall(true),
            "ArrowDown" if plain => self.recall(false),
            "Escape" => self.end(),
            _ => false,
        };
        if taken {
            event.prevent_default();
            // What Escape closes elsewhere stays open.
            event.stop_propagation();
        }
    }

    /// Where the caret stands, if nothing is selected.
    fn caret(field: &HtmlTextAreaElement) -> Option<u32> {
        let start = field.selection_start().ok()??;
        let end = field.selection_end().ok()??;
        (start == end).then_some(start)
    }

    /// Whether Tab had something to complete: if not, it moves the focus on.
    fn complete(&self) -> bool {
        let Some((field, caret)) = self
            .field()
            .and_then(|f| Some((f.clone(), Self::caret(&f)?)))
        else {
            return false;
        };
        let caret = caret as usize;
        let mut keys = self.keys.borrow_mut();
        let goes_on = match &mut keys.completion {
            Some(last) if last.end() == caret => last.next(),
            _ => {
                keys.completion = Completion::begin(&field.value(), caret, self.nicks.emit(()));
                keys.completion.is_some()
            }
        };
        let Some(completion) = keys.completion.as_mut().filter(|_| goes_on) else {
            return false;
        };
        let edit = completion.edit();
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let (from, to) = (place(edit.range.start), place(edit.range.end));
        let _ = field.set_range_text_with_start_and_end(&edit.text, from, to);
        let end = place(completion.end());
        let _ = field.set_selection_range(end, end);
        let completed = Put::Completed(completion.nick().to_owned(), completion.place());
        drop(keys);
        self.put.set(completed);
        self.written(&field);
        true
    }

    /// Whether the key meant another of one's own texts.
    fn recall(&self, earlier: bool) -> bool {
        let Some(field) = self.field() else {
            return false;
        };
        let value = field.value();
        // Elsewhere in a text of several lines the key moves the caret.
        if Self::caret(&field) != Some(utf16(&value)) {
            return false;
        }
        let texts = self.own_texts.emit(());
        let mut keys = self.keys.borrow_mut();
        let Some(text) = keys.recall.step(earlier, &value, &texts) else {
            return false;
        };
        self.show(&field, text);
        true
    }

    fn show(&self, field: &HtmlTextAreaElement, text: &str) {
        field.set_value(text);
        let end = utf16(text);
        let _ = field.set_selection_range(end, end);
        self.put.set(Put::Recalled(text.to_owned()));
        self.refresh(field);
    }

    /// Ends what keys have begun; whether there was anything.
    fn end(&self) -> bool {
        let mut keys = self.keys.borrow_mut();
        let completed = keys.completion.take().is_some();
        if let Some(field) = self.field()
            && keys.recall.end(&field.value())
        {
            self.show(&field, "");
            return true;
        }
        if completed {
            self.put.set(Put::Nothing);
        }
        completed
    }
}

/// The length of a text as browsers count.
fn utf16(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}
