//! The guard as a table, and calls over real sockets to a server that answers as the test says.

mod call;
mod client;
mod guard;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::Guard;

fn guard(allow: &[&str]) -> Guard {
    Guard::new(&allow.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
}

/// One reply for each connection, byte for byte; the line is cut after it. When there is none left, it stays silent.
struct Server {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Server {
    fn start(replies: Vec<String>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = channel();
        let silent = Arc::new(Mutex::new(Vec::new()));
        thread::spawn(move || {
            let mut replies = replies.into_iter();
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = read(&stream) else { continue };
                if sender.send(request).is_err() {
                    break;
                }
                match replies.next() {
                    // The client may have hung up.
                    Some(reply) => drop((&stream).write_all(reply.as_bytes())),
                    None => silent.lock().unwrap().push(stream),
                }
            }
        });
        Server { address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came until now.
    fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}

/// An answer after which the connection is not used again.
fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Told\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

fn read(stream: &TcpStream) -> Option<String> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if stream.read_line(&mut request).ok()? == 0 {
            return None;
        }
    }
    let lower = request.to_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(request + &String::from_utf8(body).ok()?)
}
