//! The built site. Its pages have addresses of their own that no file answers to, so a page that
//! is not found is the site's single one; the site's router takes it from there.

use std::path::{Path, PathBuf};

use actix_files::{Files, NamedFile};
use actix_web::dev::{ServiceRequest, ServiceResponse, fn_service};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, middleware, web};

/// For names that carry a hash of their content: they never change.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For the others: asked for each time, answered by 304 where nothing changed.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

pub(super) fn configure(directory: &Path, config: &mut web::ServiceConfig) {
    let index = directory.join("index.html");
    if !index.is_file() {
        config.default_service(web::to(not_built));
        return;
    }
    let fallback = {
        let index = index.clone();
        fn_service(move |req: ServiceRequest| page_or_404(index.clone(), req))
    };
    let files = Files::new("/", directory)
        .index_file("index.html")
        .prefer_utf8(true)
        .default_handler(fallback);
    config.service(
        web::scope("")
            .wrap(middleware::Compress::default())
            .wrap(middleware::from_fn(cache))
            .wrap(middleware::DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")))
            .service(files),
    );
}

async fn page_or_404(
    index: PathBuf,
    req: ServiceRequest,
) -> Result<ServiceResponse, actix_web::Error> {
    let (req, _) = req.into_parts();
    let response = if wants_page(&req) {
        NamedFile::open(index)?.into_response(&req)
    } else {
        HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("not found\n")
    };
    Ok(ServiceResponse::new(req, response))
}

/// A missing picture or script must be a 404, not a page.
fn wants_page(req: &HttpRequest) -> bool {
    let file = req
        .path()
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'));
    let accept = req
        .headers()
        .get(header::ACCEPT)
        .and_then(|a| a.to_str().ok());
    !file && accept.is_none_or(|a| a.contains("text/html") || a.contains("*/*"))
}

async fn cache(
    req: ServiceRequest,
    next: middleware::Next<impl actix_web::body::MessageBody>,
) -> Result<ServiceResponse<impl actix_web::body::MessageBody>, actix_web::Error> {
    let hashed = has_hash(req.path());
    let mut response = next.call(req).await?;
    let policy = if hashed && response.status().is_success() {
        FOR_EVER
    } else {
        REVALIDATE
    };
    response.headers_mut().insert(header::CACHE_CONTROL, policy);
    Ok(response)
}

/// Trunk names files `name-0123456789abcdef.ext`, sometimes with more behind the hash; leading
/// zeros of the 64 bits are left out. Digits alone may be somebody's date.
fn has_hash(path: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    path.split('-').skip(1).any(|rest| {
        let part = rest.split(['.', '_']).next().unwrap_or_default();
        (12..=16).contains(&part.len())
            && part.bytes().all(hex)
            && part.bytes().any(|b| b.is_ascii_lowercase())
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_names_are_known() {
        assert!(has_hash("/realtid-client-0123456789abcdef_bg.wasm"));
        assert!(has_hash("/app-0ff00ff00ff00ff.css"));
        assert!(!has_hash("/photo-20240101120000.jpg"));
        assert!(!has_hash("/index.html"));
        assert!(!has_hash("/content/sv/me.md"));
        assert!(!has_hash("/content/a-long-picture-name.svg"));
    }
}
