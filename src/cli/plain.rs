//! Words from outside as a terminal may be given them: what would act on it is written out, such as `\u{1b}`.
//! What goes to a program (`--json`) is not touched.

/// On one line, such as a name.
pub fn plain(text: &str) -> String {
    escaped(text, |c| c.is_control())
}

/// What people and flows said, which may have several lines.
pub fn words(text: &str) -> String {
    escaped(text, |c| c.is_control() && c != '\n')
}

fn escaped(text: &str, acts: impl Fn(char) -> bool) -> String {
    text.chars().map(|c| if acts(c) { c.escape_default().to_string() } else { c.into() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_act_on_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\tä\n"), "a\\u{1b}[2Jb\\tä\\n");
    }

    #[test]
    fn words_keep_their_lines_and_nothing_else_that_acts() {
        assert_eq!(words("a\nb\r\u{9b}2J"), "a\nb\\r\\u{9b}2J");
    }
}
