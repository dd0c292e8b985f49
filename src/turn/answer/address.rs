//! Addresses as people type them: of a mailbox, and of a page with or without its scheme.

use email_address::{EmailAddress, Options};
use url::{Host, Url};

pub(super) fn is_email(text: &str) -> bool {
    let bare = Options::default().with_required_tld().without_display_text().without_domain_literal();
    EmailAddress::parse_with_options(text, bare).is_ok()
}

/// As written; what names no scheme gets https.
pub(super) fn url(text: &str) -> Option<String> {
    if text.contains(char::is_whitespace) {
        return None;
    }
    if text.contains("://") {
        let url = Url::parse(text).ok()?;
        return matches!(url.scheme(), "http" | "https").then(|| text.to_owned());
    }
    let text = format!("https://{text}");
    let url = Url::parse(&text).ok()?;
    let is_page = url.username().is_empty() && url.password().is_none() && has_domain(&url);
    is_page.then_some(text)
}

/// A domain with a dot in it, so that neither "hello" nor "12.50" nor "etc." is taken for a page.
fn has_domain(url: &Url) -> bool {
    let Some(Host::Domain(domain)) = url.host() else { return false };
    let labels: Vec<&str> = domain.split('.').collect();
    labels.len() > 1
        && labels.iter().all(|label| !label.is_empty())
        && labels.last().is_some_and(|last| last.len() > 1)
}
