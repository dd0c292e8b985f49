//! What may stand in a project file, as data: the keys of each mapping, what each may be, and what it means.
//!
//! The parsers take mappings apart by these shapes (`Node::keys`), and the JSON Schema and the manual are written from
//! them. So there is no key that is only parsed or only documented.

/// One kind of file.
#[derive(Debug)]
pub struct Document {
    /// `flow`
    pub name: &'static str,
    /// Relative to the project: `flows/NAME.yaml`.
    pub files: &'static str,
    pub doc: &'static str,
    pub kind: Kind,
    pub may_be_empty: bool,
}

/// A mapping, and the keys that it may have.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the schema: no two shapes of one file share it.
    pub name: &'static str,
    pub doc: &'static str,
    pub keys: &'static [Key],
    /// At least one of these keys is there; empty if nothing has to be.
    pub one_of: &'static [&'static str],
    /// YAML that shows it whole; empty where the mapping around shows it.
    pub example: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    /// A sentence.
    pub doc: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// What holds without the key, as JSON.
    pub default: Option<&'static str>,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// No value: the key alone.
    Nothing,
    /// Any value, kept as it is written; its strings may hold `{{ … }}`.
    Anything,
    Text,
    /// Text that may hold `{{ … }}`.
    Template,
    /// A bare JavaScript expression.
    Expression,
    /// JavaScript that is run.
    Code,
    /// Text of this form.
    Formed(&'static Form),
    Truth,
    /// A whole number from the first to the second.
    Whole(u64, u64),
    /// A number from the first to the second.
    Number(f64, f64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list with at least so many elements.
    List(&'static Kind, usize),
    /// A mapping whose keys are names of the writer's own choice.
    Names(&'static Names),
    /// An object, of whatever keys.
    Object,
    Mapping(&'static Shape),
    /// A mapping that has one of these shapes; the first key of each is the one it is known by.
    OneOf(&'static [&'static Shape]),
    AnyOf(&'static [Kind]),
    /// Something that stands in several places under one name.
    Named(&'static Named),
}

#[derive(Debug)]
pub struct Form {
    /// What it is called, with an example; empty if nobody has to be told of it.
    pub called: &'static str,
    /// A regular expression as JSON Schema has it. It takes at least what the parser takes.
    pub pattern: &'static str,
}

#[derive(Debug)]
pub struct Names {
    pub names: &'static Form,
    pub of: Kind,
    /// At least so many.
    pub least: usize,
}

#[derive(Debug)]
pub struct Named {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is called in a sentence.
    pub called: &'static str,
    pub doc: &'static str,
    /// The step whose page of the manual shows it; empty if its parts are shown wherever it is named.
    pub page: &'static str,
    pub kind: Kind,
}

/// Any name at all.
pub static ANY_NAME: Form = Form { called: "any name", pattern: "" };
/// Files, and what is called like them.
pub static NAME: Form =
    Form { called: "a name such as support (letters, digits, - and _)", pattern: "^[A-Za-z0-9_-]+$" };
/// `yaml::locale`.
pub static LOCALE: Form =
    Form { called: "a language such as de or en-US", pattern: "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$" };
/// `yaml::timezone`; the table of zones is no part of it.
pub static ZONE: Form = Form { called: "a time zone such as Europe/Berlin", pattern: "^[A-Za-z0-9_+/-]+$" };
/// `model::span_ms`, with the units that have a fixed length.
pub static SPAN: Form = Form {
    called: "a span of time such as 30s, 10m, 2h or 3d",
    pattern: "^\\s*\\+?\\s*([Pp][0-9A-Za-z.,]+|[0-9][0-9.,:\\s]*[a-zA-Zµμ:][0-9a-zA-Zµμ.,:\\s]*)$",
};

impl Key {
    pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
        Key { name, doc, kind, required: true, default: None }
    }

    pub const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Key {
        Key { name, doc, kind, required: false, default: None }
    }

    /// `json`: what holds without the key.
    pub const fn default(self, json: &'static str) -> Key {
        Key { default: Some(json), ..self }
    }
}

impl Shape {
    pub const fn new(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Shape {
        Shape { name, doc, keys, one_of: &[], example: "" }
    }

    /// At least one of these keys has to be there.
    pub const fn one_of(self, keys: &'static [&'static str]) -> Shape {
        Shape { one_of: keys, ..self }
    }

    pub const fn example(self, yaml: &'static str) -> Shape {
        Shape { example: yaml, ..self }
    }

    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }
}

impl Kind {
    /// What may stand here, in words: `text, or a list of names`.
    pub fn words(&self) -> String {
        match self {
            Kind::Nothing => "nothing".to_owned(),
            Kind::Anything => "any value".to_owned(),
            Kind::Text => "text".to_owned(),
            Kind::Template => "text, with {{ … }} where it depends".to_owned(),
            Kind::Expression => "an expression".to_owned(),
            Kind::Code => "JavaScript".to_owned(),
            Kind::Formed(form) => form.called.to_owned(),
            Kind::Truth => "true or false".to_owned(),
            Kind::Whole(min, u64::MAX) => format!("a whole number from {min}"),
            Kind::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Number(min, max) => format!("a number from {min} to {max}"),
            Kind::Words(words) => words.join(" | "),
            Kind::List(of, _) => format!("a list; each: {}", of.words()),
            Kind::Names(names) => format!("a mapping from {} to {}", names.names.called, names.of.words()),
            Kind::Object => "a mapping".to_owned(),
            Kind::Mapping(shape) => listed(shape),
            Kind::OneOf(shapes) => {
                let first = |shape: &&Shape| shape.keys.first().map_or("", |key| key.name);
                format!("a mapping with one of {}", shapes.iter().map(first).collect::<Vec<_>>().join(", "))
            }
            Kind::AnyOf(kinds) => {
                let words: Vec<_> = kinds.iter().map(Kind::words).filter(|words| !words.is_empty()).collect();
                words.join(", or ")
            }
            Kind::Named(named) => named.called.to_owned(),
        }
    }
}

/// `{ url, alt? }`
fn listed(shape: &Shape) -> String {
    let name = |key: &Key| format!("{}{}", key.name, if key.required { "" } else { "?" });
    match shape.keys {
        [] => "{}".to_owned(),
        keys => format!("{{ {} }}", keys.iter().map(name).collect::<Vec<_>>().join(", ")),
    }
}
