//! What is wrong with a nick, in the words of the reader's language, and what to take instead.

use shared::{Fault, Nick};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::countdown::{Countdown, Until};
use crate::i18n::Lang;
use crate::state::Problem;

/// The nick that a form's field holds, once the one `suggested` is put there, if any.
///
/// # Errors
/// What is wrong with it, with the keyboard back in the field.
pub fn nick_in(
    field: &HtmlInputElement,
    suggested: Option<&Nick>,
    lang: Lang,
) -> Result<Nick, String> {
    if let Some(nick) = suggested {
        field.set_value(nick.as_str());
    }
    let typed = field.value();
    Nick::new(&typed).map_err(|fault| {
        let _ = field.focus();
        why(lang, &typed, &fault)
    })
}

/// What a form has to say: what it found itself, or else what the server did.
pub fn said(
    lang: Lang,
    found: Option<&String>,
    problem: Option<&Problem>,
    take: &Callback<Nick>,
) -> Option<Html> {
    match (found, problem) {
        (Some(words), _) => Some(html! { {words} }),
        (None, problem) => problem.map(|problem| explain(lang, problem, take)),
    }
}

/// Which rule a nick breaks that was not even sent.
fn why(lang: Lang, typed: &str, fault: &Fault) -> String {
    let texts = lang.texts();
    if typed.trim().is_empty() {
        texts.nick_empty.to_owned()
    } else {
        (texts.nick_problem)(fault.code, typed.trim())
    }
}

/// Why the server would not, or not now; `take` gets the nick that it suggests.
fn explain(lang: Lang, problem: &Problem, take: &Callback<Nick>) -> Html {
    let texts = lang.texts();
    match problem {
        Problem::Room(code) => html! { {(texts.room_problem)(*code)} },
        Problem::Offline => html! { {texts.rename_offline} },
        Problem::Later { code, until } => html! {<>
            {(texts.rename_later)(*code)}{" "}<Countdown {lang} to={*until} until={Until::TryAgain} />
        </>},
        Problem::Nick {
            nick,
            code,
            suggestion,
        } => {
            let words = (texts.nick_problem)(*code, nick.as_str());
            let Some(free) = suggestion else {
                return html! { {words} };
            };
            let (take, nick) = (take.clone(), free.clone());
            let onclick = Callback::from(move |_: MouseEvent| take.emit(nick.clone()));
            html! {<>
                {words}{" "}{texts.nick_take}{" "}
                <button type="button" class="link" {onclick} data-testid="suggestion" dir="auto">{free.as_str()}</button>
                {" "}{texts.nick_or_other}
            </>}
        }
    }
}
