//! `antiphon help`: what a command does, and the manual of the project's files, written from what their parsers take.

mod page;
mod transformers;

use antiphon::project::documents;
use antiphon::yaml::did_you_mean;
use antiphon::yaml::shape::{Document, Kind, Shape};
use clap::CommandFactory;
use clap::error::ErrorKind;
use page::Page;

use super::{Cli, Error, print};

/// Show what a command does, or a part of the manual
#[derive(clap::Args)]
#[command(after_help = "Example: antiphon help flows ask")]
pub struct Args {
    /// A command; or flows, endpoints, tests, settings or transformers, and one of its steps, keys or parts
    #[arg(value_name = "COMMAND or TOPIC")]
    words: Vec<String>,
}

/// What the manual calls each kind of file.
const TOPICS: [(&str, &str); 4] =
    [("flows", "flow"), ("endpoints", "endpoint"), ("tests", "test"), ("settings", "server")];

/// The topic that is about no file of YAML.
const TRANSFORMERS: &str = "transformers";

/// The end of `antiphon --help`.
pub const TOPICS_LINE: &str = "The manual of the project's files:
  antiphon help flows [STEP]         what a flow may say, with examples
  antiphon help endpoints [KEY]      what an endpoint may say
  antiphon help tests [STEP]         what a conversation test may say
  antiphon help settings [KEY]       what antiphon.yaml may say
  antiphon help transformers [PART]  what a transformer is given and finds";

pub fn run(args: Args) -> Result<(), Error> {
    match text(&args.words) {
        Ok(text) => print::line(text.trim_end()),
        Err(fault) => Cli::command().error(ErrorKind::InvalidSubcommand, fault).exit(),
    }
    Ok(())
}

/// What is shown for these words, or what to write instead.
fn text(words: &[String]) -> Result<String, String> {
    if words.first().is_some_and(|word| word == TRANSFORMERS) {
        return transformers::manual(&words[1..]);
    }
    match words.first().and_then(|word| topic(word)) {
        Some(document) => manual(document, &words[1..]),
        None => command(words),
    }
}

fn topic(word: &str) -> Option<&'static Document> {
    let (_, name) = TOPICS.iter().find(|(topic, _)| *topic == word)?;
    documents().into_iter().find(|document| document.name == *name)
}

fn command(words: &[String]) -> Result<String, String> {
    let mut cli = Cli::command();
    cli.build();
    let mut found = &mut cli;
    for word in words {
        let topics = TOPICS.iter().map(|(topic, _)| *topic).chain([TRANSFORMERS]).map(str::to_owned);
        let known: Vec<String> =
            found.get_subcommands().map(|command| command.get_name().to_owned()).chain(topics).collect();
        found = found.find_subcommand_mut(word).ok_or_else(|| {
            let hint = did_you_mean(word, known.iter().map(String::as_str));
            format!("there is no command and no topic \"{word}\"{hint}")
        })?;
    }
    Ok(found.render_long_help().ansi().to_string())
}

fn manual(document: &Document, words: &[String]) -> Result<String, String> {
    let steps = steps(&document.kind);
    let keys = match document.kind {
        Kind::Mapping(shape) => shape.keys,
        _ => &[],
    };
    let Some(word) = words.first() else { return Ok(whole(document, &steps)) };
    if let Some(more) = words.get(1) {
        return Err(format!("\"{more}\" is one word too many; write antiphon help TOPIC {word}"));
    }
    let mut page = Page::default();
    if let Some(step) = steps.iter().find(|step| step.word() == word) {
        page.step(step, &common(&steps));
        page.also(&common(&steps), &steps);
    } else if let Some(key) = keys.iter().find(|key| key.name == word) {
        page.key(key, "");
    } else {
        let known = steps.iter().map(|step| step.word()).chain(keys.iter().map(|key| key.name));
        return Err(format!("{} has no \"{word}\"{}", document.files, did_you_mean(word, known)));
    }
    Ok(page.text())
}

/// Everything that stands in such a file.
fn whole(document: &Document, steps: &[&'static Shape]) -> String {
    let mut page = Page::default();
    page.head(document.files);
    page.paragraph(document.doc);
    if let Kind::Mapping(shape) = document.kind {
        page.keys(shape);
        page.example(shape.example);
    }
    let common = common(steps);
    page.also(&common, steps);
    steps.iter().for_each(|step| page.step(step, &common));
    page.text()
}

/// The steps that such a file is made of, if it is.
fn steps(kind: &Kind) -> Vec<&'static Shape> {
    match *kind {
        Kind::OneOf(shapes) => shapes.to_vec(),
        Kind::List(of, _) => steps(of),
        Kind::Named(named) => steps(&named.kind),
        Kind::Mapping(shape) => shape.key("steps").map(|key| steps(&key.kind)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The keys that every step may have.
fn common(steps: &[&'static Shape]) -> Vec<&'static str> {
    let Some(first) = steps.first() else { return Vec::new() };
    first.names().filter(|name| steps.iter().all(|step| step.key(name).is_some())).collect()
}

#[cfg(test)]
mod tests;
