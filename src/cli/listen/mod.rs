//! `antiphon listen`: a webhook receiver for development. It prints each callback as it comes, one output or a batch, and
//! says when one came again, when the order has a gap and whether the signature holds. It keeps nothing on the disk.

mod order;
mod show;
mod signature;

use std::io;
use std::sync::{Mutex, PoisonError};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

use super::print;
use order::Order;
use show::Callback;
use signature::{Check, KeyError};

/// Receive callbacks and print them
#[derive(clap::Args)]
#[command(
    after_help = "Example: antiphon listen --port 9000 --secret whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)]
pub struct Args {
    /// The port to listen on, at 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 9000)]
    port: u16,
    /// Verify the signature of every callback: with whsec_… or whsk_…, as in the endpoint's signingSecret, or whpk_…, the public
    /// key of a whsk_…; several during a change of secrets
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// Answer this status instead of 200, to see how callbacks are tried again
    #[arg(long, value_name = "STATUS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..=599))]
    answer: u16,
    /// Print each callback as one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("--secret cannot be used: {0}")]
    Secret(#[from] KeyError),
    #[error("cannot listen on 127.0.0.1:{port}: {source}; choose another port with --port")]
    Bind { port: u16, source: io::Error },
    #[error("the receiver ended: {0}; start it again")]
    Ended(io::Error),
}

struct Receiver {
    check: Option<Check>,
    answer: StatusCode,
    json: bool,
    order: Mutex<Order>,
}

pub fn run(args: Args) -> Result<(), Error> {
    let check = Check::new(&args.secrets)?;
    for key in check.iter().flat_map(Check::public_keys) {
        anstream::eprintln!("v1a is verified with the public key {key}");
    }
    let answer = StatusCode::from_u16(args.answer).expect("clap lets only 200 to 599 through");
    let receiver = Data::new(Receiver { check, answer, json: args.json, order: Mutex::default() });
    actix_web::rt::System::new().block_on(serve(args.port, receiver))
}

async fn serve(port: u16, receiver: Data<Receiver>) -> Result<(), Error> {
    let app = move || {
        App::new()
            .app_data(receiver.clone())
            .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
            .default_service(web::route().to(receive))
    };
    let server = HttpServer::new(app).workers(1).shutdown_timeout(1).bind(("127.0.0.1", port));
    let server = server.map_err(|source| Error::Bind { port, source })?;
    for address in server.addrs() {
        anstream::eprintln!("Listening on http://{address}/callback (any path will do). Ctrl-C ends it.");
    }
    server.run().await.map_err(Error::Ended)
}

/// A callback is a few kilobytes; this leaves room for the largest data a flow may send.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

async fn receive(request: HttpRequest, body: Bytes, receiver: Data<Receiver>) -> HttpResponse {
    let now = antiphon::clock::now();
    let callback = Callback::read(&request, &body, now);
    let signature = receiver.check.as_ref().map(|check| check.verify(&request, &body, now));
    let marks = {
        let mut order = receiver.order.lock().unwrap_or_else(PoisonError::into_inner);
        callback.marks(&mut order)
    };
    if receiver.json {
        print::line(callback.json(&marks, signature.as_ref()));
    } else {
        print::line(callback.lines(&marks, signature.as_ref()));
    }
    HttpResponse::build(receiver.answer).finish()
}
