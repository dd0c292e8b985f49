//! `${NAME}` and `${NAME:-default}` in strings.
//!
//! Only names in capitals are taken, so that template literals in JavaScript (`${order.id}`) stay what they
//! are; `$${NAME}` stands for a literal `${NAME}`.

/// The text with all names replaced, or what is wrong with it. A default counts when the variable is
/// missing or empty.
pub fn replace(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, reference) = rest.split_at(start);
        replaced.push_str(before);
        let Some(length) = name_length(reference) else {
            replaced.push_str("${");
            rest = &reference[2..];
            continue;
        };
        let end = reference.find('}').ok_or_else(|| unclosed(&reference[2..2 + length]))?;
        if before.ends_with('$') {
            replaced.pop();
            replaced.push_str(&reference[..=end]);
        } else {
            replaced.push_str(&value(&reference[2..2 + length], &reference[2 + length..end], environment)?);
        }
        rest = &reference[end + 1..];
    }
    replaced.push_str(rest);
    Ok(replaced)
}

/// What to write so that `replace` gives this text. A reference without an end cannot be written at all.
pub fn literal(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, reference) = rest.split_at(start);
        written.push_str(before);
        written.push_str(if name_length(reference).is_some() { "$${" } else { "${" });
        rest = &reference[2..];
    }
    written + rest
}

/// The length of the name in `${NAME}` or `${NAME:-`; none if this is something else.
fn name_length(reference: &str) -> Option<usize> {
    let name = &reference[2..];
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let length = name.find(|c| !plain(c)).unwrap_or(name.len());
    let begins_well = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let rest = &name[length..];
    (begins_well && (rest.is_empty() || rest.starts_with('}') || rest.starts_with(":-"))).then_some(length)
}

fn value(name: &str, default: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let found = environment(name);
    match default.strip_prefix(":-") {
        Some(default) => Ok(found.filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())),
        None => found.ok_or_else(|| {
            format!(
                "the environment variable {name} is not set; set {name} or write ${{{name}:-default}} \
                 ($${{{name}}} for this text itself)"
            )
        }),
    }
}

fn unclosed(name: &str) -> String {
    format!("\"${{{name}\" has no closing brace; write ${{{name}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> Result<String, String> {
        replace(text, &|name| match name {
            "HOST" => Some("shop.example".into()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn names_in_capitals_are_replaced_and_everything_else_stays() {
        let cases = [
            ("https://${HOST}/a", "https://shop.example/a"),
            ("${HOST}${HOST}", "shop.exampleshop.example"),
            ("${PORT:-80}${EMPTY:-x}", "80x"),
            ("<${PASSWORD:-}${EMPTY}>", "<>"),
            ("$${HOST} costs $${price}", "${HOST} costs $${price}"),
            ("`${order.id} ${total} ${HOST.name}`", "`${order.id} ${total} ${HOST.name}`"),
            ("$ {HOST} $HOST }", "$ {HOST} $HOST }"),
        ];
        for (text, expected) in cases {
            assert_eq!(replaced(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_literal_text_is_what_it_is_after_the_replacing() {
        for text in ["${HOST}", "$${HOST:-x}", "${order.id} costs ${ $", "plain", "a ${EMPTY}${GONE} b"] {
            assert_eq!(replaced(&literal(text)).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_missing_variable_says_what_to_do() {
        let fault = "the environment variable PORT is not set; set PORT or write ${PORT:-default} \
                     ($${PORT} for this text itself)";
        assert_eq!(replaced("${PORT}"), Err(fault.into()));
        assert_eq!(replaced("a ${HOST"), Err("\"${HOST\" has no closing brace; write ${HOST}".into()));
    }
}
