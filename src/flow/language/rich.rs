//! The parts of the short forms of rich outputs. Every text in them may be given by language.

use super::WORDS;
use crate::yaml::shape::{Key, Kind, Named, Shape};

pub static QUICK_REPLY: Shape = Shape::new(
    "quick-reply",
    "An answer that can be tapped.",
    &[
        Key::required("title", WORDS, "What is shown."),
        Key::optional("payload", WORDS, "What comes back as the user's words; the title if absent."),
        Key::optional("image", MEDIUM, "A picture beside the title."),
    ],
);

pub static BUTTON: Shape = Shape::new(
    "button",
    "A button. It does one thing: send its payload, open url, or call phone.",
    &[
        Key::required("title", WORDS, "What is shown."),
        Key::optional("payload", WORDS, "What comes back as the user's words; the title if absent."),
        Key::optional("url", WORDS, "The page that it opens."),
        Key::optional("phone", WORDS, "The number that it calls."),
    ],
);

pub static CARD: Shape = Shape::new("card", "A card of a gallery.", &[TITLE, SUBTITLE, IMAGE, BUTTONS]);

pub static LIST_ITEM: Shape = Shape::new(
    "list-item",
    "A card of a list.",
    &[TITLE, SUBTITLE, IMAGE, Key::optional("url", WORDS, "The page that a tap on it opens."), BUTTONS],
);

const TITLE: Key = Key::required("title", WORDS, "The first line.");
const SUBTITLE: Key = Key::optional("subtitle", WORDS, "The line below.");
const IMAGE: Key = Key::optional("image", MEDIUM, "A picture.");
const BUTTONS: Key = Key::optional("buttons", Kind::List(&A_BUTTON, 1), "Buttons of this card.");

pub(super) static A_BUTTON: Kind = Kind::AnyOf(&[WORDS, Kind::Mapping(&BUTTON)]);

pub(super) const MEDIUM: Kind = Kind::Named(&MEDIUM_NAMED);

static MEDIUM_NAMED: Named = Named {
    name: "medium",
    called: "its address, or { url, alt? }",
    doc: "The address of a picture, a sound or a film.",
    page: "say",
    kind: Kind::AnyOf(&[WORDS, Kind::Mapping(&MEDIUM_KEYS)]),
};

pub static MEDIUM_KEYS: Shape = Shape::new(
    "medium-keys",
    "A picture, a sound or a film.",
    &[
        Key::required("url", WORDS, "Its address."),
        Key::optional("alt", WORDS, "What it shows, in words, for channels that cannot show it."),
    ],
);
