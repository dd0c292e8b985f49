//! What the client connects to, whatever a host is called and whatever its name resolves to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::thread;

use actix_tls::connect::{Resolve, Resolver};
use awc::http::Method;
use futures_util::future::LocalBoxFuture;

use super::{Server, answer, guard};
use crate::egress::{Client, exchange, told};

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

fn changing(answers: &[&[&str]], allow: &[&str]) -> Client {
    let addresses = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
    let resolver = Changing(RefCell::new(answers.iter().map(addresses).collect()));
    Client::resolved_by(Resolver::custom(resolver).service(), Arc::new(guard(allow)))
}

async fn outcome(client: &Client, url: &str) -> Result<u16, String> {
    let sent = exchange(client, client.request(Method::GET, url), None).await;
    let mut response = sent.map_err(|error| told(&error))?;
    // To its end, so that the connection is kept.
    response.body().await.unwrap();
    Ok(response.status().as_u16())
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
    let client = Client::new(Arc::new(guard(&[])));
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
    let client = Client::new(Arc::new(guard(&["127.0.0.0/8"])));
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

/// Answers the first `answers` requests of each connection and cuts the line when it has read the next. The first `together`
/// connections answer when all of them are there.
struct Cutting {
    url: String,
    /// The connection that each request came over, counted from 0.
    came: Receiver<usize>,
}

impl Cutting {
    fn start(answers: usize, together: usize) -> Cutting {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (sender, came) = channel();
        let barrier = Arc::new(Barrier::new(together.max(1)));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                let (sender, barrier) = (sender.clone(), Arc::clone(&barrier));
                thread::spawn(move || {
                    talk(&stream, answers, number, &sender, (number < together).then_some(&barrier))
                });
            }
        });
        Cutting { url, came }
    }

    fn connections(&self) -> Vec<usize> {
        self.came.try_iter().collect()
    }
}

fn talk(
    stream: &TcpStream,
    answers: usize,
    number: usize,
    came: &Sender<usize>,
    barrier: Option<&Arc<Barrier>>,
) {
    for request in 0.. {
        if super::read(stream).is_none() || came.send(number).is_err() || request == answers {
            return;
        }
        barrier.filter(|_| request == 0).map(|barrier| barrier.wait());
        // The client may have hung up.
        let _ = (&*stream).write_all(b"HTTP/1.1 200 Told\r\ncontent-length: 2\r\n\r\nok");
    }
}

fn local() -> Client {
    Client::new(Arc::new(guard(&["127.0.0.1"])))
}

#[actix_web::test]
async fn a_kept_connection_that_turns_out_to_be_closed_is_no_failure_of_a_request() {
    let server = Cutting::start(1, 0);
    let client = local();
    assert_eq!(outcome(&client, &server.url).await, Ok(200));
    assert_eq!(outcome(&client, &server.url).await, Ok(200));
    assert_eq!(server.connections(), [0, 0, 1]);
}

#[actix_web::test]
async fn the_second_try_takes_a_fresh_connection_though_more_kept_ones_are_closed() {
    let server = Cutting::start(1, 2);
    let client = local();
    let both = futures_util::join!(outcome(&client, &server.url), outcome(&client, &server.url));
    assert_eq!(both, (Ok(200), Ok(200)));
    assert_eq!(outcome(&client, &server.url).await, Ok(200));
    let connections = server.connections();
    assert!(connections.len() == 4 && connections[2] < 2 && connections[3] == 2, "{connections:?}");
}

#[actix_web::test]
async fn a_fresh_connection_that_is_cut_is_a_failure_and_not_tried_again() {
    let server = Cutting::start(0, 0);
    let failed = outcome(&local(), &server.url).await;
    assert_eq!(failed, Err("the connection was closed without an answer".to_owned()));
    assert_eq!(server.connections(), [0]);
}

#[actix_web::test]
async fn there_is_no_third_try() {
    let server = Cutting::start(1, 0);
    let client = changing(&[&["127.0.0.1"], &["127.0.0.2"]], &["127.0.0.1"]);
    let url = server.url.replace("127.0.0.1", "shop.example");
    assert_eq!(outcome(&client, &url).await, Ok(200));
    let refused = outcome(&client, &url).await.unwrap_err();
    assert!(refused.contains("127.0.0.2"), "the guard is asked for the second try too: {refused}");
    assert_eq!(server.connections(), [0, 0]);
}

#[actix_web::test]
async fn the_second_try_sends_the_same_headers_and_body() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let kept = listener.accept().unwrap().0;
        super::read(&kept).unwrap();
        (&kept).write_all(b"HTTP/1.1 204 Told\r\n\r\n").unwrap();
        let first = super::read(&kept).unwrap();
        drop(kept);
        let fresh = listener.accept().unwrap().0;
        let second = super::read(&fresh).unwrap();
        (&fresh).write_all(b"HTTP/1.1 204 Told\r\n\r\n").unwrap();
        (first, second)
    });
    let client = local();
    assert_eq!(outcome(&client, &url).await, Ok(204));
    let request = client.request(Method::POST, &url).insert_header(("webhook-id", "msg_1"));
    exchange(&client, request, Some("{}".into())).await.unwrap();
    let (first, second) = server.join().unwrap();
    let sorted = |request: &str| {
        let mut lines: Vec<_> = request.lines().map(str::to_owned).collect();
        lines[1..].sort();
        lines
    };
    assert_eq!(sorted(&first), sorted(&second));
    assert!(second.contains("\r\nwebhook-id: msg_1\r\n") && second.ends_with("{}"), "{second}");
}
