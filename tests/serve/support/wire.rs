//! HTTP/1.1 as both ends of a test need it: written and read by hand, because a test also has to hang, cut the
//! line and send what no proper client sends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;

/// The header of what is posted to a door.
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// The first line and the headers of a request or an answer.
#[derive(Clone, Debug)]
pub struct Head {
    pub first: String,
    headers: Vec<(String, String)>,
}

impl Head {
    /// None at the end of the connection.
    pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Head>> {
        let first = line(stream)?;
        if first.is_empty() {
            return Ok(None);
        }
        let mut headers = Vec::new();
        loop {
            let line = line(stream)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Some(Head { first, headers }))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn read_body(&self, stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
        let length = self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(body)
    }
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: Head,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The place in the session that a 202 tells.
    pub fn sequence(&self) -> u64 {
        assert_eq!(self.status, 202, "{}", String::from_utf8_lossy(&self.body));
        self.json()["sequence"].as_u64().expect("a 202 has a sequence")
    }

    /// Panics unless it is this problem in the form of the contract; returns its body.
    pub fn problem(&self, status: u16, name: &str) -> Value {
        let body = self.json();
        assert_eq!(self.status, status, "{body}");
        assert_eq!(self.head.header("content-type"), Some("application/problem+json"));
        assert_eq!(body["status"], status);
        assert!(body["type"].as_str().is_some_and(|kind| kind.ends_with(name)), "not {name}: {body}");
        for field in ["title", "detail", "traceId"] {
            assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "no {field}: {body}");
        }
        body
    }

    /// The same, and that it says when to come back.
    pub fn problem_for_now(&self, status: u16, name: &str) -> Value {
        let seconds = self.head.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "no Retry-After: {:?}", self.head);
        self.problem(status, name)
    }
}

/// A kept-alive connection to the server.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Connection { stream: BufReader::new(stream) })
    }

    pub fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
        self.ask("POST", path, headers, body)
    }

    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        self.send(method, path, headers, body)?;
        self.answer()
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<()> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.get_mut().write_all(&bytes)
    }

    pub fn answer(&mut self) -> io::Result<Answer> {
        let head = self.head()?;
        let body = head.read_body(&mut self.stream)?;
        let status = head.first.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status: {}", head.first)))?;
        Ok(Answer { status, head, body })
    }

    pub fn head(&mut self) -> io::Result<Head> {
        Head::read(&mut self.stream)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// The next piece of a body of unknown length; empty at its end.
    pub fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let length = usize::from_str_radix(&line(&mut self.stream)?, 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; length];
        self.stream.read_exact(&mut chunk)?;
        line(&mut self.stream)?;
        Ok(chunk)
    }
}
