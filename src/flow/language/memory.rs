//! What is remembered and worked out.

use super::{COMMENT, ID, TARGET, TARGET_FORM};
use crate::yaml::shape::{Key, Kind, Names, Shape};

pub(super) static SET: Shape = Shape::new(
    "set",
    "Writes values. context lasts as long as the session, profile belongs to the user in all sessions; session.locale \
     and session.timezone choose the language and the time zone from here on.",
    &[Key::required("set", Kind::Names(&WRITES), "Places, and what is written there."), ID, COMMENT],
)
.example(
    r#"- set:
    context.order.net: 100
    context.order.items: [{ name: teapot, price: 40 }]
    profile.name: "{{ input.text }}"
    session.locale: de-DE
- set: { context.order.total: "{{ context.order.net * 1.19 }}" }
"#,
);

static WRITES: Names = Names { names: &TARGET_FORM, of: Kind::Anything, least: 1 };

pub(super) static UNSET: Shape = Shape::new(
    "unset",
    "Takes values away. Unset session.locale goes back to the language of the endpoint.",
    &[
        Key::required("unset", Kind::AnyOf(&[TARGET, Kind::List(&TARGET, 1)]), "One place, or several."),
        ID,
        COMMENT,
    ],
)
.example(
    r#"- unset: context.order
- unset: [profile.name, session.locale]
"#,
);

pub(super) static CODE: Shape = Shape::new(
    "code",
    "Runs JavaScript, bounded in steps and memory. It reads input, session and endpoint, reads and writes context and \
     profile, says with say(text, data) and writes to the transcript with log(…). There is no clock but the time of \
     the input, and no network. What it throws ends the turn.",
    &[Key::required("code", Kind::Code, "The program."), ID, COMMENT],
)
.example(
    r#"- code: |
    context.visits = (context.visits ?? 0) + 1;
    if (context.visits > 1) say("Good to see you again.", { visits: context.visits });
    log("visits:", context.visits);
"#,
);
