//! Addresses for transformers: what `URL`, `URLSearchParams` and `httpRequest` are made of, by the rules of the web.

use ::url::{Url, form_urlencoded, quirks};

/// A list of pairs, as JSON, as a query.
pub(super) fn form_encode(pairs: &str) -> String {
    let pairs: Vec<(String, String)> = serde_json::from_str(pairs).unwrap_or_default();
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A query as a list of pairs, as JSON.
pub(super) fn form_decode(query: &str) -> String {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    serde_json::to_string(&pairs).expect("pairs of texts always serialise")
}

/// Where a request goes, with what is added to its query; or why it cannot go there.
pub(super) fn address(address: &str, query: &str) -> Result<String, String> {
    let shown: String = address.chars().take(200).collect();
    let mut url = Url::parse(address).map_err(|error| {
        format!("{shown:?} is no address ({error}); write one like https://example.com/path")
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{shown:?} is to begin with https:// or http://"));
    }
    if !query.is_empty() {
        let both = url
            .query()
            .filter(|own| !own.is_empty())
            .map_or(query.to_owned(), |own| format!("{own}&{query}"));
        url.set_query(Some(&both));
    }
    Ok(url.into())
}

/// The whole address, or nothing if it is none. An empty base is no base.
pub(super) fn parse(url: &str, base: &str) -> String {
    let base = (!base.is_empty()).then(|| Url::parse(base)).transpose();
    let parsed = base.and_then(|base| Url::options().base_url(base.as_ref()).parse(url));
    parsed.map_or(String::new(), String::from)
}

/// A part of an address, as the browser's `URL` calls it.
pub(super) fn get(href: &str, part: &str) -> String {
    let Ok(url) = Url::parse(href) else { return String::new() };
    match part {
        "origin" => quirks::origin(&url),
        "protocol" => quirks::protocol(&url).to_owned(),
        "username" => quirks::username(&url).to_owned(),
        "password" => quirks::password(&url).to_owned(),
        "host" => quirks::host(&url).to_owned(),
        "hostname" => quirks::hostname(&url).to_owned(),
        "port" => quirks::port(&url).to_owned(),
        "pathname" => quirks::pathname(&url).to_owned(),
        "search" => quirks::search(&url).to_owned(),
        "hash" => quirks::hash(&url).to_owned(),
        _ => url.into(),
    }
}

/// The address with another part. A value that the part cannot have changes nothing, as in a browser.
pub(super) fn set(href: String, part: &str, value: &str) -> String {
    let Ok(mut url) = Url::parse(&href) else { return href };
    let done = match part {
        "protocol" => quirks::set_protocol(&mut url, value),
        "username" => quirks::set_username(&mut url, value),
        "password" => quirks::set_password(&mut url, value),
        "host" => quirks::set_host(&mut url, value),
        "hostname" => quirks::set_hostname(&mut url, value),
        "port" => quirks::set_port(&mut url, value),
        "pathname" | "search" | "hash" => {
            set_what_has_any_value(&mut url, part, value);
            Ok(())
        }
        _ => quirks::set_href(&mut url, value).map_err(drop),
    };
    if done.is_ok() { url.into() } else { href }
}

fn set_what_has_any_value(url: &mut Url, part: &str, value: &str) {
    match part {
        "pathname" => quirks::set_pathname(url, value),
        "search" => quirks::set_search(url, value),
        _ => quirks::set_hash(url, value),
    }
}
