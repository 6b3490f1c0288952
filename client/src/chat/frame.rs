//! The page's next frame: what comes in a burst is drawn once for each.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Has `then` called right before the page is drawn next. False where that will not be.
pub fn next(then: impl FnOnce() + 'static) -> bool {
    let then = Closure::once_into_js(then);
    web_sys::window()
        .is_some_and(|window| window.request_animation_frame(then.unchecked_ref()).is_ok())
}
