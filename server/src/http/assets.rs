//! The built site: its files, as they are or as they were compressed when it was built, how long
//! browsers keep them, and which other sites' pages may load them: those that embed the chat.

mod names;
mod site;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use actix_files::NamedFile;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    self, AcceptEncoding, Encoding, Header as _, HeaderMap, HeaderValue,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{Error, HttpRequest, HttpResponse, guard, web};

use super::Origins;
use names::{SIBLINGS, has_hash};
use site::{Found, Site};

const METHODS: &str = "GET, HEAD, OPTIONS";

/// For names that carry a hash of their content: they never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For the others: asked for each time, answered by 304 where nothing changed.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

pub(super) fn configure(directory: &Path, origins: &Origins, config: &mut web::ServiceConfig) {
    let Some(site) = Site::at(directory) else {
        config.default_service(web::to(not_built));
        return;
    };
    let origins = Rc::new(origins.clone());
    let describe = move |req, next| describe(origins.clone(), req, next);
    let never_change = guard::fn_guard(|request| has_hash(request.head().uri.path()));
    config.service(
        web::scope("")
            .app_data(web::Data::new(site))
            .wrap(from_fn(describe))
            // They were compressed when they were built, or are not at all.
            .service(
                web::scope("")
                    .guard(never_change)
                    .default_service(web::to(answer)),
            )
            .service(
                web::scope("")
                    .wrap(Compress::default())
                    .default_service(web::to(answer)),
            ),
    );
}

async fn answer(req: HttpRequest, site: web::Data<Site>) -> io::Result<HttpResponse> {
    match *req.method() {
        Method::GET | Method::HEAD => {}
        // What a browser asks first where a page wants to add headers of its own.
        Method::OPTIONS => return Ok(preflight()),
        _ => {
            return Ok(HttpResponse::MethodNotAllowed()
                .insert_header((header::ALLOW, METHODS))
                .finish());
        }
    }
    match site.find(req.path()) {
        Found::File(file) if has_hash(req.path()) => smallest(&req, file),
        Found::File(file) => Ok(send(&req, NamedFile::open(file)?)),
        Found::Nothing(Some(page)) => Ok(HttpResponse::NotFound()
            .content_type("text/html; charset=utf-8")
            .body(std::fs::read(page)?)),
        Found::Nothing(None) => Ok(HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("not found\n")),
    }
}

/// A file that never changes, in the smallest form that there is of it and that is wanted.
fn smallest(req: &HttpRequest, file: PathBuf) -> io::Result<HttpResponse> {
    let sibling = |suffix: &str| {
        let mut name = file.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    };
    let there: Vec<_> = SIBLINGS
        .into_iter()
        .filter(|(suffix, _)| sibling(suffix).is_file())
        .map(|(_, encoding)| Encoding::Known(encoding))
        .chain([Encoding::identity()])
        .collect();
    let agreed = AcceptEncoding::parse(req)
        .ok()
        .and_then(|accept| accept.negotiate(there.iter()));
    Ok(match agreed.as_ref().and_then(names::suffix) {
        Some((suffix, encoding)) => {
            // Its type is that of what it is the compressed form of.
            let named = NamedFile::from_file(File::open(sibling(suffix))?, &file)?;
            send(req, named.set_content_encoding(encoding))
        }
        None => send(req, NamedFile::open(file)?),
    })
}

/// Ranges, and what browsers have already, are the library's business.
fn send(req: &HttpRequest, file: NamedFile) -> HttpResponse {
    file.prefer_utf8(true)
        .disable_content_disposition()
        .into_response(req)
}

fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ALLOW, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "*"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"))
        .finish()
}

/// What holds for every answer.
async fn describe(
    origins: Rc<Origins>,
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let hashed = has_hash(req.path());
    let reader = origins.reader(req.head());
    let mut response = next.call(req).await?;
    let kept = hashed
        && matches!(
            response.status(),
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
        );
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        if kept { FOR_EVER } else { REVALIDATE },
    );
    // Also where nobody is named: what is kept for one reader is not to be shown to another.
    let varies = match origins.tells_apart() {
        true => "Accept-Encoding, Origin",
        false => "Accept-Encoding",
    };
    headers.insert(header::VARY, HeaderValue::from_static(varies));
    if let Some(reader) = reader {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, reader);
    }
    if !hashed && headers.contains_key(header::CONTENT_ENCODING) {
        weaken(headers);
    }
    Ok(response)
}

/// What is compressed on the way is the same to its readers, but not byte by byte as the file that
/// the tag is of (RFC 9110, section 8.8.1).
fn weaken(headers: &mut HeaderMap) {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    if let Some(Ok(weak)) = tag.map(|tag| HeaderValue::try_from(format!("W/{tag}"))) {
        headers.insert(header::ETAG, weak);
    }
}

async fn not_built() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/html; charset=utf-8")
        .body(NOT_BUILT)
}

const NOT_BUILT: &str = r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Realtid</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem}code{font-family:ui-monospace,monospace}</style>
<h1>The chat runs, its page is not built yet</h1>
<p>In the project's folder, <code>make run</code> builds the page and starts the server anew;
<code>make build</code> only builds it, into <code>dist/</code>. A site built elsewhere is named by
<code>--assets</code>.</p>
<p>The chat itself answers at <code>/ws</code>.</p>
</html>
"#;
