//! What the client connects to, whatever a host is called and whatever its name resolves to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::io::Read;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use actix_tls::connect::{Resolve, Resolver};
use futures_util::future::LocalBoxFuture;

use super::{Server, answer, guard};
use crate::egress::client::client;
use crate::egress::client::resolved_by;
use crate::egress::told;

/// Another answer each time it is asked.
struct Changing(RefCell<VecDeque<Vec<IpAddr>>>);

impl Resolve for Changing {
    fn lookup<'a>(
        &'a self,
        _host: &'a str,
        port: u16,
    ) -> LocalBoxFuture<'a, Result<Vec<SocketAddr>, Box<dyn Error>>> {
        let addresses = self.0.borrow_mut().pop_front().ok_or("asked too often");
        Box::pin(async move { Ok(addresses?.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()) })
    }
}

fn changing(answers: &[&[&str]], allow: &[&str]) -> awc::Client {
    let addresses = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
    let resolver = Changing(RefCell::new(answers.iter().map(addresses).collect()));
    resolved_by(Resolver::custom(resolver), Arc::new(guard(allow)))
}

async fn outcome(client: &awc::Client, url: &str) -> Result<u16, String> {
    client.get(url).send().await.map(|response| response.status().as_u16()).map_err(|error| told(&error))
}

#[actix_web::test]
async fn a_name_that_resolves_differently_the_second_time_gets_no_second_connection() {
    let server = Server::start(vec![answer(200, "", "first"), answer(200, "", "second")]);
    let client = changing(&[&["127.0.0.1"], &["127.0.0.2"], &["169.254.169.254"]], &["127.0.0.1"]);
    let url = format!("http://shop.example:{}/", server.address.port());
    assert_eq!(outcome(&client, &url).await, Ok(200));
    let refused = outcome(&client, &url).await.unwrap_err();
    assert_eq!(refused, "the address 127.0.0.2 of the host is not public; list it in egress.allow");
    let refused = outcome(&client, &url).await.unwrap_err();
    assert!(refused.contains("169.254.169.254"), "{refused}");
    assert_eq!(server.requests().len(), 1);
}

#[actix_web::test]
async fn of_several_addresses_only_those_are_tried_that_may_be_called() {
    let server = Server::start(vec![answer(200, "", "")]);
    let client = changing(&[&["::1", "10.0.0.1", "127.0.0.1"], &["::1", "10.0.0.1"]], &["127.0.0.0/8"]);
    let url = format!("http://shop.example:{}/", server.address.port());
    assert_eq!(outcome(&client, &url).await, Ok(200));
    let refused = outcome(&client, &url).await.unwrap_err();
    assert_eq!(refused, "the address ::1 of the host is not public; list it in egress.allow");
}

#[actix_web::test]
async fn however_an_address_is_written_it_is_seen_for_what_it_is() {
    let server = Server::start(Vec::new());
    let client = client(Arc::new(guard(&[])));
    let hosts =
        ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "0177.0.0.1", "0", "localhost"];
    for host in hosts {
        let refused = outcome(&client, &format!("http://{host}:{}/secret", server.address.port())).await;
        let refused = refused.unwrap_err();
        assert!(refused.starts_with("the address ") && refused.contains("egress.allow"), "{host}: {refused}");
        assert!(!refused.contains("secret"), "{host}: {refused}");
    }
    assert!(server.requests().is_empty());
}

#[actix_web::test]
async fn a_listed_address_is_called_however_it_is_written() {
    let hosts = ["127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"];
    let server = Server::start(hosts.map(|_| answer(200, "", "")).to_vec());
    let client = client(Arc::new(guard(&["127.0.0.0/8"])));
    for host in hosts {
        let url = format!("http://{host}:{}/", server.address.port());
        assert_eq!(outcome(&client, &url).await, Ok(200), "{host}");
    }
    assert_eq!(server.requests().len(), hosts.len());
}

#[actix_web::test]
async fn tls_is_asked_for_the_name_and_not_for_the_address_it_resolved_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hello = thread::spawn(move || {
        let mut hello = [0; 4096];
        let length = listener.accept().unwrap().0.read(&mut hello).unwrap();
        hello[..length].to_vec()
    });
    let client = changing(&[&["127.0.0.1"]], &["127.0.0.1"]);
    outcome(&client, &format!("https://shop.example:{port}/")).await.unwrap_err();
    let hello = hello.join().unwrap();
    assert_eq!(hello[0], 22, "a handshake of TLS");
    assert!(hello.windows(12).any(|part| part == b"shop.example"));
}

#[actix_web::test]
async fn a_host_without_an_address_is_told_as_such() {
    let told = outcome(&changing(&[], &[]), "http://shop.example/secret").await;
    assert_eq!(told, Err("the host has no address: asked too often".to_owned()));
}
