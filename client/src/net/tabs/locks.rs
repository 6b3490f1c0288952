//! The lead as a lock of the browser, which it gives back when a tab dies. web-sys knows Web Locks
//! only behind a flag for what may still change, so the little that is needed stands here.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Navigator;
use yew::Callback;

use super::TabsEvent;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Navigator)]
    type WithLocks;

    #[wasm_bindgen(method, getter)]
    fn locks(this: &WithLocks) -> Option<LockManager>;

    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        granted: &JsValue,
    ) -> Result<Promise, JsValue>;
}

enum State {
    Asked,
    /// Calling it lets the lock go.
    Held(Function),
    Over,
}

/// A lock, or the request for it. Dropped, it is let go.
pub struct Lock {
    state: Rc<RefCell<State>>,
}

impl Lock {
    /// None where the browser has no locks.
    pub fn request(name: &str, take: bool, on: Callback<TabsEvent>) -> Option<Self> {
        let navigator = web_sys::window()?.navigator();
        let locks = navigator.unchecked_into::<WithLocks>().locks()?;
        let options = Object::new();
        let how = if take { "steal" } else { "ifAvailable" };
        Reflect::set(&options, &how.into(), &JsValue::TRUE).ok()?;

        let state = Rc::new(RefCell::new(State::Asked));
        let granted = {
            let (state, on) = (Rc::clone(&state), on.clone());
            Closure::once_into_js(move |lock: JsValue| answer(&state, !lock.is_null(), &on))
        };
        let ended = locks.request(name, &options, &granted).ok()?;
        {
            let state = Rc::clone(&state);
            spawn_local(async move {
                if JsFuture::from(ended).await.is_err() {
                    let event = match state.replace(State::Over) {
                        State::Held(_) => TabsEvent::Lost,
                        // A page that may have no locks agrees with nobody.
                        State::Asked => TabsEvent::Led,
                        State::Over => return,
                    };
                    on.emit(event);
                }
            });
        }
        Some(Self { state })
    }
}

/// What the browser is told to wait for before it takes the lock back: nothing, or the end of
/// the lead.
fn answer(state: &RefCell<State>, granted: bool, on: &Callback<TabsEvent>) -> JsValue {
    if matches!(*state.borrow(), State::Over) {
        return JsValue::UNDEFINED;
    }
    if !granted {
        state.replace(State::Over);
        on.emit(TabsEvent::Elsewhere);
        return JsValue::UNDEFINED;
    }
    let held = Promise::new(&mut |resolve, _| {
        state.replace(State::Held(resolve));
    });
    on.emit(TabsEvent::Led);
    held.into()
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let State::Held(release) = self.state.replace(State::Over) {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
