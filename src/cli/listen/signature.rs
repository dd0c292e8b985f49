//! The signature of a callback as Standard Webhooks v1 defines it: `webhook-signature` over id, time and body.
//! The library reads the clock itself and refuses times more than five minutes away.

use actix_web::HttpRequest;
use http::{HeaderMap, HeaderValue};
use standardwebhooks::Webhook;

pub struct Check(Webhook);

impl Check {
    pub fn new(secret: &str) -> Result<Check, String> {
        if !secret.starts_with("whsec_") {
            return Err("it does not begin with whsec_".to_owned());
        }
        Webhook::new(secret).map(Check).map_err(|error| error.to_string())
    }

    /// The reason as text when the signature does not hold.
    pub fn verify(&self, request: &HttpRequest, body: &[u8]) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let value = request.headers().get(name).map(|value| HeaderValue::from_bytes(value.as_bytes()));
            if let Some(Ok(value)) = value {
                headers.insert(name, value);
            }
        }
        self.0.verify(body, &headers).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn signed(body: &[u8]) -> HttpRequest {
        let at = (antiphon::clock::now() / 1000) as i64;
        let signature = Webhook::new(SECRET).unwrap().sign("msg_1", at, body).unwrap();
        TestRequest::default()
            .insert_header(("webhook-id", "msg_1"))
            .insert_header(("webhook-timestamp", at.to_string()))
            .insert_header(("webhook-signature", signature))
            .to_http_request()
    }

    #[test]
    fn a_signed_callback_holds_and_a_changed_one_does_not() {
        let check = Check::new(SECRET).unwrap();
        let request = signed(b"{}");
        assert_eq!(check.verify(&request, b"{}"), Ok(()));
        assert_eq!(check.verify(&request, b"[]"), Err("signature invalid".to_owned()));
    }

    #[test]
    fn an_unsigned_callback_is_told_which_header_is_missing() {
        let check = Check::new(SECRET).unwrap();
        let request = TestRequest::default().to_http_request();
        assert_eq!(check.verify(&request, b"{}"), Err("missing header id".to_owned()));
    }

    #[test]
    fn a_secret_of_another_shape_is_refused() {
        assert!(Check::new("C2FVsBQIhrscChlQIMV").is_err());
        assert!(Check::new("whsec_not base64").is_err());
    }
}
