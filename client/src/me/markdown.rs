//! Markdown as nodes of the page. HTML in it stays text, and addresses other than the web's
//! lead nowhere.

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use yew::prelude::*;
use yew_router::prelude::*;

use super::Route;
use crate::chat::is_safe;

pub fn markdown(text: &str) -> Html {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut nodes = Builder::default();
    for event in Parser::new_ext(text, options) {
        nodes.take(event);
    }
    nodes.finish()
}

/// Elements that are open, the outermost first, each with what is in it so far.
#[derive(Default)]
struct Builder<'a> {
    done: Vec<Html>,
    open: Vec<(Tag<'a>, Vec<Html>)>,
    in_table_head: bool,
}

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::TableHead) => {
                self.in_table_head = true;
                self.open.push((Tag::TableHead, Vec::new()));
            }
            Event::Start(tag) => self.open.push((tag, Vec::new())),
            Event::End(end) => {
                if let Some((tag, children)) = self.open.pop() {
                    let node = self.close(tag, children);
                    if end == TagEnd::TableHead {
                        self.in_table_head = false;
                    }
                    self.add(node);
                }
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.add(html! { {text.to_string()} });
            }
            Event::Code(code) => self.add(html! { <code>{code.to_string()}</code> }),
            Event::SoftBreak => self.add(html! { {"\n"} }),
            Event::HardBreak => self.add(html! { <br /> }),
            Event::Rule => self.add(html! { <hr /> }),
            // Of extensions that are off.
            Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
        }
    }

    fn add(&mut self, node: Html) {
        match self.open.last_mut() {
            Some((_, children)) => children.push(node),
            None => self.done.push(node),
        }
    }

    fn close(&self, tag: Tag<'a>, children: Vec<Html>) -> Html {
        let children: Html = children.into_iter().collect();
        match tag {
            Tag::Paragraph => html! { <p>{children}</p> },
            Tag::Heading { level, .. } => match level {
                HeadingLevel::H1 => html! { <h1>{children}</h1> },
                HeadingLevel::H2 => html! { <h2>{children}</h2> },
                HeadingLevel::H3 => html! { <h3>{children}</h3> },
                _ => html! { <h4>{children}</h4> },
            },
            Tag::BlockQuote(_) => html! { <blockquote>{children}</blockquote> },
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(name) if !name.is_empty() => Some(name.to_string()),
                    _ => None,
                };
                html! { <pre tabindex="0" data-language={language}><code>{children}</code></pre> }
            }
            Tag::List(Some(start)) => html! { <ol start={start.to_string()}>{children}</ol> },
            Tag::List(None) => html! { <ul>{children}</ul> },
            Tag::Item => html! { <li>{children}</li> },
            Tag::Emphasis => html! { <em>{children}</em> },
            Tag::Strong => html! { <strong>{children}</strong> },
            Tag::Strikethrough => html! { <s>{children}</s> },
            Tag::Link { dest_url, .. } => link(&dest_url, children),
            Tag::Image { dest_url, .. } => image(&dest_url, children),
            Tag::Table(alignments) => {
                let right = alignments.contains(&Alignment::Right);
                html! { <div class="table" tabindex="0"><table class={classes!(right.then_some("figures"))}>{children}</table></div> }
            }
            Tag::TableHead => html! { <thead><tr>{children}</tr></thead> },
            Tag::TableRow => html! { <tr>{children}</tr> },
            Tag::TableCell if self.in_table_head => html! { <th scope="col">{children}</th> },
            Tag::TableCell => html! { <td>{children}</td> },
            _ => children,
        }
    }

    fn finish(mut self) -> Html {
        // Events come in pairs; should they not, nothing of the text is lost.
        while let Some((tag, children)) = self.open.pop() {
            let node = self.close(tag, children);
            self.add(node);
        }
        self.done.into_iter().collect()
    }
}

fn link(href: &str, children: Html) -> Html {
    if href.starts_with('/') && !href.starts_with("//") {
        // A page of this site, reached without loading it anew.
        let to = Route::recognize(href).unwrap_or(Route::NotFound);
        html! { <Link<Route> {to}>{children}</Link<Route>> }
    } else if is_safe(href) {
        html! { <a href={href.to_owned()} rel="noopener">{children}</a> }
    } else {
        children
    }
}

/// A picture of the site's own or of the web, with the text between its brackets as its words.
fn image(src: &str, words: Html) -> Html {
    let own = !src.contains(':') && !src.starts_with("//");
    if own || is_safe(src) && !src.starts_with("mailto:") {
        html! { <figure><img src={src.to_owned()} alt="" loading="lazy" /><figcaption>{words}</figcaption></figure> }
    } else {
        words
    }
}
