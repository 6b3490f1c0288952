//! Which file of the built site an address means. The same for every way to serve it: see
//! `docs/deployment.md`.

use std::path::{Path, PathBuf};

use actix_files::PathBufWrap;

use super::names;

/// The directory of a built site.
#[derive(Debug, Clone)]
pub(super) struct Site(PathBuf);

/// What an address means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This file.
    File(PathBuf),
    /// Nothing; this page says so, where the site has one.
    Nothing(Option<PathBuf>),
}

impl Site {
    /// `None` where nothing is built there.
    pub(super) fn at(directory: &Path) -> Option<Self> {
        let site = Self(directory.to_owned());
        site.file("index.html").map(|_| site)
    }

    /// A file, the page of a directory, or else the site's single page, whose router takes it from
    /// there. But what has a dot in its name is a file that is missing, and no page.
    pub(super) fn find(&self, path: &str) -> Found {
        let file = self.exactly(path).or_else(|| {
            let name = path.rsplit('/').next().unwrap_or_default();
            (!name.contains('.')).then(|| self.file("index.html"))?
        });
        file.map_or_else(|| Found::Nothing(self.file("404.html")), Found::File)
    }

    fn exactly(&self, path: &str) -> Option<PathBuf> {
        // Hidden files, and ways out of the directory, are none of the site's.
        let inside = PathBufWrap::parse_path(path, false).ok()?;
        let named = !path.ends_with('/') && !names::is_sibling(path);
        named
            .then(|| self.file(&inside))
            .flatten()
            .or_else(|| self.file(inside.as_ref().join("index.html")))
    }

    fn file(&self, inside: impl AsRef<Path>) -> Option<PathBuf> {
        let file = self.0.join(inside);
        file.is_file().then_some(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(files: &[&str]) -> (tempfile::TempDir, Site) {
        let directory = tempfile::tempdir().unwrap();
        for name in files {
            let file = directory.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, name).unwrap();
        }
        let site = Site::at(directory.path()).unwrap();
        (directory, site)
    }

    /// What is found, as its name within the site.
    fn found(site: &Site, path: &str) -> String {
        let name = |file: PathBuf| file.strip_prefix(&site.0).unwrap().display().to_string();
        match site.find(path) {
            Found::File(file) => name(file),
            Found::Nothing(Some(page)) => format!("no: {}", name(page)),
            Found::Nothing(None) => "no".to_owned(),
        }
    }

    #[test]
    fn a_directory_without_a_page_is_no_site() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Site::at(directory.path()).is_none());
        assert!(Site::at(Path::new("no such directory")).is_none());
    }

    #[test]
    fn an_address_is_a_file_a_directorys_page_or_the_sites() {
        let (_directory, site) = site(&["index.html", "chat/index.html", "content/me.md"]);
        for (path, file) in [
            ("/", "index.html"),
            ("/content/me.md", "content/me.md"),
            ("/chat", "chat/index.html"),
            ("/chat/", "chat/index.html"),
            ("/chat/lobby", "index.html"),
            ("/reports/kmom01", "index.html"),
            ("/content", "index.html"),
            ("/content/me.md/", "index.html"),
            ("/b%C3%A5t", "index.html"),
            ("/missing.png", "no"),
            ("/content/missing.md", "no"),
        ] {
            assert_eq!(found(&site, path), file, "{path}");
        }
    }

    #[test]
    fn a_site_may_say_itself_that_something_is_missing() {
        let (_directory, site) = site(&["index.html", "404.html"]);
        assert_eq!(found(&site, "/missing.png"), "no: 404.html");
        assert_eq!(found(&site, "/chat/lobby"), "index.html");
    }

    #[test]
    fn nothing_hidden_and_nothing_outside_is_found() {
        let (directory, site) = site(&["index.html", ".env", "inside/index.html"]);
        std::fs::write(directory.path().join(".git.txt"), "").unwrap();
        let inside = Site::at(&directory.path().join("inside")).unwrap();
        for path in ["/.env", "/.git.txt", "/a%2f..%2f.env", "/\0.txt"] {
            assert_eq!(found(&site, path), "no", "{path:?}");
        }
        assert_eq!(found(&site, "/%2eenv"), "index.html");
        for path in ["/../.env", "/%2e%2e/.git.txt", "/..%2f.git.txt"] {
            assert_eq!(found(&inside, path), "no", "{path:?}");
        }
    }

    #[test]
    fn a_compressed_file_has_no_address_of_its_own() {
        let (_directory, site) = site(&[
            "index.html",
            "app-0123456789abcdef.css",
            "app-0123456789abcdef.css.br",
            "content/thesis.tar.gz",
        ]);
        assert_eq!(found(&site, "/app-0123456789abcdef.css.br"), "no");
        assert_eq!(
            found(&site, "/content/thesis.tar.gz"),
            "content/thesis.tar.gz"
        );
    }
}
