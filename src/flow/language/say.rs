//! What the bot says.

use super::rich::{A_BUTTON, CARD, LIST_ITEM, MEDIUM, QUICK_REPLY};
use super::{BY_LANGUAGE, COMMENT, DATA, ID, WORDS};
use crate::yaml::shape::{Key, Kind, Named, Shape};

pub(super) static SAY: Shape = Shape::new(
    "say",
    "One output: a text, data for the receiver, or both. With oneOf each output picks one of several texts. The short \
     forms (quickReplies, buttons, gallery, list, image, audio, video) are written to data in the format that receivers \
     know; the text stays beside them for channels that have only words.",
    &[Key::required("say", OUTPUT, "What the bot says."), ID, COMMENT],
)
.example(
    r#"- say: "Hello {{ profile.name ?? 'there' }}!"
- say:
    oneOf:
      - { en: "What can I do for you?", de: "Was kann ich für dich tun?" }
      - { en: "How can I help?", de: "Wie kann ich helfen?" }
- say:
    text: "Where to?"
    data: { asked: destination }
    quickReplies:
      - Berlin
      - { title: Home, payload: go home }
"#,
);

/// An output, wherever one is said.
pub(super) const OUTPUT: Kind = Kind::Named(&OUTPUT_NAMED);

static OUTPUT_NAMED: Named = Named {
    name: "output",
    called: "what say takes: text, or { text, data, … }",
    doc: "Text, a text for each language, or a mapping with more.",
    page: "say",
    kind: Kind::AnyOf(&[Kind::Template, BY_LANGUAGE, Kind::Mapping(&OUTPUT_KEYS)]),
};

pub static OUTPUT_KEYS: Shape = Shape::new(
    "output-keys",
    "An output with more than a text. At most one of the short forms may stand in it.",
    &[
        Key::optional("text", WORDS, "The text."),
        Key::optional("oneOf", Kind::List(&WORDS, 1), "Texts of which one is said; excludes text."),
        Key::optional("data", DATA, "An object for the receiver, passed on as it is."),
        Key::optional("quickReplies", Kind::List(&QUICK_REPLIES, 1), "Answers that can be tapped."),
        Key::optional("buttons", Kind::List(&A_BUTTON, 1), "Buttons below the text."),
        Key::optional("gallery", Kind::List(&CARDS, 1), "Cards beside one another."),
        Key::optional("list", Kind::List(&LIST_ITEMS, 1), "Cards below one another."),
        Key::optional("image", MEDIUM, "A picture."),
        Key::optional("audio", MEDIUM, "A sound."),
        Key::optional("video", MEDIUM, "A film."),
    ],
)
.one_of(&["text", "oneOf", "data", "quickReplies", "buttons", "gallery", "list", "image", "audio", "video"]);

static QUICK_REPLIES: Kind = Kind::AnyOf(&[WORDS, Kind::Mapping(&QUICK_REPLY)]);
static CARDS: Kind = Kind::AnyOf(&[WORDS, Kind::Mapping(&CARD)]);
static LIST_ITEMS: Kind = Kind::AnyOf(&[WORDS, Kind::Mapping(&LIST_ITEM)]);
