//! XML for transformers: a text becomes its parts, one after the other, or the place where it is no XML. quick-xml finds the
//! parts; what it lets pass is refused here: characters and names that XML does not have, attributes that come twice, text
//! outside of elements, what is never closed, and depth. A reference is one of XML's five entities or a number. What a
//! DOCTYPE declares is a text that nobody reads, so nothing is fetched and nothing grows.

use std::borrow::Cow;
use std::collections::HashSet;

use quick_xml::{
    Error, Reader,
    errors::IllFormedError,
    escape::{EscapeError, unescape},
    events::{
        BytesDecl, BytesPI, BytesStart, BytesText, Event,
        attributes::{AttrError, Attribute, Attributes},
    },
};

/// How deep elements may lie in one another. Messages of SOAP have some tens; what is deeper wants to fill a stack.
const DEPTH_MAX: usize = 256;
/// Attributes of one element. Messages have some tens; they are read together, outside of the memory that QuickJS counts.
const ATTRIBUTES_MAX: usize = 1_000;
/// Characters of the document in the text of a fault.
const SHOWN_CHARS: usize = 60;

const AMPERSAND: &str = "a & that is no reference is written &amp;";

pub(super) enum Part<'a> {
    Declaration(Pairs),
    Start {
        name: String,
        attributes: Pairs,
    },
    End,
    /// A piece of a text: what stands before and after a reference comes apart from it.
    Text(Cow<'a, str>),
    Cdata(Cow<'a, str>),
    Comment(Cow<'a, str>),
    Doctype(Cow<'a, str>),
    Instruction {
        name: String,
        body: String,
    },
}

/// Names and values in turn.
type Pairs = Vec<String>;

/// Where a text is no XML, from 1, and why.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {why}")]
pub(super) struct Fault {
    line: usize,
    column: usize,
    why: String,
}

pub(super) struct Document<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// Where each element begins that is open.
    open: Vec<usize>,
    progress: Progress,
}

/// What was there already.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Progress {
    Nothing,
    Something,
    Doctype,
    Element,
}

/// The byte at which something is wrong, and what it is.
type Wrong = (usize, String);

impl<'a> Document<'a> {
    pub(super) fn new(text: &'a str) -> Result<Document<'a>, Fault> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let document = Document { text, reader, open: Vec::new(), progress: Progress::Nothing };
        match text.char_indices().find(|(_, c)| !is_character(*c)) {
            Some((at, c)) => Err(document.fault((at, format!("XML cannot have the character {c:?}")))),
            None => Ok(document),
        }
    }

    /// The next part; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Part<'a>>, Fault> {
        loop {
            let at = self.reader.buffer_position() as usize;
            let part = match self.reader.read_event() {
                Ok(Event::Eof) => return self.end(),
                Ok(event) => self.part(at, event),
                Err(error) => Err((self.reader.error_position() as usize, words(&error))),
            };
            if let Some(part) = part.map_err(|wrong| self.fault(wrong))? {
                return Ok(Some(part));
            }
        }
    }

    fn end(&self) -> Result<Option<Part<'a>>, Fault> {
        match self.open.last() {
            Some(at) => Err(self.fault((*at, "this element is not closed".to_owned()))),
            None => Ok(None),
        }
    }

    fn part(&mut self, at: usize, event: Event<'a>) -> Result<Option<Part<'a>>, Wrong> {
        match event {
            Event::Decl(declaration) => self.declaration(at, &declaration).map(Some),
            Event::DocType(text) => self.doctype(at, text).map(Some),
            Event::PI(instruction) => self.instruction(at, &instruction).map(Some),
            Event::Comment(text) => self.comment(at, text).map(Some),
            Event::Start(tag) | Event::Empty(tag) => self.start(at, &tag).map(Some),
            Event::End(_) => {
                self.open.pop();
                Ok(Some(Part::End))
            }
            Event::Text(text) => self.text(at, text.into_inner()),
            Event::GeneralRef(name) => {
                self.inside(at)?;
                let character = unescaped(&format!("&{};", &*name)).map_err(|why| (at, why))?;
                Ok(Some(Part::Text(character.into())))
            }
            Event::CData(text) => {
                self.inside(at)?;
                Ok(Some(Part::Cdata(text.into_inner())))
            }
            Event::Eof => Ok(None),
        }
    }

    fn reach(&mut self, progress: Progress) {
        if self.progress < progress {
            self.progress = progress;
        }
    }

    fn declaration(&mut self, at: usize, declaration: &BytesDecl) -> Result<Part<'a>, Wrong> {
        if self.progress > Progress::Nothing {
            return Err((at, "the declaration <?xml … ?> can only stand at the beginning".to_owned()));
        }
        self.reach(Progress::Something);
        let text: &str = declaration;
        Ok(Part::Declaration(pairs(at + "<?".len(), text, "xml".len())?))
    }

    fn doctype(&mut self, at: usize, text: BytesText<'a>) -> Result<Part<'a>, Wrong> {
        if self.progress >= Progress::Doctype {
            return Err((at, "a DOCTYPE can only stand once, before the first element".to_owned()));
        }
        self.reach(Progress::Doctype);
        Ok(Part::Doctype(text.into_inner()))
    }

    fn comment(&mut self, at: usize, text: BytesText<'a>) -> Result<Part<'a>, Wrong> {
        let text = text.into_inner();
        let dashes = text.find("--").or_else(|| text.ends_with('-').then(|| text.len() - 1));
        if let Some(dashes) = dashes {
            return Err((at + "<!--".len() + dashes, "-- cannot stand in a comment".to_owned()));
        }
        self.reach(Progress::Something);
        Ok(Part::Comment(text))
    }

    fn instruction(&mut self, at: usize, instruction: &BytesPI) -> Result<Part<'a>, Wrong> {
        let name = instruction.target();
        if !is_name(name) || name.eq_ignore_ascii_case("xml") {
            return Err((at, format!("{:?} is no name of an instruction", shown(name))));
        }
        self.reach(Progress::Something);
        let body = instruction.content().trim_start().to_owned();
        Ok(Part::Instruction { name: name.to_owned(), body })
    }

    fn start(&mut self, at: usize, tag: &BytesStart) -> Result<Part<'a>, Wrong> {
        let (text, name): (&str, _) = (tag, tag.name().into_inner());
        if !is_name(name) {
            return Err((
                at,
                format!("{:?} is no name of an element; a < in a text is written &lt;", shown(name)),
            ));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err((at, format!("elements lie more than {DEPTH_MAX} deep in one another")));
        }
        self.open.push(at);
        self.reach(Progress::Element);
        let attributes = pairs(at + "<".len(), text, name.len())?;
        Ok(Part::Start { name: name.to_owned(), attributes })
    }

    fn text(&self, at: usize, text: Cow<'a, str>) -> Result<Option<Part<'a>>, Wrong> {
        if self.open.is_empty()
            && let Some(first) = text.find(|c: char| !is_blank(c))
        {
            self.inside(at + first)?;
        }
        if let Some(end) = text.find("]]>") {
            return Err((at + end, "]]> in a text is written ]]&gt;".to_owned()));
        }
        Ok((!self.open.is_empty()).then_some(Part::Text(text)))
    }

    fn inside(&self, at: usize) -> Result<(), Wrong> {
        if self.open.is_empty() {
            return Err((at, "there is text outside of all elements".to_owned()));
        }
        Ok(())
    }

    fn fault(&self, (at, why): Wrong) -> Fault {
        let before = self.text.get(..at).unwrap_or(self.text);
        let (lines, last) = before
            .rsplit_once('\n')
            .map_or((0, before), |(above, last)| (above.matches('\n').count() + 1, last));
        Fault { line: lines + 1, column: last.chars().count() + 1, why }
    }
}

/// Whether an element, an attribute or an instruction can have this name.
pub(super) fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(begins_name) && characters.all(continues_name)
}

/// The attributes of a tag that begins at `at`, with their references resolved.
fn pairs(at: usize, tag: &str, name_bytes: usize) -> Result<Pairs, Wrong> {
    let mut attributes = Attributes::new(tag, name_bytes);
    // It would look at all that came before, for each.
    let attributes = attributes.with_checks(false);
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for attribute in attributes {
        let Attribute { key, value } = attribute.map_err(|error| misspelt(at, &error))?;
        let name = key.into_inner();
        let begin = offset(tag, name);
        let wrong = |why: String| (at + begin, why);
        if !is_name(name) || !tag[..begin].ends_with(is_blank) {
            return Err(wrong(format!("{:?} is no name of an attribute", shown(name))));
        }
        if seen.len() >= ATTRIBUTES_MAX {
            return Err(wrong(format!("an element has more than {ATTRIBUTES_MAX} attributes")));
        }
        if !seen.insert(name) {
            return Err(wrong(format!("the attribute {:?} comes twice", shown(name))));
        }
        if value.contains('<') {
            return Err(wrong(format!("a < in the attribute {:?} is written &lt;", shown(name))));
        }
        found.extend([name.to_owned(), unescaped(&value).map_err(wrong)?]);
    }
    Ok(found)
}

/// Where `part` begins, which is cut out of `whole`.
fn offset(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

fn misspelt(at: usize, error: &AttrError) -> Wrong {
    let (AttrError::ExpectedEq(place)
    | AttrError::ExpectedValue(place)
    | AttrError::UnquotedValue(place)
    | AttrError::ExpectedQuote(place, _)
    | AttrError::Duplicated(place, _)) = error;
    (at + place, "an attribute is written name=\"value\"".to_owned())
}

fn unescaped(raw: &str) -> Result<String, String> {
    let text = unescape(raw).map_err(|error| match error {
        EscapeError::UnrecognizedEntity(_, name) => format!(
            "there is no entity &{};, there are &amp; &lt; &gt; &quot; &apos; and numbers like &#160;",
            shown(&name)
        ),
        EscapeError::UnterminatedEntity(_) => AMPERSAND.to_owned(),
        EscapeError::InvalidCharRef(_) | EscapeError::TooManyNestedEntities => error.to_string(),
    })?;
    match text.chars().find(|c| !is_character(*c)) {
        Some(c) => Err(format!("XML cannot have the character {c:?}")),
        None => Ok(text.into_owned()),
    }
}

fn words(error: &Error) -> String {
    match error {
        Error::IllFormed(IllFormedError::UnclosedReference) => AMPERSAND.to_owned(),
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("</{}> stands where </{}> is to stand", shown(found), shown(expected))
        }
        Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => {
            format!("</{}> closes nothing", shown(found))
        }
        Error::IllFormed(other) => other.to_string(),
        Error::Syntax(other) => other.to_string(),
        other => other.to_string(),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// `Char` of the recommendation of XML 1.0.
fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// `NameStartChar`.
fn begins_name(c: char) -> bool {
    matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// `NameChar`.
fn continues_name(c: char) -> bool {
    begins_name(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}
