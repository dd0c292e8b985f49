//! The HTTP side: routes requests to the session's shard and answers what came of it. The one table of routes is here,
//! the one table of errors in `model::Problem`.

mod body;
mod deliveries;
mod events;
mod front;
mod handover;
mod input;
mod key;
mod list;
mod look;
mod metrics;
mod problem;
mod running;
mod transformed;

pub use front::{Front, Gate};
pub use key::{AdminKeyError, admin_keys};

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use problem::{Kind, Problem};

/// The route table. What stands first wins: `/{urlToken}` takes what is left.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/healthz").get(look::alive).default_service(web::to(only_get)))
        .service(web::resource("/readyz").get(look::ready).default_service(web::to(only_get)))
        .service(web::resource("/metrics").get(metrics::metrics).default_service(web::to(only_get)))
        .service(web::resource("/inject/{token}").post(input::inject).default_service(web::to(only_post)))
        .service(web::resource("/notify/{token}").post(input::notify).default_service(web::to(only_post)))
        .service(
            web::resource("/v2.0/endpoint/inject").post(input::inject_v2).default_service(web::to(only_post)),
        )
        .service(
            web::resource("/v2.0/endpoint/notify").post(input::notify_v2).default_service(web::to(only_post)),
        )
        .service(
            web::resource("/api/v1/endpoints/{endpoint}/sessions")
                .get(list::sessions)
                .default_service(web::to(only_get)),
        )
        .service(
            web::scope("/api/v1/endpoints/{endpoint}/users/{user}/sessions/{session}")
                .service(web::resource("").get(look::state).default_service(web::to(only_get)))
                .service(
                    web::resource("/transcript").get(look::transcript).default_service(web::to(only_get)),
                )
                .service(web::resource("/agent").post(handover::speak).default_service(web::to(only_post)))
                .service(
                    web::resource("/handover")
                        .delete(handover::give_back)
                        .default_service(web::to(only_delete)),
                )
                .service(web::resource("/events").get(events::events).default_service(web::to(only_get))),
        )
        .service(web::resource("/api/v1/quarantine").get(look::quarantine).default_service(web::to(only_get)))
        .service(
            web::resource("/api/v1/endpoints").get(running::endpoints).default_service(web::to(only_get)),
        )
        .service(web::resource("/api/v1/flows").get(running::flows).default_service(web::to(only_get)))
        .service(web::resource("/api/v1/flows/{hash}").get(running::flow).default_service(web::to(only_get)))
        .service(web::resource("/api/v1/reload").post(running::reload).default_service(web::to(only_post)))
        .service(
            web::scope("/api/v1/deliveries")
                .service(web::resource("").get(deliveries::list).default_service(web::to(only_get)))
                .service(web::resource("/dead").get(deliveries::dead).default_service(web::to(only_get)))
                .service(web::resource("/{id}").get(deliveries::one).default_service(web::to(only_get)))
                .service(
                    web::resource("/{id}/redeliver")
                        .post(deliveries::redeliver)
                        .default_service(web::to(only_post_without_body)),
                )
                .service(
                    web::resource("/{id}/bury")
                        .post(deliveries::bury)
                        .default_service(web::to(only_post_without_body)),
                ),
        )
        .service(
            web::resource("/{token}").post(input::user).get(input::asked).default_service(web::to(only_post)),
        )
        .default_service(web::to(nothing_here));
}

async fn only_post(_: HttpRequest) -> HttpResponse {
    Problem::only_post().respond()
}

async fn only_post_without_body(_: HttpRequest) -> HttpResponse {
    Problem::new(Kind::MethodNotAllowed, "send a POST; it needs no body").allow("POST").respond()
}

async fn only_get(_: HttpRequest) -> HttpResponse {
    Problem::new(Kind::MethodNotAllowed, "send a GET").allow("GET").respond()
}

async fn only_delete(_: HttpRequest) -> HttpResponse {
    Problem::new(Kind::MethodNotAllowed, "send a DELETE").allow("DELETE").respond()
}

async fn nothing_here(_: HttpRequest) -> HttpResponse {
    Problem::new(Kind::UnknownEndpoint, "there is nothing at this path; check the URL").respond()
}
