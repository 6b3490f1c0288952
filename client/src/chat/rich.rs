//! A message's text as nodes of the page. Never as HTML: what looks like a tag stays text.

use yew::prelude::*;

use super::markup::{Piece, mentions, parse};

/// Who follows a link from the chat brings nothing along, and nothing vouches for it.
const REL: &str = "noopener noreferrer nofollow ugc";

/// The nodes of `text`, with the mentions of `me` marked.
pub fn rich(text: &str, me: Option<&str>) -> Html {
    pieces(&parse(text), me)
}

/// Whether `text` speaks to `me`.
pub fn names(text: &str, me: &str) -> bool {
    mentions(text, me).iter().any(|(is_one, _)| *is_one)
}

fn pieces(pieces: &[Piece], me: Option<&str>) -> Html {
    pieces.iter().map(|one| piece(one, me)).collect()
}

fn piece(piece: &Piece, me: Option<&str>) -> Html {
    match piece {
        Piece::Text(text) => match me {
            Some(me) => mentions(text, me).into_iter().map(part).collect(),
            None => html! { {text} },
        },
        Piece::Bold(inner) => html! { <strong>{pieces(inner, me)}</strong> },
        Piece::Italic(inner) => html! { <em>{pieces(inner, me)}</em> },
        Piece::Code(code) => html! { <code>{code}</code> },
        Piece::Block(code) => html! { <pre tabindex="0" dir="ltr"><code>{code}</code></pre> },
        Piece::Quote(inner) => html! { <blockquote dir="auto">{pieces(inner, me)}</blockquote> },
        Piece::List { start, items } => {
            let items = items
                .iter()
                .map(|item| html! { <li>{pieces(item, me)}</li> });
            match start {
                Some(start) => html! { <ol dir="auto" start={start.to_string()}>{for items}</ol> },
                None => html! { <ul dir="auto">{for items}</ul> },
            }
        }
        Piece::Link { href, label } => html! {
            <a href={href.clone()} rel={REL} target="_blank">{label}</a>
        },
    }
}

fn part((is_mention, text): (bool, &str)) -> Html {
    if is_mention {
        html! { <mark class="mention">{text}</mark> }
    } else {
        html! { {text} }
    }
}
