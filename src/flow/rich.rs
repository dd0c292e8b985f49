//! What an output shows beside its text: quick replies, buttons, cards, a picture, a sound or a film.
//!
//! The members are those of the reference system's format for all channels. Their names are facts from its
//! documentation ("AI Default Channel Formats"), the types of its package `@cognigy/socket-client` and the messages
//! that the tests of its Webchat play (github.com/Cognigy/WebchatWidget, cypress/fixtures/messages).

use super::program::Tree;

/// One form with its members, in `data._cognigy._default` under the form's name.
#[derive(Clone, Debug)]
pub struct Rich {
    pub form: Form,
    /// As they are written. A turn adds what it knows only then: the text, and a payload that is the title.
    pub members: Members,
}

pub type Members = Vec<(String, Tree)>;

/// | form | `type` | members |
/// |---|---|---|
/// | `_quickReplies` | `quick_replies` | `text`, `quickReplies: [{id, title, contentType: "postback", payload, imageUrl, imageAltText}]` |
/// | `_buttons` | `buttons` | `text`, `buttons: [{id, title, type, payload, url}]` |
/// | `_gallery` | `carousel` | `items: [{id, title, subtitle, imageUrl, imageAltText, buttons}]` |
/// | `_list` | `list` | `items: [{title, subtitle, imageUrl, imageAltText, defaultActionUrl, buttons}]` |
/// | `_image` | `image` | `imageUrl`, `imageAltText` |
/// | `_audio` | `audio` | `audioUrl`, `audioAltText` |
/// | `_video` | `video` | `videoUrl`, `videoAltText` |
///
/// The `type` of a button is `postback` (its payload comes back as the user's words), `web_url` (opens `url`) or
/// `phone_number` (calls the payload). All of them may have a `fallbackText` for channels that only have words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    QuickReplies,
    Buttons,
    Gallery,
    List,
    Image,
    Audio,
    Video,
}

impl Form {
    pub const ALL: [Form; 7] =
        [Form::QuickReplies, Form::Buttons, Form::Gallery, Form::List, Form::Image, Form::Audio, Form::Video];

    /// The key of a `say`. With `_` before it, the name in the reference's format.
    pub fn key(self) -> &'static str {
        match self {
            Form::QuickReplies => "quickReplies",
            Form::Buttons => "buttons",
            Form::Gallery => "gallery",
            Form::List => "list",
            Form::Image => "image",
            Form::Audio => "audio",
            Form::Video => "video",
        }
    }

    /// Its member `type`.
    pub fn kind(self) -> &'static str {
        match self {
            Form::QuickReplies => "quick_replies",
            Form::Gallery => "carousel",
            Form::Buttons | Form::List | Form::Image | Form::Audio | Form::Video => self.key(),
        }
    }

    /// The member that lists what can be chosen from; a medium has none.
    pub fn items(self) -> Option<&'static str> {
        match self {
            Form::QuickReplies | Form::Buttons => Some(self.key()),
            Form::Gallery | Form::List => Some("items"),
            Form::Image | Form::Audio | Form::Video => None,
        }
    }

    /// Whether the text stands inside it too.
    pub fn has_text(self) -> bool {
        match self {
            Form::QuickReplies | Form::Buttons => true,
            Form::Gallery | Form::List | Form::Image | Form::Audio | Form::Video => false,
        }
    }
}
