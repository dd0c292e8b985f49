//! The shape of `antiphon.yaml`, made of the table of settings, so that each setting is a key without being written twice.

use std::sync::LazyLock;

use super::table::{SETTINGS, Setting, Take};
use crate::yaml::shape::{Document, Form, Key, Kind, Shape};

/// What the settings with a dot in their path share.
const GROUPS: [(&str, &str); 4] = [
    ("admin", "Who may use the management interface."),
    ("egress", "Who may be called."),
    ("limits", "How far things may go."),
    ("log", "The log of the server."),
];

/// Values in quotes are taken too. Nobody has to be told.
static QUOTED_NUMBER: Form = Form { called: "", pattern: "^\\+?[0-9]+$" };
static QUOTED_TRUTH: Form = Form { called: "", pattern: "^(true|false)$" };
static TRUTH: [Kind; 2] = [Kind::Truth, Kind::Formed(&QUOTED_TRUTH)];

/// The file of the settings.
pub fn document() -> &'static Document {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document {
        name: "server",
        files: "antiphon.yaml",
        doc: "The settings of the server. Every one is optional. Each can also come from the environment, which wins \
              over the file: limits.bodyBytes is ANTIPHON_LIMITS_BODY_BYTES, a list is written with commas. Flags of a \
              command win over both.",
        kind: Kind::Mapping(shape()),
        may_be_empty: true,
    });
    &DOCUMENT
}

/// The mapping in that file. It is made of the table once and lives as long as the process, like the shapes that are
/// written out.
pub fn shape() -> &'static Shape {
    static SHAPE: LazyLock<&'static Shape> = LazyLock::new(|| {
        let mut keys: Vec<Key> = Vec::new();
        for setting in &SETTINGS {
            match setting.path.split_once('.') {
                None => keys.push(setting.key(setting.path)),
                Some((group, _)) if keys.iter().any(|key| key.name == group) => {}
                Some((name, _)) => keys.push(group(name)),
            }
        }
        leak("server", "The settings of the server.", keys)
    });
    *SHAPE
}

/// The mapping of the settings that begin with this name and a dot.
fn group(name: &'static str) -> Key {
    let within = |setting: &Setting| Some(setting.key(setting.path.strip_prefix(name)?.strip_prefix('.')?));
    let doc = GROUPS.iter().find(|(group, _)| *group == name).map_or("", |(_, doc)| doc);
    Key::optional(name, Kind::Mapping(leak(name, doc, SETTINGS.iter().filter_map(within).collect())), doc)
}

fn leak(name: &'static str, doc: &'static str, keys: Vec<Key>) -> &'static Shape {
    Box::leak(Box::new(Shape::new(name, doc, keys.leak())))
}

impl Setting {
    fn key(&self, name: &'static str) -> Key {
        let kind = match self.take {
            Take::One(kind, _) => kind,
            Take::Number(min, max, _) => {
                Kind::AnyOf(vec![Kind::Whole(min, max), Kind::Formed(&QUOTED_NUMBER)].leak())
            }
            Take::Truth(_) => Kind::AnyOf(&TRUTH),
            Take::Many(kind, _, _) => Kind::List(kind, 0),
        };
        Key { default: self.default, ..Key::optional(name, kind, self.doc) }
    }
}
